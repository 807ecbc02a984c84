/**
 * Names a value in a message, and checks the options that many functions have.
 *
 * @module
 */

/**
 * Names a value in a message.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describe } from "./describe.ts";
 *
 * assertEquals(describe(5), "5 (number)");
 * assertEquals(describe("five"), '"five" (string)');
 * assertEquals(describe(new Map()), "a Map");
 * ```
 *
 * @param value Anything.
 * @returns A few words that name it.
 */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") {
    const kind = /^class\b/.test(String(value)) ? "class" : "function";
    return value.name ? `the ${kind} ${value.name}` : `a ${kind}`;
  }
  if (typeof value === "object") {
    const name = value.constructor?.name || "Object";
    return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`;
  }
  if (typeof value === "string") {
    const short = value.length > 40 ? `${value.slice(0, 40)}…` : value;
    return `${JSON.stringify(short)} (string)`;
  }
  return `${String(value)} (${typeof value})`;
}

/**
 * Checks a number that counts something.
 *
 * @param caller What the message begins with, such as `Pool`.
 * @param name The name of the argument.
 * @param value What was received.
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is no whole number of at least 1.
 */
export function checkCount(caller: string, name: string, value: unknown): void {
  const wanted = `${caller}: ${name} must be a whole number, at least 1`;
  const message = `${wanted}: received ${describe(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(message);
}

/**
 * Checks an option that is a time.
 *
 * @param caller What the message begins with, such as `Pool.map`.
 * @param value The time in milliseconds.
 * @param name The name of the option.
 * @returns The time.
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is NaN or below 0.
 */
export function checkTimeout(
  caller: string,
  value: unknown,
  name = "timeout",
): number {
  const wanted = `${caller}: ${name} must be milliseconds, at least 0`;
  const message = `${wanted}: received ${describe(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value >= 0)) throw new RangeError(message);
  return value;
}

/**
 * Checks that a source can be iterated.
 *
 * @typeParam Source The type of the source.
 * @param source What was received.
 * @returns The source.
 * @throws {TypeError} If it is not iterable; of what arrives over time, the
 * message says what to use.
 */
export function checkIterable<Source>(source: Source): Source {
  const value = source as
    | {
      [Symbol.iterator]?: unknown;
      [Symbol.asyncIterator]?: unknown;
      then?: unknown;
    }
    | null
    | undefined;
  if (typeof value?.[Symbol.iterator] === "function") return source;
  let hint = "";
  if (typeof value?.[Symbol.asyncIterator] === "function") {
    hint = "; what arrives over time is for lazy.async()";
  } else if (typeof value?.then === "function") {
    hint = "; await it first";
  }
  throw new TypeError(`${describe(source)} is not iterable${hint}`);
}

/** Checks a callback; a TypeError names the argument, and what was received. */
export function checkFunction(caller: string, name: string, fn: unknown): void {
  if (typeof fn === "function") return;
  throw new TypeError(
    `${caller}: ${name} must be a function: received ${describe(fn)}`,
  );
}

/** Checks a number that may be any but NaN and the infinite ones. */
export function checkNumber(
  caller: string,
  name: string,
  value: unknown,
): void {
  const wanted = `${caller}: ${name} must be a finite number`;
  const message = `${wanted}: received ${describe(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!Number.isFinite(value)) throw new RangeError(message);
}

/** Checks how many items are taken at most: 0 or more, or Infinity. */
export function checkSize(caller: string, name: string, value: unknown): void {
  const wanted = `${caller}: ${name} must be a whole number, at least 0`;
  const message = `${wanted}: received ${describe(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (value !== Infinity && (!Number.isSafeInteger(value) || value < 0)) {
    throw new RangeError(message);
  }
}
