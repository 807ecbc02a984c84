/**
 * Lesson 8: Waiting or computing
 *
 * Which way to run suits which kind of task, and what Python's GIL has to do
 * with it. You will see tasks that wait and tasks that compute, in three ways.
 *
 * @run deno run lessons/08_waiting_or_computing.ts
 * @test deno test tests/08_waiting_or_computing_test.ts
 */
import { Pool } from "../mod.ts";
import { bars, code, count, duration, lesson } from "../lib/lesson.ts";
import { say, section, show, table } from "../lib/lesson.ts";

lesson(import.meta, async ({ ms, n }) => {
  // Four tasks run in three ways: "sequential", one after another on this
  // thread; "async", all begun on this thread; "workers", each in a worker.

  section("Tasks that wait");
  say(`First, each task waits for ${duration(ms)}.`);
  // A task is I/O-bound when it spends most of its time waiting for input or
  // output (I/O): files, a network. Here a timer takes their place: when it is
  // over, it calls resolve(), which gives the promise its value.
  code(wait);
  const waiting = await timesOf((way) => runIoBound(way, ms));
  bars(waiting, duration);
  say(describeWaiting(waiting));

  section("Tasks that compute");
  say(`Now each task counts the prime numbers below ${count(n)}.`);
  // A number i is prime if no number d, from 2 to the square root of i, divides
  // it. (`%` is the remainder, and `!==` is Python's !=.)
  code(countPrimes);
  const computing = await timesOf((way) => runCpuBound(way, n));
  bars(computing, duration);
  say(describeComputing(computing, navigator.hardwareConcurrency));

  // A task is CPU-bound when it spends most of its time computing. (CPU means
  // central processing unit, the processor.)

  section("One piece of code at a time");
  // Why does async not help? This timer is due at once, but main computes for
  // 20 ms. then() says what to do when the time is over. Which comes first?
  code(blockTimer);
  await show(() => blockTimer()); // [ "computation", "timer" ]

  // Main is one agent, and each worker is another one. (V8, the part of Deno
  // that runs JavaScript, says isolate.) An agent has its own memory, and runs
  // one piece of code at a time. So a computation blocks everything else in its
  // agent, here the timer. A worker blocks only itself.

  section("Python does this differently");
  // In CPython, the usual Python, the threads of a process share its memory,
  // and one lock lets only one of them at a time run Python code: the Global
  // Interpreter Lock (GIL). So they are concurrent, but do not run Python code
  // in parallel. Any thread can be interrupted anywhere, and another one goes on
  // in the same memory: in an agent, none does. One that waits lets others run.
  //
  // A process normally has one GIL, and there is none across processes: each
  // has its own interpreter (what runs Python code) and its own GIL. So
  // processes compute in parallel, as workers do here. (Since Python 3.12,
  // interpreters in one process can have a GIL each; since 3.13, some builds
  // have none.)
  //
  // So multithreading (several threads) suits tasks that wait, as async does
  // here; multiprocessing (several processes) suits tasks that compute.

  section("What to choose");
  // async is for tasks that wait. Python has it too, as asyncio. Workers are
  // for large tasks that compute: a tiny one ends before a worker has started.
  table(choices.map(([task, python, why]) => (
    { task, here: chooseStrategy(task), "in Python": python, why }
  )));
}, {
  options: {
    ms: { default: 100, help: "how long a task waits, in milliseconds" },
    n: { default: 1_500_000, help: "below which number to count primes" },
  },
  readOn: {
    "Python with and without the GIL":
      "https://docs.python.org/3/howto/free-threading-python.html",
  },
});

/** How tasks are run. */
export type Strategy = "sequential" | "async" | "workers";
/** What tasks consist of: waiting, computing, or next to nothing. */
export type Kind = "io-bound" | "cpu-bound" | "tiny";
/** How long it took, in milliseconds, and what the tasks returned. */
export type Run = { elapsed: number; results: number[] };
/** How long each way took, in milliseconds. */
export type Times = Record<Strategy, number>;

/** Waits, as for a disk or a network; gives how long, in milliseconds. */
export function wait(ms: number): Promise<number> {
  // #region solution: return a promise that resolves to ms when a timer of ms is over
  return new Promise((resolve) => setTimeout(() => resolve(ms), ms));
  // #endregion solution
}

/** Counts the prime numbers below `n`: nothing but computing. */
export function countPrimes(n: number): number {
  // #region solution: count the numbers from 2 on that no smaller one from 2 on divides; it is enough to try those whose square is not larger
  let count = 0;
  for (let i = 2; i < n; i++) {
    let isPrime = true;
    for (let d = 2; d * d <= i && isPrime; d++) isPrime = i % d !== 0;
    if (isPrime) count += 1;
  }
  return count;
  // #endregion solution
}

/** Four tasks that wait. */
export function runIoBound(strategy: Strategy, ms = 100): Promise<Run> {
  return runFour(strategy, wait, ms);
}

/** Four tasks that compute. */
export function runCpuBound(strategy: Strategy, n = 1_500_000): Promise<Run> {
  return runFour(strategy, countPrimes, n);
}

/** Runs a task four times. */
async function runFour(
  way: Strategy,
  task: (input: number) => number | Promise<number>,
  input: number,
): Promise<Run> {
  using pool = new Pool({ workers: 4 }); // starts none before it is used
  const start = performance.now();
  const calls = [];
  for (let i = 0; i < 4; i++) {
    calls.push(way === "workers" ? pool.apply(task, [input]) : task(input));
    if (way === "sequential") await calls[i];
  }
  const results = await Promise.all(calls);
  return { elapsed: performance.now() - start, results };
}

/** Times each way to run tasks. */
export async function timesOf(run: (way: Strategy) => Promise<Run>) {
  const times: Times = { sequential: 0, async: 0, workers: 0 };
  for (const way of ["sequential", "async", "workers"] as const) {
    times[way] = (await run(way)).elapsed;
  }
  return times;
}

/** What happens to a timer that is due while this thread computes. */
export async function blockTimer(): Promise<string[]> {
  const trace: string[] = [];
  const timer = wait(0).then(() => trace.push("timer"));
  const start = performance.now();
  while (performance.now() - start < 20) countPrimes(100);
  trace.push("computation");
  await timer;
  return trace;
}

/** What a machine with little else to do has shown. */
const recorded = "Recorded with little else running (2 processors, Linux, " +
  "Deno 2.9.6): sequential 877 ms, async 827 ms, workers 497 ms.";

/** What the times of waiting tasks mean. */
export function describeWaiting(times: Times): string {
  const gain = (times.sequential / times.async).toFixed(1);
  if (Number(gain) < 1.5) return "Async gained little: the wait was too short.";
  return `Async was ${gain} times as fast as sequential: all tasks wait at the ` +
    "same time, on one thread. Workers wait at the same time too, but they " +
    `have to start first: they took ${duration(times.workers)}.`;
}

/** What the times of computing tasks mean. */
export function describeComputing(times: Times, cores: number): string {
  const gain = (times.sequential / times.workers).toFixed(1);
  const found = "Async gains nothing: one thread has as much to compute. " +
    `(No two runs take the same time.) Workers were ${gain} times as fast as sequential`;
  if (Number(gain) >= Math.max(1.2, Math.min(4, cores) / 2)) {
    return `${found}: they compute in parallel, on ${cores} processors.`;
  }
  const why = cores === 1
    ? "This machine has one processor."
    : "The processors were busy, or the tasks too small to make up for the start.";
  return `${found}. ${why} ${recorded}`;
}

/** What to choose in Python, and why. */
const choices = [
  ["io-bound", "asyncio, threads", "all wait at the same time"],
  ["cpu-bound", "processes", "they compute in parallel"],
  ["tiny", "a loop", "a worker's start takes longer"],
] as const;

/** Which strategy suits a kind of task. */
export function chooseStrategy(kind: Kind): Strategy {
  // #region solution: return the strategy for tasks that wait ("io-bound"), that compute ("cpu-bound"), and that do next to nothing ("tiny")
  if (kind === "tiny") return "sequential";
  return kind === "io-bound" ? "async" : "workers";
  // #endregion solution
}
