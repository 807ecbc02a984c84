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
import { measure, timeline } from "../lib/lesson.ts";

lesson(import.meta, async ({ tasks, large, small, workers, runs }) => {
  // A sequential program computes one thing after another, on one processor. A
  // parallel program divides its work into independent tasks, and several
  // processors compute them at the same time. The results are the same, and
  // if the tasks are large, they are there sooner.
  //
  // Parallelism has two advantages: it takes less time, and in the same time it
  // solves larger problems than one processor can. It has a price: the program
  // becomes more complex, a task that depends on another task has to wait for
  // its result, and workers take time to start.

  section("One task");
  // The task of this lesson only computes: it adds up the squares of 0, 1, 2
  // and so on below n. `0n` is a bigint, a whole number that stays exact
  // however large it becomes.
  code(sumOfSquares);
  show(() => sumOfSquares(2)); // 1n
  show(() => sumOfSquares(4)); // 14n
  show(() => sumOfSquares(4_000_000)); // 21333325333334000000n

  section("Many tasks");
  say(
    `This lesson runs ${tasks} tasks on ${workers} workers. There are large ` +
      `tasks (n = ${count(large)}) and small ones (n = ${count(small)}). ` +
      `This machine has ${processors}.`,
  );
  // The tasks can run in a loop on this thread, the main thread: that is
  // sequential. Or they run in parallel, on a pool: it starts workers, gives
  // each of them the next task as soon as it is free, and collects the results
  // in order. `await` waits for them, `using` stops the workers at the end.
  // Array.from calls the task as often as `tasks` says; fill(n) makes a list of
  // inputs, an n for each task. onTask is called with what a worker has run.
  code(runSequential);
  code(runParallel);

  // Both return the time that they took and the results of the tasks.
  const loop = await runSequential(tasks, small);
  const pool = await runParallel(tasks, small, workers);
  show(() => loop.results.join(", ")); // "1, 1, 1, 1, 1, 1, 1, 1"
  show(() => pool.results.join(", ")); // "1, 1, 1, 1, 1, 1, 1, 1"

  section("Which way is faster?");
  // Each run measures large and small tasks in three ways: sequential;
  // parallel, on a new pool, whose start counts; and on a started pool, whose
  // workers run already. The gain says how many times as fast the parallel way
  // was as the sequential way. The same run never takes the same time twice,
  // because other programs use the processors too.
  const measured = await measure(
    compareAll(runs, { large, small }, tasks, workers),
    rowOf,
  );
  say(describeGain(measured, cores));

  // A large task computes much longer than a worker takes to start. So large
  // tasks gain, if several processors are free. Small tasks lose time on a
  // pool: a new worker takes milliseconds to start, and also a started one
  // needs time to receive a task and to send its result back. The small task
  // itself takes less than that.

  section("Which worker ran which large task, and when");
  // Here is one more run of the large tasks. Each line is a worker, and time
  // runs from left to right, from the start of the pool to the end of the last
  // task. A number is where the task with that number begins, the bar behind it
  // shows how long the task ran, and dots are time without a task: at the left
  // the worker is still starting. Bars above each other were under way at the
  // same time. Where there are more of them than processors, they take turns.
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

/** Measures each size in each run. */
async function* compareAll(
  runs: number,
  sizes: Record<string, number>,
  tasks: number,
  workers: number,
) {
  for (let run = 1; run <= runs; run++) {
    for (const [task, n] of Object.entries(sizes)) {
      const times = await compare(tasks, n, workers);
      const started = await runStarted(tasks, n, workers);
      yield { run, task, ...times, started };
    }
  }
}

type Measured = Awaited<ReturnType<typeof compare>> & {
  run: number;
  task: string;
  started: number;
};

/** The row of the table for what was measured. */
function rowOf({ run, task, sequential, parallel, started }: Measured) {
  return {
    ...{ run, task, sequential: duration(sequential) },
    ...{ parallel: duration(parallel), started: duration(started) },
    gain: speedup(sequential, parallel),
  };
}

/** The middle of the gains: a single measurement says little. */
function medianGain(tries: readonly { gain: number }[]): number {
  const gains = tries.map(({ gain }) => gain).sort((a, b) => a - b);
  const [low, high] = [gains.length - 1, gains.length].map((i) =>
    gains[i >> 1]
  );
  return ((low ?? NaN) + (high ?? NaN)) / 2;
}

/** What the gains of the large tasks mean on a machine. */
export function describeGain(
  measured: readonly { task: string; gain: number }[],
  cores: number,
): string {
  const gain = medianGain(measured.filter(({ task }) => task === "large"));
  const found = `The large tasks had a gain of ${
    gain.toFixed(2)
  } ×, the median of all runs.`;
  if (gain < 1.2) return `${found} ${whyNoGain(cores)}`;
  return `${found} The most that is possible is ${cores} ×, the number of ` +
    "processors: more workers than processors take turns.";
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
  compareOnce: typeof compare = compare,
): Promise<{ n: number; time: number } | null> {
  for (let n = 8000; n < largest; n *= 2) {
    const tries = [];
    for (let i = 0; i < 3; i++) {
      tries.push(await compareOnce(tasks, n, workers));
    }
    const times = tries.map(({ sequential }) => sequential / tasks);
    if (medianGain(tries) > 1) return { n, time: Math.min(...times) };
  }
  return null;
}
