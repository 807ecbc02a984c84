import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  blockTimer,
  chooseStrategy,
  countPrimes,
  describeComputing,
  describeWaiting,
  runCpuBound,
  runIoBound,
  timesOf,
  wait,
} from "../lessons/08_waiting_or_computing.ts";
import { transcript } from "./helper.ts";

const strategies = ["sequential", "async", "workers"] as const;

Deno.test("chooseStrategy: waiting calls for async", () => {
  assertEquals(chooseStrategy("io-bound"), "async");
});

Deno.test("chooseStrategy: computing calls for workers", () => {
  assertEquals(chooseStrategy("cpu-bound"), "workers");
});

Deno.test("chooseStrategy: very little calls for neither", () => {
  assertEquals(chooseStrategy("tiny"), "sequential");
});

Deno.test("wait: gives the time, and not before it is over", async () => {
  const start = performance.now();
  assertEquals(await wait(20), 20);
  // A timer may come a fraction of a millisecond early.
  assert(performance.now() - start >= 18);
  assertEquals(await wait(0), 0);
});

Deno.test("wait: what is due sooner comes sooner, and the thread is free meanwhile", async () => {
  const trace: number[] = [];
  const note = (ms: number) => trace.push(ms);
  await Promise.all([wait(20).then(note), wait(1).then(note)]);
  assertEquals(trace, [1, 20]);
});

Deno.test("countPrimes: counts the primes below a number, without it", () => {
  assertEquals([0, 1, 2, 3, 4, 5, 6, 7].map(countPrimes), [
    ...[0, 0, 0, 1, 2, 2, 3, 3],
  ]);
  assertEquals([9, 10, 25, 26, 49, 50].map(countPrimes), [4, 4, 9, 9, 15, 15]);
  assertEquals(countPrimes(1000), 168);
  assertEquals(countPrimes(100_000), 9592);
});

Deno.test("given: a computation blocks its own thread: a timer that is due comes after it", async () => {
  assertEquals(await blockTimer(), ["computation", "timer"]);
});

Deno.test("given: four tasks return the same every way, and the time is that of all, in milliseconds", async () => {
  for (const strategy of strategies) {
    const start = performance.now();
    const { elapsed, results } = await runIoBound(strategy, 10);
    const around = performance.now() - start;
    assertEquals(results, [10, 10, 10, 10], strategy);
    const least = strategy === "sequential" ? 36 : 9;
    assert(elapsed >= least && elapsed <= around, `${elapsed} of ${around} ms`);
    const cpu = await runCpuBound(strategy, 1000);
    assertEquals(cpu.results, [168, 168, 168, 168], strategy);
  }
});

/** How many timers were running at the same moment, at most, while `fn` runs. */
async function mostTimers(fn: () => Promise<unknown>): Promise<number> {
  const setTimer = globalThis.setTimeout;
  let [running, most] = [0, 0];
  const counting = (call: () => void, ms: number) => {
    most = Math.max(most, ++running);
    return setTimer(() => {
      running -= 1;
      call();
    }, ms);
  };
  Object.assign(globalThis, { setTimeout: counting });
  try {
    await fn();
  } finally {
    Object.assign(globalThis, { setTimeout: setTimer });
  }
  return most;
}

Deno.test("given: async begins all tasks before it waits, sequential waits for each", async () => {
  assertEquals(await mostTimers(() => runIoBound("sequential", 1)), 1);
  assertEquals(await mostTimers(() => runIoBound("async", 1)), 4);
});

Deno.test("given: the times that are compared are those of each way", async () => {
  const elapsed = { sequential: 7, async: 5, workers: 3 };
  const asked: string[] = [];
  const times = await timesOf((way) => {
    asked.push(way);
    return Promise.resolve({ elapsed: elapsed[way], results: [] });
  });
  assertEquals([times, asked], [elapsed, Object.keys(elapsed)]);
});

Deno.test("given: what is said of waiting follows what was measured", () => {
  assertEquals(
    describeWaiting({ sequential: 400, async: 100, workers: 125 }),
    "Async was 4.0 times as fast as sequential: all tasks wait at the same " +
      "time, on one thread. Workers wait at the same time too, but they have " +
      "to start first: they took 125 ms.",
  );
  assertStringIncludes(
    describeWaiting({ sequential: 150, async: 100, workers: 100 }),
    "Async was 1.5 times as fast",
  );
  assertEquals(
    describeWaiting({ sequential: 140, async: 100, workers: 90 }),
    "Async gained little: the wait was too short.",
  );
});

Deno.test("given: what is said of computing follows what was measured, and the machine", () => {
  const said = (gain: number, cores: number) =>
    describeComputing(
      { sequential: gain * 100, async: 9, workers: 100 },
      cores,
    );
  const found = (gain: string) =>
    "Async gains nothing: one thread has as much to compute. (No two " +
    `runs take the same time.) Workers were ${gain} times as fast as sequential`;
  for (const [gain, cores] of [[2, 4], [1.2, 2], [2, 16]] as const) {
    assertEquals(
      said(gain, cores),
      `${found(gain.toFixed(1))}: they compute in parallel, on ${cores} ` +
        "processors.",
    );
  }
  const recorded = "Recorded with little else running (2 processors, Linux, " +
    "Deno 2.9.6): sequential 877 ms, async 827 ms, workers 497 ms.";
  for (const [gain, cores] of [[1.1, 2], [1.9, 4]] as const) {
    assertEquals(
      said(gain, cores),
      `${found(String(gain))}. The processors were busy, or the tasks too ` +
        `small to make up for the start. ${recorded}`,
    );
  }
  assertEquals(
    said(0.9, 1),
    `${found("0.9")}. This machine has one processor. ${recorded}`,
  );
});

/** Small values of the lesson's options, so that it is told quickly. */
const quick = { ms: 20, n: 2000 };
let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("08_waiting_or_computing", quick);

Deno.test("given: the lesson measures what waits and what computes", async () => {
  const text = await said();
  for (
    const part of [
      'Four tasks run in three ways: "sequential", one after another on this thread; "async", all begun on this thread; "workers", each in a worker.',
      "First, each task waits for 20.0 ms. A task is I/O-bound when it spends most of its time waiting for input or output (I/O): files, a network. Here a timer takes their place: when it is over, it calls resolve(), which gives the promise its value. function wait(ms) {",
      "Now each task counts the prime numbers below 2 000. A number i is prime if no number d, from 2 to the square root of i, divides it. (`%` is the remainder, and `!==` is Python's !=.) function countPrimes(n) {",
      "A task is CPU-bound when it spends most of its time computing. (CPU means central processing unit, the processor.)",
    ]
  ) assertStringIncludes(text, part);
  const time = String.raw`[█▏]+ \d[\d.]* (?:s|ms|µs)`;
  const bars = `sequential ${time} async ${time} workers ${time} Async `;
  assertEquals(text.match(new RegExp(bars, "g"))?.length, 2, text);
});

Deno.test("given: the lesson says what an agent is, and what Python's GIL is", async () => {
  const text = await said();
  for (
    const part of [
      "while (performance.now() - start < 20) countPrimes(100);",
      'blockTimer() → [ "computation", "timer" ] Main is one agent, and each worker is another one. (V8, the part of Deno that runs JavaScript, says isolate.) An agent has its own memory, and runs one piece of code at a time. So a computation blocks everything else in its agent, here the timer. A worker blocks only itself.',
      "In CPython, the usual Python, the threads of a process share its memory, and one lock lets only one of them at a time run Python code: the Global Interpreter Lock (GIL). So they are concurrent, but do not run Python code in parallel. Any thread can be interrupted anywhere, and another one goes on in the same memory: in an agent, none does.",
      "One that waits lets others run.",
      "A process normally has one GIL, and there is none across processes: each has its own interpreter (what runs Python code) and its own GIL. So processes compute in parallel, as workers do here.",
      "(Since Python 3.12, interpreters in one process can have a GIL each; since 3.13, some builds have none.)",
      "So multithreading (several threads) suits tasks that wait, as async does here; multiprocessing (several processes) suits tasks that compute.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what to choose, here and in Python", async () => {
  const text = await said();
  for (
    const part of [
      "async is for tasks that wait. Python has it too, as asyncio. Workers are for large tasks that compute: a tiny one ends before a worker has started.",
      "task here in Python why -",
      "- io-bound async asyncio, threads all wait at the same time cpu-bound workers processes they compute in parallel tiny sequential a loop a worker's start takes longer ",
    ]
  ) assertStringIncludes(text, part);
});
