/**
 * What lesson 3 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  isTime,
  type Lesson,
  Shown,
} from "../classroom/sandbox/inputs.ts";
import { Barrier } from "../mod.ts";

const sum = (least: number, most: number): Draw => (lesson, random) =>
  callOf(lesson, "sumOfSquares", [random.whole(least, most)]);

/** A task that computes for some milliseconds. */
const busy = (n: number): bigint => {
  const start = performance.now();
  while (performance.now() - start < 5);
  return BigInt(n) * 3n;
};

/** Tasks of 5 ms each, one after another. */
const oneByOne = (tasks: number): Draw => (lesson, random) => {
  const n = random.whole(3, 999);
  const asked: number[] = [];
  const task = new Shown("triple", (n: number) => {
    asked.push(n);
    return busy(n);
  });
  const start = performance.now();
  return callOf(lesson, "runSequential", [tasks, n, task], (run: Lesson) => ({
    results: run.results,
    elapsed: isTime(run.elapsed, 5 * tasks, performance.now() - start),
    asked,
  }));
};

/** Tasks on workers, each of 5 ms at least. */
const inWorkers = (tasks: number, workers: number): Draw =>
(
  lesson,
  random,
) => {
  const n = random.whole(3, 999);
  const reported: { worker: number; index: number }[] = [];
  const onTask = new Shown("onTask", (run: Lesson) => reported.push(run));
  const args = [tasks, n, workers, onTask, new Shown("triple", busy)];
  const start = performance.now();
  return callOf(lesson, "runParallel", args, (run: Lesson) => ({
    results: run.results,
    elapsed: isTime(
      run.elapsed,
      5 * Math.ceil(tasks / workers),
      performance.now() - start,
    ),
    reported: reported.map(({ index }) => index).sort((a, b) => a - b),
    onWorkers: reported.every(({ worker }) => worker >= 1 && worker <= workers),
  }));
};

/** Tasks of which each waits for all others. */
const meeting = (workers: number): Draw => (lesson) => {
  const meet = (barrier: Barrier) => BigInt(barrier.wait({ timeout: 8_000 }));
  return callOf(lesson, "runParallel", [
    workers,
    new Shown(`new Barrier(${workers})`, new Barrier(workers)),
    workers,
    undefined,
    new Shown("meet", meet),
  ], (run: Lesson) => [...run.results].sort());
};

export const inputs: Inputs = {
  sumOfSquares: [
    sum(0, 0),
    sum(1, 1),
    sum(3, 99),
    sum(3_000, 9_000), // beyond 2 ** 31
    sum(400_000, 600_000), // beyond 2 ** 53
  ],
  runSequential: [
    (lesson, random) =>
      callOf(
        lesson,
        "runSequential",
        [random.whole(2, 6), random.whole(3, 999)],
        ({ results }: Lesson) => results,
      ),
    oneByOne(0),
    oneByOne(1),
    oneByOne(4),
  ],
  runParallel: [inWorkers(1, 1), inWorkers(5, 2), meeting(3)],
};
