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
import { code, count, curve, duration, lesson, say } from "../lib/lesson.ts";
import { measure, section, show, speedup, timeline } from "../lib/lesson.ts";

lesson(import.meta, async ({ tasks, large, small, workers, runs }) => {
  // A sequential program computes one thing after another, on one processor. A
  // parallel program divides its work into independent tasks, and several
  // processors compute them at the same time. The results are the same. Are
  // they there sooner?
  //
  // The task only computes: it adds up the squares of 0, 1, 2 and so on below
  // n. (`0n` is a bigint, a whole number of any size, as an int in Python.
  // `let` makes a variable that can change.)
  code(sumOfSquares);
  show(() => sumOfSquares(4)); // 14n
  show(() => sumOfSquares(4_000_000)); // 21333325333334000000n

  section("Which way is faster?");
  say(
    `These are the times of all ${tasks} tasks together, large with n = ` +
      `${count(large)}, small with n = ${count(small)}: sequentially, ` +
      `on this thread, and in parallel, on a pool of ${workers} workers.`,
  );
  // A pool starts workers, gives each the next task as soon as it is free, and
  // collects the results in order. × means times as fast.
  const measured = await measure(
    compareAll(runs, { large, small }, tasks, workers),
    rowOf,
  );
  say(describeGain(measured, Math.min(workers, navigator.hardwareConcurrency)));

  // Where processors are free, large tasks gain: parallelism takes less time,
  // or solves larger problems in the same time. On a busy machine, other
  // programs take their share, and the gain is less. Small tasks lose: starting
  // a worker and sending it a task take longer than the task. How large must n
  // be for a gain? Try --large 100000.

  section("Which worker ran which large task, and when");
  // Each line is a worker, and time runs to the right. A number is where that
  // task begins, the bar shows how long it ran, and dots are time without a
  // task. Bars above each other ran at the same time; where these are more than
  // the processors, they take turns.
  const spans: TaskRun[] = [];
  const start = performance.now();
  await runParallel(tasks, large, workers, (span) => spans.push(span));
  timeline(spans, start);

  section("How much more workers gain");
  // The large tasks once more, on pools of 1 worker, 2, 4 and so on. Ideal is the
  // smaller number of workers and processors. What runs on one processor alone
  // keeps the gain below that.
  curve(await gainsOf(tasks, large, workers));

  section("The tasks and their results");
  // Sequential: Array.from calls the task `tasks` times, and lists the results.
  code(runSequential);
  const loop = await runSequential(tasks, small);
  say(
    `This is the elapsed time of the ${tasks} small tasks, and the ${tasks} ` +
      "results. With n = 2, each is 0² + 1² = 1.",
  );
  show(() => duration(loop.elapsed)); // ≈ "19 µs"
  show(() => loop.results.join(" ")); // "1 1 1 1 1 1 1 1"

  // Parallel: map() has the workers of a pool call the task with each item of a
  // list. (fill(n) makes a list of n, n and so on; `using` stops the workers.)
  code(runParallel);
  const pool = await runParallel(tasks, small, workers);
  show(() => pool.results.join(" ")); // "1 1 1 1 1 1 1 1"

  // Parallelism has a price: the program is more complex, a task that depends
  // on another one has to wait for its result, and workers take time to start.
}, {
  options: {
    tasks: { default: 8, help: "how many tasks", min: 1, max: 1000 },
    large: { default: 4_000_000, help: "n of a large task", max: 40_000_000 },
    small: { default: 2, help: "n of a small task", max: 40_000_000 },
    workers: { default: 4, help: "how many workers", min: 1, max: 100 },
    runs: { default: 4, help: "how often to measure", min: 1, max: 100 },
  },
  readOn: { "Amdahl's law": "https://en.wikipedia.org/wiki/Amdahl's_law" },
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

/** Both ways beside each other, in milliseconds; whether results are the same. */
export async function compare(tasks: number, n: number, workers: number) {
  const one = await runSequential(tasks, n);
  const many = await runParallel(tasks, n, workers);
  const same = String(one.results) === String(many.results);
  const [sequential, parallel] = [one.elapsed, many.elapsed];
  return { sequential, parallel, gain: sequential / parallel, same };
}

/** How many times as fast 1 worker is, 2, 4 and so on, as one after another. */
async function gainsOf(tasks: number, n: number, most: number) {
  const one = await runSequential(tasks, n);
  const gains = [];
  for (let count = 1; count < 2 * most; count *= 2) {
    const workers = Math.min(count, most);
    const many = await runParallel(tasks, n, workers);
    gains.push({ workers, gain: one.elapsed / many.elapsed });
  }
  return gains;
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
function rowOf({ run, task, sequential, parallel, same }: Measured) {
  return {
    ...{ run, task, sequential: duration(sequential) },
    ...{ parallel: duration(parallel), results: same ? "same" : "differ" },
    gain: speedup(sequential, parallel),
  };
}

/** What the gains of the large tasks mean on a machine. */
export function describeGain(
  measured: readonly { task: string; gain: number }[],
  most: number,
): string {
  const large = measured.filter(({ task }) => task === "large");
  const gain = large.reduce((sum, { gain }) => sum + gain, 0) / large.length;
  const found = `In parallel, large tasks were ${gain.toFixed(2)} × as fast.`;
  if (gain >= Math.max(1.2, most / 2)) return found;
  const why = most === 1
    ? "One processor, or one worker, runs one task at a time."
    : `At most ${most} × is possible: other programs keep processors busy, or ` +
      "n is too small.";
  return `${found} ${why} Recorded with little else running (2 processors, ` +
    "Linux, Deno 2.9.6): large tasks 2.05 ×, small tasks 3 400 × slower.";
}
