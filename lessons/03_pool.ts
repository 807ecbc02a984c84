/**
 * Lesson 3: Sequential and parallel
 *
 * When workers make a program faster, when they make it slower, and why. You
 * will see the same eight tasks measured one after another and on four workers,
 * which worker ran which task, and how large a task must be on your machine.
 *
 * @run deno run lessons/03_pool.ts
 * @test deno test tests/03_pool_test.ts
 */
import { Pool, type TaskRun } from "../mod.ts";
import { code, lesson, say, section, show } from "../lib/lesson.ts";
import { count, duration, speedup } from "../lib/lesson.ts";
import { table, timeline } from "../lib/lesson.ts";

lesson(import.meta, async ({ tasks, large, small, workers, runs }) => {
  // A sequential program computes one thing after another, on one processor. A
  // parallel program divides its work into independent tasks, and several
  // processors compute them at the same time. The results are the same, and
  // they are there sooner.
  //
  // Parallelism has two advantages: it takes less time, and it solves larger
  // problems than one processor can. It has a price: the program becomes more
  // complex, a task that depends on another task has to wait for its result,
  // and workers take time to start.

  section("One task");
  // The task of this lesson only computes: it adds up the squares of 0, 1, 2 and
  // so on below n. `0n` is a bigint, a whole number that stays exact however
  // large it becomes.
  code(sumOfSquares);
  show(() => sumOfSquares(2)); // 1n
  show(() => sumOfSquares(4)); // 14n
  show(() => sumOfSquares(4_000_000)); // 21333325333334000000n

  section("Many tasks");
  // Eight tasks can run in a loop on this thread, the main thread: that is
  // sequential. Or they run in parallel, on a pool: it starts workers, gives
  // each of them the next task as soon as it is free, and collects the results
  // in order. `await` waits for them, `using` stops the workers at the end.
  // Array.from calls the task as often as `tasks` says; fill(n) makes a list of
  // inputs, an n for each task.
  code(runSequential);
  code(runParallel);

  // Both return the time that they took and the results of the tasks.
  const loop = await runSequential(tasks, small);
  const pool = await runParallel(tasks, small, workers);
  show(() => loop.results.join(", ")); // "1, 1, 1, 1, 1, 1, 1, 1"
  show(() => pool.results.join(", ")); // "1, 1, 1, 1, 1, 1, 1, 1"

  section("Which way is faster?");
  // Each run measures large and small tasks in three ways: sequential; parallel,
  // on a new pool, whose start counts; and on a started pool, whose workers run
  // already. The gain says how many times as fast the parallel way was as the
  // sequential way.
  say(
    `There are ${tasks} tasks, ${workers} workers and ${processors}. A large ` +
      `task has n = ${count(large)}, a small task n = ${count(small)}.`,
  );
  const measured: Measured[] = [];
  await table(compareAll(measured, runs, { large, small }, tasks, workers));
  const ofLarge = measured.filter(({ task }) => task === "large");
  say(describeGain(ofLarge, cores));

  // Small tasks lose time on a pool. A new worker takes milliseconds to start,
  // and a started worker takes microseconds to receive a task and to send its
  // result back. A small task takes less than that.

  section("Which worker ran which large task, and when");
  // A pool can report what its workers do. Each line below is a worker, and time
  // runs from left to right, from the start of the pool to the end of the last
  // task. A number is where the task with that number begins, the bar behind it
  // shows how long the task ran, and dots are time without a task: at the left
  // the worker is still starting. Bars above each other ran at the same time.
  const spans: TaskRun[] = [];
  const onTask = (span: TaskRun) => spans.push(span);
  const start = performance.now();
  await runParallel(tasks, large, workers, onTask);
  timeline(spans, start);

  section("How large must a task be?");
  // Somewhere between the small task and the large one, a new pool begins to
  // gain. The search doubles n, and measures each n three times; the middle one
  // of the three gains counts.
  const worthwhile = await findWorthwhile(tasks, workers, large);
  say(
    worthwhile
      ? `From n = ${count(worthwhile.n)} on: a task of that size takes ` +
        `${duration(worthwhile.time)} here.`
      : `A new pool did not gain up to the large task. ${whyNoGain(cores)}`,
  );

  const machine = { processors: cores, system: Deno.build.os };
  const settings = { tasks, large, small, workers, versions: Deno.version };
  return { ...machine, ...settings, runs: measured, spans, worthwhile };
}, {
  options: {
    tasks: { default: 8, help: "how many tasks", min: 1, max: 1000 },
    large: { default: 4_000_000, help: "n of a large task", max: 40_000_000 },
    small: { default: 2, help: "n of a small task", max: 40_000_000 },
    workers: { default: 4, help: "how many workers", min: 1, max: 100 },
    runs: { default: 4, help: "how often to measure", min: 1, max: 100 },
    json: { default: false, help: "print one JSON document, nothing else" },
  },
  readOn: {
    "Web Workers": "https://developer.mozilla.org/docs/Web/API/Web_Workers_API",
    "How much parallelism can gain":
      "https://en.wikipedia.org/wiki/Amdahl's_law",
  },
});

/** How long the tasks took, in milliseconds, and their results. */
export type Run = { elapsed: number; results: bigint[] };

/** The task: 0² + 1² + … + (n-1)². */
export function sumOfSquares(n: number): bigint {
  // #region solution: add up the squares as bigints, which are exact beyond 2 ** 53 too
  let total = 0n;
  for (let i = 0n; i < n; i++) total += i * i;
  return total;
  // #endregion solution
}

/** Runs the task again and again on this thread. */
export function runSequential(
  tasks: number,
  n: number,
  task: (n: number) => bigint = sumOfSquares,
): Promise<Run> {
  // #region solution: time `tasks` calls of task(n), one after another
  const start = performance.now();
  const results = Array.from({ length: tasks }, () => task(n));
  const elapsed = performance.now() - start;
  return Promise.resolve({ elapsed, results });
  // #endregion solution
}

/** Runs the tasks on the workers of a new pool. */
export async function runParallel(
  tasks: number,
  n: number,
  workers: number,
  onTask: (run: TaskRun) => void = () => {},
  task: (n: number) => bigint = sumOfSquares,
): Promise<Run> {
  // #region solution: time a Pool with `workers` and `onTask` that maps the task over a list of n
  const start = performance.now();
  using pool = new Pool({ workers, onTask });
  const ns = Array<number>(tasks).fill(n);
  const results = await pool.map(task, ns);
  return { elapsed: performance.now() - start, results };
  // #endregion solution
}

const cores = navigator.hardwareConcurrency;
const processors = cores === 1 ? "one processor" : `${cores} processors`;

/** Times a pool whose workers run already, in milliseconds. */
export async function runStarted(tasks: number, n: number, workers: number) {
  using pool = new Pool({ workers });
  await pool.map(sumOfSquares, Array(workers).fill(10_000));
  const start = performance.now();
  await pool.map(sumOfSquares, Array(tasks).fill(n));
  return performance.now() - start;
}

/** Both ways beside each other. */
export async function compare(tasks: number, n: number, workers: number) {
  const sequential = (await runSequential(tasks, n)).elapsed;
  const parallel = (await runParallel(tasks, n, workers)).elapsed;
  return { n, sequential, parallel, gain: sequential / parallel };
}

type Measured = Awaited<ReturnType<typeof compare>> & { task: string };

/** Measures each size in each run; gives the rows of the table as it goes. */
async function* compareAll(
  measured: Measured[],
  runs: number,
  sizes: Record<string, number>,
  tasks: number,
  workers: number,
) {
  for (let run = 1; run <= runs; run++) {
    for (const [task, n] of Object.entries(sizes)) {
      const times = await compare(tasks, n, workers);
      const started = await runStarted(tasks, n, workers);
      measured.push({ task, ...times });
      const { sequential, parallel } = times;
      yield {
        ...{ run, task, sequential: duration(sequential) },
        ...{ parallel: duration(parallel), started: duration(started) },
        gain: speedup(sequential, parallel),
      };
    }
  }
}

/** The middle one of the gains: a single measurement says little. */
function middleGain(tries: readonly { gain: number }[]): number {
  const gains = tries.map(({ gain }) => gain).sort((a, b) => a - b);
  return gains[Math.floor(gains.length / 2)] ?? NaN;
}

/** What the gains of the large tasks mean on a machine. */
export function describeGain(
  tries: readonly { gain: number }[],
  cores: number,
): string {
  const gain = middleGain(tries);
  const found = `The gain of the large tasks was ${gain.toFixed(2)} × (the ` +
    `middle one of all runs).`;
  return gain < 1.2
    ? `${found} ${whyNoGain(cores)}`
    : `${found} The most that ` +
      `is possible is ${cores} ×, the number of processors: more workers than ` +
      "processors take turns.";
}

function whyNoGain(cores: number): string {
  return cores === 1
    ? "This machine has one processor, so the workers take turns on it."
    : `${cores} processors could give more: other programs keep them busy at ` +
      "the moment, or the tasks are too small.";
}

/** The first n, doubled from 8000 on, for which a new pool gains. */
export async function findWorthwhile(
  tasks: number,
  workers: number,
  largest: number,
  measure: typeof compare = compare,
): Promise<{ n: number; time: number } | null> {
  for (let n = 8000; n < largest; n *= 2) {
    const tries = [];
    for (let i = 0; i < 3; i++) tries.push(await measure(tasks, n, workers));
    const times = tries.map(({ sequential }) => sequential / tasks);
    if (middleGain(tries) > 1) return { n, time: Math.min(...times) };
  }
  return null;
}
