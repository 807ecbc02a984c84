/**
 * Says which part of a value cannot be sent, and why.
 *
 * `whyNotCloned` also runs on the far side, where it arrives as text: it uses
 * its arguments, globals and `describe` only.
 *
 * @module
 */

import { describe } from "../describe.ts";

/**
 * Finds the part of a value that structured clone refuses.
 *
 * @param value The value that was refused.
 * @param path What the value is called in the message, such as `result`.
 * @param moved Parts that are moved instead of cloned.
 * @returns The path of the part and what it is, such as
 * `result.items[3].f: a function cannot be sent`; nothing if no part of the
 * value is refused.
 */
export function whyNotCloned(
  value: unknown,
  path: string,
  moved: readonly unknown[] = [],
): string | undefined {
  const isCloned = (part: unknown) => {
    if (moved.includes(part)) return true;
    try {
      structuredClone(part);
      return true;
    } catch {
      return false;
    }
  };
  const partsOf = (whole: object): [string, unknown][] => {
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
    return `${path}: ${nameOf(part)} cannot be sent`;
  };
  return refused(value, path);
}
