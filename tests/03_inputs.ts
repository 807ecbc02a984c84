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
  Shown,
} from "../classroom/sandbox/inputs.ts";
import type { Run } from "../lessons/03_pool.ts";
import { Barrier, type TaskRun } from "../mod.ts";

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
  return callOf(lesson, "runSequential", [tasks, n, task], (run: Run) => ({
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
  const reported: TaskRun[] = [];
  const onTask = new Shown("onTask", (run: TaskRun) => reported.push(run));
  const args = [tasks, n, workers, onTask, new Shown("triple", busy)];
  const start = performance.now();
  return callOf(lesson, "runParallel", args, (run: Run) => ({
    results: run.results,
    elapsed: isTime(
      run.elapsed,
      5 * Math.ceil(tasks / workers),
      performance.now() - start,
    ),
    reported: reported.map(({ task }) => task).sort((a, b) => a - b),
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
  ], (run: Run) => [...run.results].sort());
};

/**
 * Tasks that end in another order than they began, each when main knows of the one
 * before. The clock goes on for as long as the last of them waits.
 */
const inTurns: Draw = (lesson) => {
  const count = 3;
  const cells = new Int32Array(new SharedArrayBuffer(8));
  // The first cell counts who has begun, the second who may end.
  const task = (cells: Int32Array) => {
    const place = Atomics.add(cells, 0, 1);
    for (let turn; (turn = Atomics.load(cells, 1)) < 3 - place;) {
      if (Atomics.wait(cells, 1, turn, 8_000) === "timed-out") break;
    }
    return BigInt(place);
  };
  const next = () => {
    Atomics.add(cells, 1, 1);
    Atomics.notify(cells, 1);
  };
  return {
    call: `runParallel of ${count} tasks that end in turns, the first one last`,
    run: async () => {
      const ended: number[] = [];
      const onTask = ({ task }: TaskRun) => {
        ended.push(task);
        next();
      };
      const start = performance.now();
      const running = lesson.runParallel(count, cells, count, onTask, task);
      const returned = performance.now();
      let begun = returned;
      setTimeout(() => {
        begun = performance.now();
        next();
      }, 30 + 2 * (returned - start));
      const { elapsed, results }: Run = await running;
      const most = performance.now() - start;
      return {
        elapsed: isTime(elapsed, begun - returned, most),
        byPlaces: ended.map((task) => results[task]),
      };
    },
  };
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
        ({ results }: Run) => results,
      ),
    oneByOne(0),
    oneByOne(1),
    oneByOne(4),
  ],
  runParallel: [inWorkers(1, 1), inWorkers(5, 2), meeting(3), inTurns],
};
