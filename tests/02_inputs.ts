/**
 * What lesson 2 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Lesson,
  Shown,
} from "../classroom/sandbox/inputs.ts";
import { FunctionWorker } from "../mod.ts";

const greetings = (least: number, most: number): Draw => (lesson, random) => {
  const count = random.whole(least, most);
  const children = new Shown(`greeters(${count})`, lesson.greeters(count));
  return callOf(
    lesson,
    "greetFromChildren",
    [children],
    (greetings: Lesson[]) =>
      Array.from(greetings, ({ message, pid, aliveBefore, aliveAfter }) => ({
        message,
        pid: pid === Deno.pid,
        aliveBefore,
        aliveAfter,
      })),
  );
};

export const inputs: Inputs = {
  greetFromChildren: [greetings(1, 1), greetings(4, 5)],
  incrementEverywhere: [
    (lesson) => callOf(lesson, "incrementEverywhere", []),
    (lesson) => callOf(lesson, "incrementEverywhere", []),
  ],
};

/** The tests note what is asked of each worker. */
export const replaced = [FunctionWorker.prototype];
