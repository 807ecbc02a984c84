/**
 * Says which part of a value cannot be sent, and why.
 *
 * `whyNotCloned` also runs on the far side, where it arrives as text: it uses
 * its arguments and globals only.
 *
 * @module
 */

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
    if (typeof part !== "object" || part === null) return `a ${typeof part}`;
    const name = part.constructor?.name || "object";
    return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`;
  };

  if (isCloned(value)) return undefined;
  const seen = new Set<unknown>();
  // Down to the deepest part that is refused though all its own parts pass.
  while (typeof value === "object" && value !== null && !seen.has(value)) {
    seen.add(value);
    const refused = partsOf(value).find(([, part]) =>
      !seen.has(part) && !isCloned(part)
    );
    if (!refused) break;
    path += refused[0];
    value = refused[1];
  }
  return `${path}: ${nameOf(value)} cannot be sent`;
}
