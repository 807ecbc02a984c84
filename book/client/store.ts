/**
 * What the browser keeps for the reader. Other tabs write to it, too.
 *
 * @module
 */

const prefix = "side-by-side:";

/** What could not be saved: it is kept as long as the page is open. */
const unsaved = new Map<string, string>();

/** What was saved under a name; undefined if nothing is there, or can be. */
export function load<T>(name: string): T | undefined {
  try {
    const text = unsaved.get(name) ?? localStorage.getItem(prefix + name);
    return JSON.parse(text ?? "null") ?? undefined;
  } catch {
    // Private windows may have no storage.
    return undefined;
  }
}

/**
 * Saves a value under a name; undefined removes it.
 *
 * @returns Whether it outlives the page.
 */
export function save(name: string, value: unknown): boolean {
  const text = JSON.stringify(value ?? null);
  try {
    if (value === undefined) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, text);
    unsaved.delete(name);
    return true;
  } catch {
    unsaved.set(name, text);
    return value === undefined;
  }
}

/** Whether something is not saved, and ends with the page. */
export function isLosing(): boolean {
  return unsaved.size > 0;
}

/** Calls a function when another tab has saved something under a name. */
export function onSaved(name: string, listener: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === prefix + name || key === null) listener();
  });
  // A page that was asleep has heard of nothing.
  addEventListener("pageshow", ({ persisted }) => persisted && listener());
}

/** The exercises that are solved, by the names of lessons. */
export function solvedIn(lesson: string): readonly string[] {
  return load<Record<string, string[]>>("solved")?.[lesson] ?? [];
}

/** Notes that an exercise is solved. */
export function noteSolved(lesson: string, exercise: string): void {
  const all = load<Record<string, string[]>>("solved") ?? {};
  const own = new Set(all[lesson]).add(exercise);
  save("solved", { ...all, [lesson]: [...own] });
}
