/**
 * How a thrown thing travels.
 *
 * Structured clone keeps the message and stack of an Error, but not its class,
 * its own fields, or the errors inside an AggregateError. So a thrown thing is
 * packed into plain data where it was thrown and rebuilt where it is awaited.
 *
 * `packError` also runs on the far side, where it arrives as text: it uses its
 * arguments, globals and `whyNotCloned` only.
 *
 * @module
 */

import { type Sending, whyNotCloned } from "./clone.ts";

/** A thrown thing as plain data. */
export type PackedError =
  | { kind: "value"; value: unknown }
  | { kind: "DOMException"; name: string; message: string; stack: string }
  | {
    kind: "error";
    /** The class the thing was made from, such as `InsufficientFunds`. */
    className: string;
    /** The nearest class above it that every program has. */
    base: string;
    name: string;
    message: string;
    stack: string;
    /** Own fields that can be cloned. */
    fields: Record<string, unknown>;
    cause?: PackedError;
    /** What an AggregateError holds. */
    errors?: PackedError[];
  };

/**
 * Packs a thrown thing into plain data.
 *
 * @param thrown What was thrown: an Error, or anything else.
 * @param sending How it is to be sent.
 * @param outer The errors that this one is the cause of, to stop at a cycle.
 * @returns The thing as data that structured clone accepts.
 */
export function packError(
  thrown: unknown,
  sending?: Sending,
  outer: readonly unknown[] = [],
): PackedError {
  const canBeCloned = (value: unknown) => {
    try {
      if (sending && !sending.canSend(value)) return false;
      structuredClone(value);
      return true;
    } catch {
      return false;
    }
  };
  // Frames of a blob are those of the program that called the task.
  const stackOf = (error: { stack?: string }) =>
    (error.stack ?? "").split("\n").filter((line) => !/\bblob:/.test(line))
      .join("\n").replaceAll(", <anonymous>:", ":");
  const isKnown = (prototype: object, name: string) => {
    const scope = globalThis as unknown as Record<string, unknown>;
    const denoErrors = Deno.errors as unknown as Record<string, unknown>;
    const known = [scope[name], denoErrors[name]] as (
      | { prototype?: object }
      | undefined
    )[];
    return known.some((item) => item?.prototype === prototype);
  };

  try {
    if (thrown instanceof DOMException) {
      const { name, message } = thrown;
      return { kind: "DOMException", name, message, stack: stackOf(thrown) };
    }
    if (!(thrown instanceof Error)) {
      if (canBeCloned(thrown)) return { kind: "value", value: thrown };
      const thing = typeof thrown === "object" ? "object" : typeof thrown;
      const why = whyNotCloned(thrown, "thrown", [], sending);
      thrown = new TypeError(
        why?.startsWith("thrown.") || why?.startsWith("thrown[")
          ? why
          : `a thrown ${thing} cannot be sent: ${String(thrown)}`,
      );
    }

    const error = thrown as Error;
    let base = Object.getPrototypeOf(error);
    while (!isKnown(base, base.constructor?.name)) {
      base = Object.getPrototypeOf(base);
    }
    const own = ["name", "message", "stack", "cause", "errors"];
    const fields = Object.entries(error).filter(([key, value]) =>
      !own.includes(key) && canBeCloned(value)
    );
    const packed: PackedError = {
      kind: "error",
      className: error.constructor?.name || "Error",
      base: base.constructor.name,
      name: String(error.name),
      message: String(error.message),
      stack: stackOf(error),
      fields: Object.fromEntries(fields),
    };
    const inside = [...outer, error];
    if (Object.hasOwn(error, "cause") && !inside.includes(error.cause)) {
      packed.cause = packError(error.cause, sending, inside);
    }
    if (error instanceof AggregateError) {
      packed.errors = error.errors
        .filter((item) => !inside.includes(item))
        .map((item) => packError(item, sending, inside));
    }
    return packed;
  } catch (problem) {
    // A getter that throws, a revoked Proxy: the error itself cannot be read.
    return {
      kind: "error",
      className: "Error",
      base: "Error",
      name: "Error",
      message: `what was thrown cannot be read: ${problem}`,
      stack: "",
      fields: {},
    };
  }
}

type ErrorClass = new (message?: string) => Error;

const rebuiltClasses = new Map<string, ErrorClass>();

/**
 * Rebuilds what `packError` packed.
 *
 * @param packed The packed thing.
 * @returns An error of the same class name, `name`, `message`, `stack`,
 * `cause`, own fields and inner errors, or the very value that was thrown. A
 * class that only the far side knows is stood in for by one of the same name.
 */
export function unpackError(packed: PackedError): unknown {
  if (packed.kind === "value") return packed.value;
  if (packed.kind === "DOMException") {
    const error = new DOMException(packed.message, packed.name);
    return hide(error, "stack", packed.stack);
  }

  const Base = baseClass(packed.base);
  const error = packed.base === "AggregateError"
    ? new AggregateError((packed.errors ?? []).map(unpackError), packed.message)
    : new Base(packed.message);
  if (packed.className !== packed.base) {
    Object.setPrototypeOf(
      error,
      rebuiltClass(packed.className, Base).prototype,
    );
  }
  hide(error, "stack", packed.stack);
  if (error.name !== packed.name) hide(error, "name", packed.name);
  if (packed.cause) hide(error, "cause", unpackError(packed.cause));
  return Object.assign(error, packed.fields);
}

/** A class that both sides have: the language's, or one of `Deno.errors`. */
function baseClass(name: string): ErrorClass {
  const scope = globalThis as unknown as Record<string, ErrorClass | undefined>;
  const denoErrors = Deno.errors as unknown as typeof scope;
  return scope[name] ?? denoErrors[name] ?? Error;
}

function rebuiltClass(className: string, Base: ErrorClass): ErrorClass {
  const key = `${className} extends ${Base.name}`;
  const known = rebuiltClasses.get(key);
  if (known) return known;
  const rebuilt = { [className]: class extends Base {} }[className]!;
  rebuiltClasses.set(key, rebuilt);
  return rebuilt;
}

/** Sets a property as the language sets it on errors: not enumerable. */
function hide<T extends object>(target: T, key: string, value: unknown): T {
  // Of an object that is frozen, nothing changes.
  Reflect.defineProperty(target, key, {
    value,
    configurable: true,
    writable: true,
  });
  return target;
}

/**
 * Continues the stack of an error that came from the far side with where it
 * ran and where it was asked for.
 *
 * @param thrown What arrived; anything but an Error is left as it is.
 * @param where Where it ran, such as `task 3 of map(parse) on Worker-2`, if its
 * stack does not say so yet.
 * @param origin An object whose stack was captured at the call.
 */
export function continueStack(
  thrown: unknown,
  where: string | undefined,
  origin: { stack?: string },
): void {
  if (!(thrown instanceof Error)) return;
  const frames = (stack: string | undefined) =>
    (stack ?? "").split("\n").filter((line) => !inner.test(line));
  const asked = frames(origin.stack).filter((line) => /^\s+at /.test(line));
  const ran = where === undefined ? [] : [`    in ${where}`];
  const lines = [...frames(thrown.stack), ...ran, ...asked];
  hide(thrown, "stack", lines.join("\n"));
}

/** Frames inside Deno and inside this library say nothing to a caller. */
const inner = /^\s+at .*(\bext:|\/lib\/(host\/|pool\.ts|worker\.ts))/;
