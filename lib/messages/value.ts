/**
 * What a value consists of, and which part of it cannot be sent.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { describe } from "../describe.ts";

/** The parts of a container, in the order of `namesOf`. */
export function partsOf(whole: object): unknown[] {
  if (Array.isArray(whole)) return whole;
  if (whole instanceof Map) return [...whole].flat();
  if (whole instanceof Set) return [...whole];
  return Object.values(whole);
}

/** What the parts of a container are called, such as `.name` or `[3]`. */
export function namesOf(whole: object): string[] {
  if (Array.isArray(whole)) return [...whole.keys()].map((i) => `[${i}]`);
  if (whole instanceof Map) {
    return [...whole.keys()].flatMap((key, i) => [
      `, key ${i}`,
      `.get(${typeof key === "string" ? `"${key}"` : String(key)})`,
    ]);
  }
  if (whole instanceof Set) return [...whole].map((_, i) => `, member ${i}`);
  return Object.keys(whole).map((key) =>
    /^[\w$]+$/.test(key) ? `.${key}` : `["${key}"]`
  );
}

/** Whether an object is nothing but its parts, so that they can be replaced. */
export function isContainer(part: object): boolean {
  if (Array.isArray(part)) return true;
  const above = Object.getPrototypeOf(part);
  return above === Object.prototype || part instanceof Map ||
    part instanceof Set ||
    Object.prototype.toString.call(part) === "[object Object]";
}

/** Copies values, with other things in the place of some objects. */
export function replacer(
  made: Map<object, unknown>,
): (value: unknown) => unknown {
  const copy = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (made.has(part)) return made.get(part);
    if (!isContainer(part)) return part;
    const whole = emptyLike(part);
    // Before its parts, because it may be one of them.
    made.set(part, whole);
    fill(whole, part, copy);
    return whole;
  };
  return copy;
}

/** A container of the same kind, without parts. */
export function emptyLike(whole: object): object {
  if (whole instanceof Map) return new Map();
  if (whole instanceof Set) return new Set();
  return Array.isArray(whole) ? Array(whole.length) : {};
}

/** Fills a container with copies of the parts of another one. */
export function fill(
  target: object,
  like: object,
  copy: (part: unknown) => unknown,
): void {
  const own = { configurable: true, enumerable: true, writable: true };
  if (target instanceof Map) {
    for (const [key, value] of like as Map<unknown, unknown>) {
      target.set(copy(key), copy(value));
    }
  } else if (target instanceof Set) {
    for (const part of like as Set<unknown>) target.add(copy(part));
  } else {
    // To assign "__proto__" would change what the object inherits from.
    for (const [key, part] of Object.entries(like)) {
      Object.defineProperty(target, key, { ...own, value: copy(part) });
    }
  }
}

/** Whether structured clone takes an object that is no container. */
export function isCloned(part: object): boolean {
  const what = Object.prototype.toString.call(part);
  if (/(Array|Buffer|DataView|Date|RegExp)\]$/.test(what)) return true;
  try {
    structuredClone(part);
    return true;
  } catch {
    return false;
  }
}

/** Refuses what structured clone would make something useless of. */
export function refuseForThread(part: object): string | undefined {
  const isCopied = /^\[object (Blob|File|CryptoKey)\]$/
    .test(Object.prototype.toString.call(part));
  if (Symbol.for("side-by-side.stays") in part) {
    return `${describe(part)} cannot be sent: send an array of it, [...it]`;
  }
  const isRefused = isDenos(part) && !isCopied;
  return isRefused ? `${describe(part)} cannot be sent` : undefined;
}

/** Whether an object belongs to Deno, which cannot be copied then. */
export function isDenos(part: object): boolean {
  return Object.getOwnPropertySymbols(part).some(({ description }) =>
    description === "[[webidl.brand]]"
  );
}

/** What a view of one buffer is of another one. */
export function viewOf(buffer: ArrayBuffer, like: ArrayBufferView): object {
  // Of a class that extends one of the language's, structured clone makes that.
  const name = Object.prototype.toString.call(like).slice(8, -1);
  const scope = globalThis as unknown as Views;
  const { byteOffset, byteLength, length = byteLength } = like as Uint8Array;
  return scope[name] ? new scope[name](buffer, byteOffset, length) : like;
}

type Views = Record<string, typeof Uint8Array | undefined>;

/** What of this runs on the far side. */
export const valueParts = [
  () => [partsOf, namesOf, isContainer, replacer, emptyLike, fill, isCloned],
  () => [refuseForThread, isDenos, viewOf],
];
