/**
 * Lesson 3: Sequential and parallel
 *
 * When workers make a program faster, when slower, and why. You will see eight
 * tasks measured one after another and on four workers, and who ran which.
 *
 * @run deno run lessons/03_pool.ts
 * @test deno test tests/03_pool_test.ts
 */
import { Pool, type TaskRun } from "../mod.ts";
import { code, count, duration, lesson, measure } from "../lib/lesson.ts";
import { say, section, show, speedup, timeline } from "../lib/lesson.ts";

lesson(import.meta, async ({ tasks, large, small, workers, runs }) => {
  // A sequential program computes one thing after another, on one processor. A
  // parallel program divides its work into independent tasks, and several
  // processors compute them at the same time. The results are the same. Are
  // they there sooner?
  //
  // The task only computes: it adds up the squares of 0, 1, 2 and so on below
  // n. (`0n` is a bigint, a whole number of any size, as an int in Python. `let`
  // makes a variable that can change, and `i++` adds 1 to it.)
  code(sumOfSquares);
  show(() => sumOfSquares(4)); // 14n
  show(() => sumOfSquares(4_000_000)); // 21333325333334000000n

  section("Which way is faster?");
  say(
    `The times are those of all ${tasks} tasks together: large tasks with n = ` +
      `${count(large)}, small ones with n = ${count(small)}. They run ` +
      `sequentially, on this thread, and in parallel, on a pool of ${workers} ` +
      "workers.",
  );
  // A pool starts workers, gives each the next task as soon as it is free, and
  // collects the results in order. "parallel" is on a new pool, "started" on
  // one whose workers run already. The gain says how many times as fast the new
  // pool was as sequential.
  const measured = await measure(
    compareAll(runs, { large, small }, tasks, workers),
    rowOf,
  );
  say(describeGain(measured, workers, navigator.hardwareConcurrency));

  // Large tasks gain, if several processors are free. Small tasks lose: a new
  // worker takes milliseconds to start, and even a running worker needs time to
  // get a task and to send its result back. A small task takes less than that.
  //
  // No two runs take exactly the same time: other programs use the processors
  // too. From which n on do tasks gain? Put --large 100000 behind the command.

  section("Which worker ran which large task, and when");
  // Each line is a worker of a new pool, and time runs to the right. A number
  // is where that task begins, the bar shows how long it ran, and dots are time
  // without a task: at the left, the worker is still starting. Bars above each
  // other ran at the same time; where there are more than processors, they take
  // turns.
  const spans: TaskRun[] = [];
  const start = performance.now();
  await runParallel(tasks, large, workers, (span) => spans.push(span));
  timeline(spans, start);

  section("The code");
  // Sequential: Array.from calls the task as often as `tasks` says. Parallel:
  // map() has the workers of a pool call it, with each item of a list. (fill(n)
  // makes a list of n, n and so on; `using` stops the workers at the end.) Both
  // return the time that all tasks took, and the result of each.
  code(runSequential);
  code(runParallel);
  const loop = await runSequential(tasks, small);
  show(() => loop.results.join(" ")); // "1 1 1 1 1 1 1 1"
  const pool = await runParallel(tasks, small, workers);
  show(() => pool.results.join(" ")); // "1 1 1 1 1 1 1 1"

  // So parallelism takes less time, and in the same time it solves larger
  // problems. It has a price: the program becomes more complex, a task that
  // depends on another one has to wait for its result, and workers take time to
  // start.
}, {
  options: {
    tasks: { default: 8, help: "how many tasks", min: 1, max: 1000 },
    large: { default: 4_000_000, help: "n of a large task", max: 40_000_000 },
    small: { default: 2, help: "n of a small task", max: 40_000_000 },
    workers: { default: 4, help: "how many workers", min: 1, max: 100 },
    runs: { default: 4, help: "how often to measure", min: 1, max: 100 },
  },
  readOn: {
    "Amdahl's law": "https://en.wikipedia.org/wiki/Amdahl's_law",
  },
});

/** How long all tasks took, in milliseconds, and their results. */
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

/** All ways beside each other, in milliseconds. */
export async function compare(tasks: number, n: number, workers: number) {
  const sequential = (await runSequential(tasks, n)).elapsed;
  const parallel = (await runParallel(tasks, n, workers)).elapsed;
  using pool = new Pool({ workers });
  await pool.map(sumOfSquares, Array(workers).fill(10_000)); // starts them
  const start = performance.now();
  await pool.map(sumOfSquares, Array(tasks).fill(n));
  const started = performance.now() - start;
  return { sequential, parallel, started, gain: sequential / parallel };
}

type Times = Awaited<ReturnType<typeof compare>>;
type Measured = Times & { run: number; task: string };

/** Measures each size in each run. */
async function* compareAll(
  runs: number,
  sizes: Record<string, number>,
  tasks: number,
  workers: number,
): AsyncGenerator<Measured> {
  for (let run = 1; run <= runs; run++) {
    for (const [task, n] of Object.entries(sizes)) {
      yield { run, task, ...await compare(tasks, n, workers) };
    }
  }
}

/** The row of the table for what was measured. */
function rowOf({ run, task, sequential, parallel, started }: Measured) {
  const [one, many, ready] = [sequential, parallel, started].map(duration);
  const gain = speedup(sequential, parallel);
  return {
    run,
    task,
    sequential: one!,
    parallel: many!,
    started: ready!,
    gain,
  };
}

/** What a machine that did nothing else has shown. */
const recorded = "Recorded on a quiet machine (2 processors, Linux, Deno " +
  "2.9.6): large tasks 1.81 ×, small tasks 1 700 × slower.";

/** What the gains of the large tasks mean on a machine. */
export function describeGain(
  measured: readonly { task: string; gain: number }[],
  workers: number,
  cores: number,
): string {
  const large = measured.filter(({ task }) => task === "large");
  const gain = large.reduce((sum, { gain }) => sum + gain, 0) / large.length;
  const most = Math.min(workers, cores);
  const found = `The large tasks gained ${gain.toFixed(2)} × on average.`;
  if (gain >= Math.max(1.2, most / 2)) {
    return `${found} The most that is possible is ${most} ×, the smaller one ` +
      `of ${workers} workers and ${cores} processors.`;
  }
  const why = most === 1
    ? "One processor, or one worker, runs one task at a time."
    : `${most} × is possible; but other programs keep the processors busy, or ` +
      "the tasks are too small.";
  return `${found} ${why} ${recorded}`;
}
