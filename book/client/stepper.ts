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
    const scheduler = new Scheduler(place, waysIn(lesson.original!));
    // What is simulated runs in this thread: a loop without an end would stop it.
    if (!crossOriginIsolated) return;
    const update = () => {
      try {
        scheduler.use(waysIn(lesson.source));
      } catch {
        // Half of a change cannot be compiled.
      }
    };
    lesson.onChange!(update);
    update();
  }
}

/** What the functions are in JavaScript, without the marks of exercises. */
function waysIn(source: string): Way[] {
  const code = withoutTypes(source).replace(
    /^ *\/\/ #(?:end)?region.*\n/gm,
    "",
  );
  return Object.entries(ways).flatMap(([fn, name]) => {
    const [, text] =
      new RegExp(`^export (function ${fn}\\([^]*?^\\})`, "m").exec(code) ?? [];
    return text ? [{ name, source: text }] : [];
  });
}
