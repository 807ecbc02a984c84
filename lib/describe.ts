/**
 * Names a value in a message, and checks the options that many functions have.
 *
 * @module
 */

/** Names a value in a message: `5 (number)`, `"five" (string)`, `a Map`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") {
    const kind = /^class\b/.test(String(value)) ? "class" : "function";
    return value.name ? `the ${kind} ${value.name}` : `a ${kind}`;
  }
  if (typeof value === "object") {
    const name = value.constructor?.name || "Object";
    return /^[AEIO]/.test(name) ? `an ${name}` : `a ${name}`;
  }
  if (typeof value === "string") {
    const short = value.length > 40 ? `${value.slice(0, 40)}…` : value;
    return `${JSON.stringify(short)} (string)`;
  }
  return `${String(value)} (${typeof value})`;
}

/**
 * Checks that options are an object, as they are in JavaScript, and not the value
 * of one of them, as in Python; `example` says what to write.
 */
export function checkOptions(
  caller: string,
  example: string,
  options: unknown,
): void {
  const isList = Array.isArray(options);
  if (typeof options === "object" && options !== null && !isList) return;
  throw new TypeError(
    `${caller}: options must be an object, as in ${example}: ` +
      `received ${describe(options)}`,
  );
}

/** Checks an argument that is a list. */
export function checkArray(caller: string, name: string, list: unknown): void {
  if (Array.isArray(list)) return;
  throw new TypeError(
    `${caller}: ${name} must be an array: received ${describe(list)}`,
  );
}

/** Checks an option that is an AbortSignal. */
export function checkSignal(caller: string, signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  const hint = signal instanceof AbortController ? ": pass its .signal" : "";
  throw new TypeError(
    `${caller}: signal must be an AbortSignal: received ${describe(signal)}` +
      hint,
  );
}

/** Checks an option that lists what to move. */
export function checkTransfer(caller: string, transfer: unknown): void {
  if (transfer !== undefined) checkArray(caller, "transfer", transfer);
}

/** Checks a number: a TypeError says that it is none, a RangeError what it must be. */
export function checkNumberAs(
  what: string,
  wanted: string,
  value: unknown,
  isWanted: (number: number) => boolean,
): void {
  const message = `${what} must be ${wanted}: received ${describe(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!isWanted(value)) throw new RangeError(message);
}

/** Checks a number that counts something: whole, and at least 1. */
export function checkCount(caller: string, name: string, value: unknown): void {
  const wanted = "a whole number, at least 1";
  const isCount = (n: number) => Number.isSafeInteger(n) && n >= 1;
  checkNumberAs(`${caller}: ${name}`, wanted, value, isCount);
}

/** Checks an option that is a time in milliseconds, 0 or more; returns it. */
export function checkTimeout(
  caller: string,
  value: unknown,
  name = "timeout",
): number {
  const wanted = "milliseconds, at least 0";
  checkNumberAs(`${caller}: ${name}`, wanted, value, (n) => n >= 0);
  return value as number;
}

/** Checks a number that may be any but NaN and the infinite ones. */
export function checkNumber(
  caller: string,
  name: string,
  value: unknown,
): void {
  checkNumberAs(
    `${caller}: ${name}`,
    "a finite number",
    value,
    Number.isFinite,
  );
}

/** Checks how many items are taken at most: 0 or more, or Infinity. */
export function checkSize(caller: string, name: string, value: unknown): void {
  const isSize = (n: number) =>
    n === Infinity || Number.isSafeInteger(n) && n >= 0;
  const wanted = "a whole number, at least 0";
  checkNumberAs(`${caller}: ${name}`, wanted, value, isSize);
}

/** Checks a callback; a TypeError names the argument, and what was received. */
export function checkFunction(caller: string, name: string, fn: unknown): void {
  if (typeof fn === "function") return;
  throw new TypeError(
    `${caller}: ${name} must be a function: received ${describe(fn)}`,
  );
}

/** Checks that a source can be iterated, and returns it. */
export function checkIterable<Source>(source: Source): Source {
  checkInput(
    "",
    source,
    "take what arrives over time with `for await`, Array.fromAsync() or pool.imap()",
  );
  return source;
}

/** Checks that an input can be iterated; `overTime` says what else is for it. */
export function checkInput(
  caller: string,
  input: unknown,
  overTime: string,
): void {
  const { [Symbol.iterator]: open, [Symbol.asyncIterator]: openLater, then } =
    Object(input);
  if (typeof open === "function") return;
  let hint = "";
  if (typeof openLater === "function") hint = `; ${overTime}`;
  else if (typeof then === "function") hint = "; await it first";
  throw new TypeError(`${caller}${describe(input)} is not iterable${hint}`);
}

/** What of this runs on the far side. */
export const describeParts = [
  () => [describe, checkOptions, checkArray, checkSignal, checkTransfer],
  () => [checkNumberAs, checkCount, checkTimeout, checkFunction],
];
