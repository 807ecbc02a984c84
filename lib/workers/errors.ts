/**
 * How a thrown thing travels.
 *
 * Structured clone keeps the message and stack of an Error, but not its class,
 * its own fields, or the errors inside an AggregateError. So a thrown thing is
 * packed into plain data where it was thrown and rebuilt where it is awaited.
 *
 * What packs also runs on the far side.
 *
 * @module
 */

import { isCloned, type Sending, whyNotCloned } from "../messages/value.ts";

/** A thrown thing as plain data. */
export type PackedError =
  | { kind: "value"; value: unknown }
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
 * Packs what was thrown into plain data. `packed` holds the errors that were
 * packed already: one may be its own cause.
 */
export function packError(
  thrown: unknown,
  sending?: Sending,
  packed: Map<unknown, PackedError> = new Map(),
): PackedError {
  const known = packed.get(thrown);
  if (known) return known;
  try {
    if (thrown instanceof Error) return packFields(thrown, sending, packed);
    if (isCloned(thrown, sending)) return { kind: "value", value: thrown };
    return packError(notSent(thrown, sending), sending, packed);
  } catch (problem) {
    // A getter that throws, a revoked Proxy: the error itself cannot be read.
    const unread = new Error(`what was thrown cannot be read: ${problem}`);
    unread.stack = "";
    return packFields(unread, sending, packed);
  }
}

/** Packs an error with its own fields and the errors it holds. */
export function packFields(
  error: Error,
  sending: Sending | undefined,
  packed: Map<unknown, PackedError>,
): PackedError {
  const apart = ["name", "message", "stack", "cause", "errors"];
  const fields = Object.entries(error).filter(([key, value]) =>
    !apart.includes(key) && isCloned(value, sending)
  );
  const result: PackedError = {
    kind: "error",
    className: error.constructor?.name || "Error",
    base: baseOf(error),
    name: String(error.name),
    message: String(error.message),
    stack: stackOf(error),
    fields: Object.fromEntries(fields),
  };
  packed.set(error, result);
  if (Object.hasOwn(error, "cause")) {
    result.cause = packError(error.cause, sending, packed);
  }
  if (error instanceof AggregateError) {
    const pack = (item: unknown) => packError(item, sending, packed);
    result.errors = [...error.errors].map(pack);
  }
  return result;
}

/** The error that says why something that is no error cannot be sent. */
export function notSent(thrown: unknown, sending?: Sending): TypeError {
  const why = whyNotCloned(thrown, "thrown", [], sending);
  if (why && /^thrown[.[]/.test(why)) return new TypeError(why);
  const thing = typeof thrown === "object" ? "object" : typeof thrown;
  return new TypeError(`a thrown ${thing} cannot be sent: ${String(thrown)}`);
}

/** The nearest class of an error that every program has. */
export function baseOf(error: Error): string {
  let base = Object.getPrototypeOf(error);
  while (knownClass(base.constructor?.name)?.prototype !== base) {
    base = Object.getPrototypeOf(base);
  }
  return base.constructor.name;
}

/** A class that both sides have: the language's, or one of `Deno.errors`. */
export function knownClass(name: string): ErrorClass | undefined {
  const scope = globalThis as unknown as Record<string, ErrorClass | undefined>;
  const denoErrors = Deno.errors as unknown as typeof scope;
  return Object.hasOwn(denoErrors, name) ? denoErrors[name] : scope[name];
}

/** An error's stack without the frames of what sent the task here. */
export function stackOf({ stack = "" }: { stack?: string }): string {
  const isInner = (line: string) => /\bblob:|eval at open \(data:/.test(line);
  return stack.split("\n").filter((line) => !isInner(line))
    .join("\n").replaceAll(", <anonymous>:", ":");
}

type ErrorClass = new (message: string, name?: string) => Error;

/**
 * Rebuilds what `packError` packed. A class that only the far side knows is
 * stood in for by one of the same name.
 */
export function unpackError(
  packed: PackedError,
  rebuilt: Map<PackedError, unknown> = new Map(),
): unknown {
  if (rebuilt.has(packed)) return rebuilt.get(packed);
  if (packed.kind === "value") return packed.value;
  const error = emptyError(packed);
  rebuilt.set(packed, error);
  hide(error, "stack", packed.stack);
  if (error.name !== packed.name) hide(error, "name", packed.name);
  if (packed.cause) hide(error, "cause", unpackError(packed.cause, rebuilt));
  if (packed.errors) {
    const all = packed.errors.map((item) => unpackError(item, rebuilt));
    hide(error, "errors", all);
  }
  return Object.assign(error, packed.fields);
}

/** Makes an error of the same class, or of one that stands in for it. */
function emptyError(
  { className, base, message, name }: PackedError & { kind: "error" },
): Error {
  const Base = knownClass(base) ?? Error;
  const isDOM = Base as unknown === DOMException;
  // An AggregateError takes its errors first, a DOMException its name last.
  const error = base === "AggregateError"
    ? new AggregateError([], message)
    : new Base(message, isDOM ? name : undefined);
  if (className === base) return error;
  const StandIn = { [className]: class extends Base {} }[className]!;
  return Object.setPrototypeOf(error, StandIn.prototype);
}

/** Sets a property as the language sets it on errors: not enumerable. */
function hide(target: object, key: string, value: unknown): void {
  const hidden = { value, configurable: true, writable: true };
  // Of an object that is frozen, nothing changes.
  Reflect.defineProperty(target, key, hidden);
}

/**
 * Continues the stack of an error that came from the far side: with where it
 * ran, such as `task 3 of map(parse) on Worker-2`, if its stack does not say so
 * yet, and with the stack that was captured where it was asked for.
 */
export function continueStack(
  thrown: unknown,
  where: string | undefined,
  origin: { stack?: string },
): void {
  if (!(thrown instanceof Error)) return;
  const frames = (stack: string | undefined) =>
    (stack ?? "").split("\n").filter((line) => !isInner(line));
  const asked = frames(origin.stack).filter((line) => /^\s+at /.test(line));
  const ran = where === undefined ? [] : [`    in ${where}`];
  const lines = [...frames(thrown.stack), ...ran, ...asked];
  hide(thrown, "stack", lines.join("\n"));
}

/** Where this library is; a bundle of it has no address. */
const library = String(import.meta.url).replace(/workers\/[^/]*$/, "");
const parts = ["workers/", "processes/", "messages/", "feed.ts", "fifo.ts"];

/** Whether a line of a stack is a frame inside Deno or inside this library. */
function isInner(line: string): boolean {
  return /^\s+at .*\bext:/.test(line) ||
    parts.some((part) => line.includes(library + part));
}
