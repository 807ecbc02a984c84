/**
 * How an error travels. Structured clone keeps the message and stack of an
 * Error, but not its class, its own fields, or the errors inside it. So it is
 * taken apart where it is sent, and rebuilt where it arrives.
 *
 * It also runs on the far side.
 *
 * @module
 */

/** What an error is besides its parts. */
export interface ErrorHead {
  /** The class the error was made from, such as `InsufficientFunds`. */
  readonly className: string;
  /** The nearest class above it that every program has. */
  readonly base: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** What of an error is not enumerable, and is sent all the same. */
export function hiddenParts(): string[] {
  return ["cause", "errors", "error", "suppressed"];
}

/** Reads what an error is besides its parts. */
export function headOf(error: Error): ErrorHead {
  try {
    const { constructor, name, message } = error;
    return {
      className: String(constructor?.name || "Error"),
      base: baseOf(error),
      name: String(name),
      message: String(message),
      stack: stackOf(error),
    };
  } catch (problem) {
    // A getter that throws, a revoked Proxy.
    const message = `what was thrown cannot be read: ${problem}`;
    const name = "Error";
    return { className: name, base: name, name, message, stack: "" };
  }
}

/** The own fields of an error, and the errors it holds; none if one throws. */
export function partsOfError(error: Error): [name: string, part: unknown][] {
  const apart = ["name", "message", "stack"];
  const part = (name: string) => (error as unknown as ErrorParts)[name];
  try {
    const hidden = hiddenParts().filter((key) => Object.hasOwn(error, key));
    const names = new Set([...Object.keys(error), ...hidden]);
    return [...names].filter((name) => !apart.includes(name)).map((name) => // What an AggregateError holds may be any iterable that was put there.
    [name, name === "errors" ? [...part(name) as unknown[]] : part(name)]);
  } catch {
    return [];
  }
}

type ErrorParts = Record<string, unknown>;

/** The nearest class of an error that every program has. */
export function baseOf(error: Error): string {
  let base = Object.getPrototypeOf(error);
  while (base && knownClass(base.constructor?.name)?.prototype !== base) {
    base = Object.getPrototypeOf(base);
  }
  return base?.constructor.name ?? "Error";
}

/** A class of errors that both sides have. */
export function knownClass(name: string): ErrorClass | undefined {
  const { Deno, WebAssembly } = globalThis;
  const all = [Deno?.errors, WebAssembly, globalThis] as unknown[];
  const scope = all.find((scope) => Object.hasOwn(Object(scope), name));
  return (scope as Record<string, ErrorClass> | undefined)?.[name];
}

/** An error's stack without the frames of what sent the task here. */
export function stackOf({ name, message, stack }: Error): string {
  // A program may have changed what a stack is: Error.prepareStackTrace.
  if (typeof stack !== "string") return `${name}: ${message}`;
  const isInner = (line: string) => /\bblob:|eval at .*\(data:/.test(line);
  return stack.split("\n").filter((line) => !isInner(line))
    .join("\n").replaceAll(", <anonymous>:", ":");
}

// deno-lint-ignore no-explicit-any
type ErrorClass = new (...args: any[]) => Error;

/**
 * Rebuilds an error without its parts. A class that only the far side knows is
 * stood in for by one of the same name.
 */
export function rebuildError(head: ErrorHead): Error {
  const error = emptyError(head);
  setHidden(error, "stack", head.stack);
  if (error.name !== head.name) setHidden(error, "name", head.name);
  return error;
}

/** Makes an error of the same class, or of one that stands in for it. */
export function emptyError(
  { className, base, message, name }: ErrorHead,
): Error {
  const Base = knownClass(base) ?? Error;
  let error: Error;
  try {
    // Some take what they hold first, a DOMException its name last.
    // deno-lint-ignore no-explicit-any
    const first: Record<string, any[]> = {
      AggregateError: [[], message],
      SuppressedError: [undefined, undefined, message],
      DOMException: [message, name],
    };
    error = new Base(...(first[base] ?? [message]));
  } catch {
    // Its class wants more than a message.
    error = Object.setPrototypeOf(new Error(message), Base.prototype);
  }
  if (className === base) return error;
  const StandIn = { [className]: class extends Base {} }[className]!;
  return Object.setPrototypeOf(error, StandIn.prototype);
}

/** Gives a rebuilt error its parts. */
export function setParts(
  error: Error,
  parts: Iterable<readonly [name: string, part: unknown]>,
): void {
  for (const [name, part] of parts) {
    setHidden(error, name, part, !hiddenParts().includes(name));
  }
}

/** Sets a property as the language sets it on errors: not enumerable. */
export function setHidden(
  target: object,
  name: string,
  value: unknown,
  enumerable = false,
): void {
  const own = { value, enumerable, configurable: true, writable: true };
  // Of an object that is frozen, nothing changes.
  Reflect.defineProperty(target, name, own);
}

/** What of this runs on the far side. */
export const errorParts = [
  () => [hiddenParts, headOf, partsOfError, baseOf, knownClass, stackOf],
  () => [rebuildError, emptyError, setParts, setHidden],
];
