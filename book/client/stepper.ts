/**
 * The scheduler of a lesson about shared memory, over the code that stands there.
 *
 * @module
 */

import { withoutTypes } from "../compile.ts";
import { Scheduler, type Way } from "./scheduler.ts";
import type { Shown } from "./widgets.ts";

/** The functions of the lesson that the reader can step through. */
const ways: Readonly<Record<string, string>> = {
  add: "counter[0]++",
  addWithAtomics: "with Atomics",
  addWithLock: "with the lock",
};

/** The widget. */
export class Stepper {
  /**
   * @param place Where it is drawn.
   * @param lesson The lesson that has the functions.
   */
  constructor(place: HTMLElement, lesson: Shown) {
    let known = waysIn(lesson.source);
    const scheduler = new Scheduler(place, known);
    lesson.onChange?.(() => {
      try {
        const now = waysIn(lesson.source);
        for (const [i, { name, source }] of now.entries()) {
          if (source !== known[i]?.source) scheduler.change(name, source);
        }
        known = now;
      } catch {
        // Half of a change cannot be compiled.
      }
    });
    addEventListener("pagehide", () => scheduler.close());
  }
}

/** What the functions are in JavaScript. */
function waysIn(source: string): Way[] {
  const code = withoutTypes(source);
  return Object.entries(ways).flatMap(([fn, name]) => {
    const [, text] =
      new RegExp(`^export (function ${fn}\\([^]*?^\\})`, "m").exec(code) ?? [];
    return text ? [{ name, source: text }] : [];
  });
}
