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

/** Notes when a task begins and ends; the first has most to do. */
const traced = (strategy: string): Draw => (lesson, random) => {
  const names = random.list(2, 4, () => random.word());
  const trace: string[] = [];
  const task = async (name: string) => {
    trace.push(`${name} begins`);
    const place = names.indexOf(name);
    for (let i = names.length; i > place; i--) await null;
    trace.push(`${name} ends`);
    return place;
  };
  const args = [strategy, new Shown("trace", task), names];
  return callOf(lesson, "runTasks", args, (results: unknown) => ({
    results,
    trace,
  }));
};

/** Tasks in workers of which the first ends last. */
const inTurns: Draw = (lesson) => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const inputs = [2, 1, 0].map((own) => ({ own, turn }));
  const task = ({ own, turn }: { own: number; turn: Int32Array }) => {
    for (let now; (now = Atomics.load(turn, 0)) !== own;) {
      if (Atomics.wait(turn, 0, now, 8_000) === "timed-out") break;
    }
    // Main is to know of one before the next one ends.
    setTimeout(() => {
      Atomics.add(turn, 0, 1);
      Atomics.notify(turn, 0);
    }, 20);
    return own;
  };
  return callOf(lesson, "runTasks", [
    "workers",
    new Shown("tasks of which the first ends last", task),
    new Shown("[2, 1, 0]", inputs),
  ]);
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

/** One of some tasks fails. */
const failing = (strategy: string, ...inputs: number[]): Draw => (lesson) => {
  const task = (input: number) => {
    if (input < 0) throw new RangeError("this task fails");
    return input;
  };
  const text = "(x) => { if (x < 0) throw new RangeError(); return x; }";
  return callOf(lesson, "runTasks", [strategy, new Shown(text, task), inputs]);
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
      random.words(2, 4),
      random.whole(2, 5),
    ]),
    interleaved((random) => [random.words(2, 2), 1]),
    interleaved((random) => [random.words(2, 2), 0]),
    interleaved((random) => [["same", "same"], random.whole(1, 3)]),
  ],
  runTasks: [
    ...strategies.map((strategy) => multiplied(strategy, 1)),
    ...strategies.map((strategy) => multiplied(strategy, 3)),
    traced("sequential"),
    traced("async"),
    meeting,
    inTurns,
    ...strategies.flatMap((way) => [failing(way, -1), failing(way, 2, -1, 3)]),
    (lesson) =>
      callOf(lesson, "runTasks", ["async", new Shown("f", () => 1), []]),
  ],
  complete: [
    (lesson) => callOf(lesson, "complete", [{}]),
    (lesson, random) => callOf(lesson, "complete", [stepsOf(random, 1)]),
    (lesson, random) => callOf(lesson, "complete", [stepsOf(random, 3)]),
    (lesson, random) => callOf(lesson, "complete", [stepsOf(random, 5)]),
    (lesson, random) => {
      const [a = "", b = ""] = random.words(2, 2);
      const steps = { [a]: random.whole(4, 6), [b]: random.whole(0, 2) };
      return callOf(lesson, "complete", [steps]);
    },
  ],
};
