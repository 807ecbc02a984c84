/**
 * What lesson 6 is graded with besides its tests, which make workers meet.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  Shown,
} from "../classroom/sandbox/inputs.ts";
import type { Run, Shared, Step } from "../lessons/06_shared_memory.ts";
import { Pool } from "../mod.ts";

/** Runs the tasks in workers, which find a counter that began with `start`. */
const from = (start: number) => {
  const run: Run = async (workers, task, shared) => {
    shared.counter[0] = start;
    using pool = new Pool({ workers });
    const lists = Array.from({ length: workers }, (_, i): [Shared, number] => [
      shared,
      i + 1,
    ]);
    return await pool.starmap(task, lists);
  };
  return new Shown(`from ${start} on`, run);
};

const counted = (name: string, least: number, most: number): Draw =>
(
  lesson,
  random,
) => {
  const args = [random.whole(1, 3), random.whole(least, most)];
  return callOf(lesson, name, [...args, from(random.whole(-99, 99))]);
};

const counts = (name: string) => [
  counted(name, 0, 0),
  counted(name, 1, 1),
  counted(name, 100, 999),
];

export const inputs: Inputs = {
  loseAnUpdate: [(lesson, random) => {
    const steps: Step[] = [];
    const args = [new Shown("steps", steps), from(random.whole(-99, 99))];
    return callOf(lesson, "loseAnUpdate", args, (counter) => ({
      counter,
      steps: steps.map(({ does }) => does),
    }));
  }],
  countWithAtomics: counts("countWithAtomics"),
  countWithLock: counts("countWithLock"),
};
