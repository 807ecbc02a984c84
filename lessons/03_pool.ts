/**
 * Lesson 3: Sequential and parallel
 *
 * The same tasks one after another and on several workers at once: when that is
 * faster, by how much, when it is slower, and how large a task must be before
 * it pays on the machine in front of you.
 *
 * @run deno run lessons/03_pool.ts
 * @test deno test tests/03_pool_test.ts
 *
 * @hint sumOfSquares The squares are added up; only the type of the sum is special.
 * @hint sumOfSquares A number is exact to 2 ** 53: add a few squares, then add BigInt(few) to a total that starts with 0n.
 * @hint sumOfSquares for (let i = 0; i < n; i += …) { add some squares up as a number, which is quick; then total += BigInt(…); }
 * @hint runSequential Call the function `tasks` times, and read the clock before and after.
 * @hint runSequential performance.now() is the clock; Array.from({ length: tasks }, …) calls and collects.
 * @hint runSequential const start = …; const results = Array.from({ length: … }, () => …); return { elapsed: … - start, results };
 * @hint runParallel A pool calls the function with each item of a list.
 * @hint runParallel pool.map(sumOfSquares, …) takes a list with n in it `tasks` times.
 * @hint runParallel using pool = new Pool({ … }); const results = await pool.map(…, Array(tasks).fill(n), { chunkSize: … });
 */
import { Pool, type TaskRun } from "../mod.ts";
import {
  duration,
  flags,
  section,
  table,
  timeline,
  title,
} from "../lib/lesson.ts";

/** How long the tasks took, in milliseconds, and what they gave. */
export interface Run {
  elapsed: number;
  results: bigint[];
}

/** The task: 0² + 1² + … + (n-1)², for n up to 40 000 000. */
export function sumOfSquares(n: number): bigint {
  // #region solution: add up the squares, exactly, also beyond 2 ** 53
  let total = 0n;
  // Adding bigints is slow. Four squares still fit a number.
  for (let i = 0; i < n; i += 4) {
    let four = 0;
    for (let k = i; k < Math.min(i + 4, n); k++) four += k * k;
    total += BigInt(four);
  }
  return total;
  // #endregion solution
}

/** Runs the tasks one after another, here. */
export function runSequential(tasks: number, n: number): Promise<Run> {
  // #region solution: time `tasks` calls of sumOfSquares(n)
  const start = performance.now();
  const results = Array.from({ length: tasks }, () => sumOfSquares(n));
  return Promise.resolve({ elapsed: performance.now() - start, results });
  // #endregion solution
}

/** Runs the tasks on workers; starting these counts, as it would in real use. */
export async function runParallel(
  tasks: number,
  n: number,
  workers: number,
  onTask: (run: TaskRun) => void = () => {},
): Promise<Run> {
  // #region solution: time a Pool that maps sumOfSquares over a list of n
  const start = performance.now();
  using pool = new Pool({ workers, onTask });
  const ns = Array<number>(tasks).fill(n);
  const results = await pool.map(sumOfSquares, ns, { chunkSize: 1 });
  return { elapsed: performance.now() - start, results };
  // #endregion solution
}

/** Both ways beside each other; the results have to be the same, and right. */
export async function compare(tasks: number, n: number, workers: number) {
  const sequential = await runSequential(tasks, n);
  const parallel = await runParallel(tasks, n, workers);
  const m = BigInt(n);
  const expected = (m - 1n) * m * (2n * m - 1n) / 6n;
  for (const result of [...sequential.results, ...parallel.results]) {
    if (result !== expected) throw new Error(`${result} is not ${expected}`);
  }
  return {
    sequential: sequential.elapsed,
    parallel: parallel.elapsed,
    ratio: sequential.elapsed / parallel.elapsed,
  };
}

/** The first n, doubled from 1000 on, for which the workers were faster. */
export async function findWorthwhile(tasks: number, workers: number) {
  for (let n = 1000; n <= 4_096_000; n *= 2) {
    if ((await compare(tasks, n, workers)).ratio > 1) return n;
  }
  return undefined;
}

if (import.meta.main) {
  const options = flags(import.meta, {
    tasks: { default: 8, help: "how many tasks", min: 1, max: 1000 },
    large: { default: 4_000_000, help: "n of a large task", max: 40_000_000 },
    small: { default: 2, help: "n of a small task", max: 40_000_000 },
    workers: { default: 4, help: "how many workers", min: 1, max: 100 },
    runs: { default: 4, help: "how often to measure", min: 1, max: 100 },
    json: { default: false, help: "print one JSON document, nothing else" },
  });
  const { tasks, large, small, workers } = options;
  const print = console.log;
  if (options.json) console.log = () => {};

  title("Sequential and parallel");
  const processors = navigator.hardwareConcurrency;
  console.log(`${tasks} tasks, ${workers} workers, ${processors} processors\n`);

  // Each run does the same work both ways. A large task is some milliseconds of
  // computing; a small one is over at once. Starting the workers counts.
  const runs = [];
  for (let run = 1; run <= options.runs; run++) {
    for (const [size, n] of Object.entries({ large, small })) {
      runs.push({ run, size, n, ...await compare(tasks, n, workers) });
    }
  }
  table(runs.map((row) => ({
    ...row,
    sequential: duration(row.sequential),
    parallel: duration(row.parallel),
    ratio: `${row.ratio.toPrecision(3)} ×`,
  })));

  // Where the time went, in one more run: a row is a worker, a number is where
  // a task begins. Tasks that stand one above the other ran at the same time.
  section("Which worker ran which large task, and when");
  const spans: TaskRun[] = [];
  await runParallel(tasks, large, workers, (span) => spans.push(span));
  timeline(spans);

  // So large tasks gain, up to the number of processors: more workers than that
  // take turns. Small tasks lose: starting a worker takes milliseconds, sending
  // a message microseconds, and both are more than the task itself. Somewhere
  // between the two, the workers begin to pay.
  section("How large must a task be?");
  const worthwhile = await findWorthwhile(tasks, workers);
  const { elapsed } = await runSequential(1, worthwhile ?? large);
  console.log(
    worthwhile === undefined
      ? `Workers did not pay here, not even for tasks of ${duration(elapsed)}.`
      : `From n = ${worthwhile} on: tasks of about ${duration(elapsed)}.`,
  );

  if (options.json) {
    print(JSON.stringify({ ...options, runs, spans, worthwhile }));
  }
}
