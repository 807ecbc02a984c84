/**
 * Lesson 6: Concurrency
 *
 * Tasks are concurrent when they make progress in the same stretch of time, and
 * parallel when they run at the same moment: parallel is always concurrent, not
 * the other way round. Which one helps depends on what the work is.
 *
 * @run deno run lessons/06_concurrency.ts
 * @test deno test tests/06_concurrency_test.ts
 *
 * @hint chooseStrategy Ask what the processor does meanwhile: nothing, or everything.
 * @hint chooseStrategy There is one strategy for waiting, one for computing, one for what is over at once.
 * @hint chooseStrategy "io-bound" is waiting: one thread can wait for many things at once.
 * @hint interleave Each task notes its name, lets the others go on, and so on.
 * @hint interleave `await` is where a task lets the others go on.
 * @hint interleave for (let i = 1; …) { trace.push(`${…}${…}`); await …; }
 * @hint runTasks One after another awaits in the loop; at the same time awaits all together.
 * @hint runTasks Promise.all waits for many promises; pool.map runs a function on workers.
 * @hint runTasks For "async": results = await Promise.all(…); for the others: a loop with await, and a pool.
 */
import { Pool } from "../mod.ts";
import { bars, duration, flags, section, show, title } from "../lib/lesson.ts";

/** How tasks are run. */
export type Strategy = "sequential" | "async" | "workers";
/** What work consists of: waiting, computing, or next to nothing. */
export type Kind = "io-bound" | "cpu-bound" | "tiny";
/** How long it took, in milliseconds, and what came out. */
export type Run = { elapsed: number; results: number[] };

/** Waits, as for a disk or a network, and gives the time waited for, in ms. */
function wait(ms: number): Promise<number> {
  return new Promise((resolve) => setTimeout(resolve, ms, ms));
}

/** Counts the prime numbers below `n`: nothing but computing. */
function countPrimes(n: number): number {
  let count = 0;
  for (let i = 2; i < n; i++) {
    let isPrime = true;
    for (let d = 2; d * d <= i && isPrime; d++) isPrime = i % d !== 0;
    if (isPrime) count += 1;
  }
  return count;
}

/** Which strategy suits a kind of work. */
export function chooseStrategy(kind: Kind): Strategy {
  // #region solution: the strategy for waiting, for computing, for very little
  if (kind === "tiny") return "sequential";
  return kind === "io-bound" ? "async" : "workers";
  // #endregion solution
}

/** Runs tasks on this thread, step by step; gives the order of the steps. */
export async function interleave(
  names: readonly string[],
  steps: number,
): Promise<string[]> {
  const trace: string[] = [];
  const task = async (name: string) => {
    // #region solution: note each step, and let the others go on after it
    for (let i = 1; i <= steps; i++) {
      trace.push(`${name}${i}`);
      await Promise.resolve();
    }
    // #endregion solution
  };
  await Promise.all(names.map(task));
  return trace;
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

/** Runs a task with each input; gives the results, and how long it took. */
export async function runTasks(
  strategy: Strategy,
  task: (input: number) => number | Promise<number>,
  inputs: readonly number[],
): Promise<Run> {
  const start = performance.now();
  let results: number[] = [];
  // #region solution: one after another, all at once here, or on workers
  switch (strategy) {
    case "sequential":
      for (const input of inputs) results.push(await task(input));
      break;
    case "async":
      results = await Promise.all(inputs.map(task));
      break;
    case "workers": {
      using pool = new Pool({ workers: inputs.length });
      results = await pool.map(task, inputs, { chunkSize: 1 });
    }
  }
  // #endregion solution
  return { elapsed: performance.now() - start, results };
}

/** Work that is waiting: four times 100 ms. */
export async function runIoBound(strategy: Strategy): Promise<Run> {
  return await runTasks(strategy, wait, [100, 100, 100, 100]);
}

/** Work that is computing: four times the primes below 1 000 000. */
export async function runCpuBound(strategy: Strategy): Promise<Run> {
  return await runTasks(strategy, countPrimes, Array(4).fill(1_000_000));
}

if (import.meta.main) {
  flags(import.meta);
  title("Concurrency");

  // One thread can have several tasks under way: while one waits, another goes
  // on. Their steps interleave. With real waiting their order may change from
  // run to run; what they come to may not.
  await show(() => interleave(["a", "b"], 3)); // [ "a1", "b1", "a2", "b2", "a3", "b3" ]

  // That is concurrent, and not parallel: at each moment one piece of code runs.
  // While it computes, nothing else can, not even a timer that is due.
  await show(() => blockTimer()); // [ "computation", "timer" ]

  // Python has a lock for that, the Global Interpreter Lock: of the threads of a
  // process, one at a time runs Python code; each process has a lock of its own.
  // JavaScript needs none: a worker has a heap and a turn of its own.

  section("Waiting: four times 100 ms");

  // One thread can wait for all at once. Workers have to be started first.
  const chart = async (run: (strategy: Strategy) => Promise<Run>) => {
    const { elapsed: sequential } = await run("sequential");
    const { elapsed: async } = await run("async");
    const { elapsed: workers } = await run("workers");
    bars({ sequential, async, workers }, duration);
  };
  await chart(runIoBound);

  section("Computing: four times the primes below 1 000 000");

  // Async changes nothing here: the one thread has just as much to compute. Only
  // more threads, on more processors, get it done sooner.
  await chart(runCpuBound);

  section("What to choose");

  // Waiting calls for async, computing for workers. Very little of either is
  // done before a worker has even started.
  show(() => chooseStrategy("io-bound")); // "async"
  show(() => chooseStrategy("cpu-bound")); // "workers"
  show(() => chooseStrategy("tiny")); // "sequential"
}
