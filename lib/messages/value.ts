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

/**
 * Calls a function with each object in a value, itself included, and goes on to
 * the parts of those for which it returns some.
 */
export function walk(
  value: unknown,
  visit: (part: object) => readonly unknown[],
): void {
  const seen = new Set<object>();
  const stack: object[] = [];
  const note = (part: unknown) => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    stack.push(part);
  };
  note(value);
  for (let part; (part = stack.pop());) {
    const parts = visit(part);
    // Not by for…of or forEach: most lists are long, and of numbers.
    for (let i = 0; i < parts.length; i++) {
      if (typeof parts[i] === "object") note(parts[i]);
    }
  }
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

/** What may be sent: an object that passes needs no look into it. */
export interface Rules {
  /** Whether an object can be sent, whatever structured clone says. */
  readonly passes: (part: object) => boolean;
  /** Says why an object cannot be sent; nothing if it can. */
  readonly refuse: (part: object) => string | undefined;
}

/**
 * Names the first part of a value that cannot be sent, such as
 * `result.items[3].f: a function cannot be sent`.
 */
export function whyNotSent(
  value: unknown,
  path: string,
  { passes, refuse }: Rules,
): string | undefined {
  const seen = new Set<unknown>();
  const look = (part: unknown, path: string): string | undefined => {
    if (typeof part === "function" || typeof part === "symbol") {
      return `${path}: a ${typeof part} cannot be sent`;
    }
    if (typeof part !== "object" || part === null || seen.has(part)) {
      return undefined;
    }
    seen.add(part);
    if (passes(part)) return undefined;
    const isWhole = !isContainer(part);
    const why = refuse(part) ?? (isWhole ? uncloned(part) : undefined);
    if (why || isWhole) return why && `${path}: ${why}`;
    const names = namesOf(part);
    for (const [i, inner] of partsOf(part).entries()) {
      const why = look(inner, path + names[i]);
      if (why) return why;
    }
    return undefined;
  };
  return look(value, path);
}

/** Says so if structured clone refuses an object. */
export function uncloned(part: object): string | undefined {
  try {
    structuredClone(part);
    return undefined;
  } catch {
    return `${describe(part)} cannot be sent`;
  }
}

/** Refuses what structured clone would make something useless of. */
export function refuseForThread(part: object): string | undefined {
  const isCopied = /^\[object (Blob|File|CryptoKey)\]$/
    .test(Object.prototype.toString.call(part));
  const isRefused = isDenos(part) && !isCopied ||
    Symbol.for("side-by-side.stays") in part;
  return isRefused ? `${describe(part)} cannot be sent` : undefined;
}

/** Whether an object belongs to Deno, which cannot be copied then. */
export function isDenos(part: object): boolean {
  return Object.getOwnPropertySymbols(part).some(({ description }) =>
    description === "[[webidl.brand]]"
  );
}

/** Whether an object is memory that threads share. */
export function isSharedMemory(part: object): boolean {
  const what = Object.prototype.toString.call(part);
  return what === "[object SharedArrayBuffer]";
}
