/**
 * Says which part of a value cannot be sent, and why.
 *
 * The functions here also run on the far side, where they arrive as text: they
 * use their arguments, globals, each other and `describe` only.
 *
 * @module
 */

import { describe } from "../describe.ts";

/** How a value is to be sent, where that is not by structured clone alone. */
export interface Sending {
  /** Whether a part can be sent. */
  readonly canSend: (part: unknown) => boolean;
  /** What follows `cannot be sent` in messages, such as ` to a process`. */
  readonly where: (part: unknown) => string;
}

/**
 * Finds the part of a value that structured clone refuses.
 *
 * @param value The value that was refused.
 * @param path What the value is called in the message, such as `result`.
 * @param moved Parts that are moved instead of cloned.
 * @param sending How it is to be sent.
 * @returns The path of the part and what it is, such as
 * `result.items[3].f: a function cannot be sent`; nothing if no part of the
 * value is refused.
 */
export function whyNotCloned(
  value: unknown,
  path: string,
  moved: readonly unknown[] = [],
  sending?: Sending,
): string | undefined {
  const isCloned = (part: unknown) => {
    if (moved.includes(part)) return true;
    if (sending && !sending.canSend(part)) return false;
    try {
      structuredClone(part);
      return true;
    } catch {
      return false;
    }
  };
  const nameOfPortable = (part: unknown) => {
    const { portable, cells } = (part ?? {}) as Record<string, unknown>;
    return cells !== undefined && typeof portable === "string" && portable;
  };
  const partsOf = (whole: object): [string, unknown][] => {
    if (ArrayBuffer.isView(whole)) return [];
    if (sending && nameOfPortable(whole)) return [];
    if (Array.isArray(whole)) return whole.map((part, i) => [`[${i}]`, part]);
    if (whole instanceof Set) {
      return [...whole].map((part, i) => [`, member ${i}`, part]);
    }
    if (whole instanceof Map) {
      return [...whole].flatMap(([key, part], i) => [
        [`, key ${i}`, key],
        [`.get(${typeof key === "string" ? `"${key}"` : String(key)})`, part],
      ]);
    }
    return Object.entries(whole).map(([key, part]) => [
      /^[\w$]+$/.test(key) ? `.${key}` : `["${key}"]`,
      part,
    ]);
  };
  const nameOf = (part: unknown) => {
    const portable = nameOfPortable(part);
    if (portable) return `a ${portable}`;
    return typeof part === "object" ? describe(part) : `a ${typeof part}`;
  };

  const seen = new Set<unknown>(moved);
  // The deepest part that is refused though all its own parts pass.
  const refused = (part: unknown, path: string): string | undefined => {
    if (seen.has(part) || isCloned(part)) return undefined;
    seen.add(part);
    if (typeof part === "object" && part !== null) {
      const parts = partsOf(part);
      for (const [key, inner] of parts) {
        const why = refused(inner, path + key);
        if (why) return why;
      }
      // What is moved can only be moved: for want of that, the whole is refused.
      if (parts.some(([, inner]) => seen.has(inner))) return undefined;
    }
    return `${path}: ${nameOf(part)} cannot be sent${
      sending?.where(part) ?? ""
    }`;
  };
  return refused(value, path);
}

/**
 * Finds out whether a value has a part that another process cannot have, though
 * another thread might: shared memory, compiled WebAssembly, and objects that
 * belong to Deno. The serializer would copy the first, fail at the second, and
 * make an empty object of the third.
 *
 * @param value What is to be sent.
 * @returns What it is that cannot be sent; nothing if all can.
 */
export function whyNotCarried(value: unknown): string | undefined {
  const isDenos = (part: object) =>
    !(part instanceof DOMException) &&
    Object.getOwnPropertySymbols(part).some(({ description }) =>
      description === "[[webidl.brand]]"
    );
  const seen = new Set<object>();
  const stack = [value];
  while (stack.length > 0) {
    const part = stack.pop();
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (Array.isArray(part)) {
      for (const item of part) {
        if (typeof item === "object" && item !== null) stack.push(item);
      }
      continue;
    }
    const isPlain = Object.getPrototypeOf(part) === Object.prototype;
    const isTied = !isPlain && (isShared(part) || isDenos(part) ||
      part instanceof WebAssembly.Module);
    if (isTied) {
      return `${describe(part)} cannot be sent to a process`;
    }
    if (part instanceof Map || part instanceof Set) {
      part.forEach((item, key) => stack.push(item, key));
    } else if (!ArrayBuffer.isView(part)) {
      for (const key in part) {
        const item = (part as Record<string, unknown>)[key];
        if (typeof item === "object" && item !== null) stack.push(item);
      }
    }
  }
  return undefined;
}

/** Whether a part is memory that threads share, or an object made of it. */
export function isShared(part: unknown): boolean {
  if (part instanceof SharedArrayBuffer) return true;
  if (ArrayBuffer.isView(part)) return part.buffer instanceof SharedArrayBuffer;
  return typeof part === "object" && part !== null && "portable" in part &&
    "cells" in part;
}

/** How values are sent to another process. */
export function toProcess(): Sending {
  return {
    canSend: (part) => whyNotCarried(part) === undefined,
    where: (part) =>
      ` to a process${isShared(part) ? ", which shares no memory" : ""}`,
  };
}
