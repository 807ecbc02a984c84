/**
 * What lesson 2 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  Shown,
} from "../classroom/sandbox/inputs.ts";
import type { Joined } from "../lessons/02_workers.ts";
import { FunctionWorker } from "../mod.ts";

type Greeting = { message: string; pid: string };

/** What is said of each child, but for its process id. */
const read = (greetings: Joined<Greeting>[]) =>
  Array.from(greetings, ({ pid, ...said }) => ({
    ...said,
    isHere: pid === String(Deno.pid),
  }));

const greetings = (least: number, most: number): Draw => (lesson, random) => {
  const count = random.whole(least, most);
  const children = new Shown(`greeters(${count})`, lesson.greeters(count));
  return callOf(lesson, "greetFromChildren", [children], read);
};

/** Children of which the first ends last, and returns more than a greeting. */
const endingLate: Draw = (lesson, random) => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const child = (message: string, own: number, turn: Int32Array) => {
    for (let now; (now = Atomics.load(turn, 0)) !== own;) {
      Atomics.wait(turn, 0, now);
    }
    Atomics.add(turn, 0, 1);
    Atomics.notify(turn, 0);
    return { message, pid: String(Deno.pid), own };
  };
  const children = random.words(3, 3).map((word, i) =>
    new FunctionWorker(child, { args: [word, 2 - i, turn] })
  );
  const text = "three children, of which the first ends last";
  const shown = new Shown(text, children);
  return callOf(lesson, "greetFromChildren", [shown], read);
};

/** Children of which the second fails. */
const failing: Draw = (lesson) => {
  const child = (i: number) => {
    if (i === 1) throw new RangeError("this child fails");
    return { message: `${i}`, pid: "" };
  };
  const children = [0, 1].map((i) => new FunctionWorker(child, { args: [i] }));
  const shown = new Shown("two children, of which one fails", children);
  return callOf(lesson, "greetFromChildren", [shown]);
};

export const inputs: Inputs = {
  lifecycle: [(lesson) => callOf(lesson, "lifecycle", [])],
  greetFromChildren: [
    greetings(1, 1),
    greetings(4, 5),
    (lesson) => callOf(lesson, "greetFromChildren", [[]]),
    endingLate,
    failing,
  ],
  incrementEverywhere: [
    (lesson) => callOf(lesson, "incrementEverywhere", []),
    (lesson) => callOf(lesson, "incrementEverywhere", []),
  ],
};

/** The tests note what is asked of each worker. */
export const replaced = [FunctionWorker.prototype];
