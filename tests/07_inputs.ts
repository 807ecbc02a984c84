/**
 * What lesson 7 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Random,
  Shown,
} from "../classroom/sandbox/inputs.ts";
import { Barrier } from "../mod.ts";

const interleaved =
  (make: (random: Random) => [string[], number]): Draw => (lesson, random) =>
    callOf(lesson, "interleave", make(random));

/** Runs a task that multiplies, and may be sent to a worker as text. */
const multiplied =
  (strategy: string, inputs: number): Draw => (lesson, random) => {
    const factor = random.whole(2, 99);
    const values = random.numbers(inputs, inputs);
    const task = new Function(
      "x",
      `return x * ${factor};`,
    );
    const args = [strategy, new Shown(`(x) => x * ${factor}`, task), values];
    return callOf(lesson, "runTasks", args);
  };

/** Notes when a task begins and ends; each lets the others go on. */
const traced = (strategy: string): Draw => (lesson, random) => {
  const names = random.list(2, 4, () => random.word());
  const trace: string[] = [];
  const task = async (name: string) => {
    trace.push(`${name} begins`);
    for (let i = 0; i < 3; i++) await null;
    trace.push(`${name} ends`);
    return name.length;
  };
  const args = [strategy, new Shown("trace", task), names];
  return callOf(lesson, "runTasks", args, (results: unknown) => ({
    results,
    trace,
  }));
};

/** Tasks in workers of which each waits for all others. */
const meeting: Draw = (lesson, random) => {
  const count = random.whole(2, 3);
  const barrier = new Barrier(count);
  const barriers = Array<Barrier>(count).fill(barrier);
  const meet = (barrier: Barrier) =>
    barrier.wait({ timeout: 8_000 }) >= 0 && "WorkerGlobalScope" in globalThis;
  return callOf(lesson, "runTasks", [
    "workers",
    new Shown("meet", meet),
    new Shown(`${count} barriers`, barriers),
  ]);
};

const failing = (strategy: string): Draw => (lesson) => {
  const fail = () => {
    throw new RangeError("this task fails");
  };
  return callOf(lesson, "runTasks", [strategy, new Shown("fail", fail), [1]]);
};

/** Some tasks, each with a number of steps. */
function stepsOf(random: Random, tasks: number): Record<string, number> {
  const names = random.list(tasks, tasks, () => random.word());
  return Object.fromEntries(names.map((name) => [name, random.whole(0, 5)]));
}

const strategies = ["sequential", "async", "workers"];

export const inputs: Inputs = {
  interleave: [
    interleaved((random) => [[random.word()], random.whole(2, 5)]),
    interleaved((random) => [
      random.list(2, 4, () => random.word()),
      random.whole(2, 5),
    ]),
    interleaved((random) => [[random.word(), random.word()], 1]),
    interleaved((random) => [[random.word(), random.word()], 0]),
    interleaved((random) => [["same", "same"], random.whole(1, 3)]),
  ],
  runTasks: [
    ...strategies.map((strategy) => multiplied(strategy, 1)),
    ...strategies.map((strategy) => multiplied(strategy, 3)),
    traced("sequential"),
    traced("async"),
    meeting,
    ...strategies.map(failing),
    (lesson) =>
      callOf(lesson, "runTasks", ["async", new Shown("f", () => 1), []]),
  ],
  complete: [
    (lesson) => callOf(lesson, "complete", [{}]),
    (lesson, random) => callOf(lesson, "complete", [stepsOf(random, 1)]),
    (lesson, random) => callOf(lesson, "complete", [stepsOf(random, 3)]),
    (lesson, random) => callOf(lesson, "complete", [stepsOf(random, 5)]),
  ],
};
