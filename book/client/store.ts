/**
 * What the browser keeps for the reader: changes, solved exercises, the theme.
 *
 * @module
 */

const prefix = "side-by-side:";

/** What was saved under a name; undefined if nothing is there, or can be. */
export function load<T>(name: string): T | undefined {
  try {
    return JSON.parse(localStorage.getItem(prefix + name) ?? "null") ??
      undefined;
  } catch {
    // Private windows may have no storage.
    return undefined;
  }
}

/** Saves a value under a name; undefined removes it. */
export function save(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // It is kept as long as the page is open.
  }
}
