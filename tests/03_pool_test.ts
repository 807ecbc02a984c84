import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Barrier, type TaskRun } from "../mod.ts";
import {
  compare,
  describeGain,
  findWorthwhile,
  runParallel,
  runSequential,
  runStarted,
  sumOfSquares,
} from "../lessons/03_pool.ts";
import { deno, testWith, transcript } from "./helper.ts";

let told: Promise<string> | undefined;
/** What the lesson says, on small tasks. */
const said = () => told ??= transcript("03_pool", { runs: 2, large: 3000 });

Deno.test("sumOfSquares: the notes' figures, for 4 000 000 and 2", () => {
  assertEquals(sumOfSquares(4_000_000), 21333325333334000000n);
  assertEquals(sumOfSquares(2), 1n);
});

Deno.test("sumOfSquares: is (n-1)n(2n-1)/6, whatever n is", () => {
  for (const n of [0, 1, 3, 4, 5, 1000, 300_001]) {
    const m = BigInt(n);
    assertEquals(
      sumOfSquares(n),
      (m - 1n) * m * (2n * m - 1n) / 6n,
      `n = ${n}`,
    );
  }
});

Deno.test("sumOfSquares: is exact where a number would not be", () => {
  let rounded = 0;
  for (let i = 0; i < 4_000_000; i++) rounded += i * i;
  assert(BigInt(rounded) !== sumOfSquares(4_000_000), `${rounded} is exact`);
});

Deno.test("runSequential: gives one result a task, in order", async () => {
  assertEquals((await runSequential(8, 2)).results, Array(8).fill(1n));
  let calls = 0n;
  const numbered = await runSequential(3, 7, (n) => calls++ * 10n + BigInt(n));
  assertEquals(numbered.results, [7n, 17n, 27n]);
  assertEquals((await runSequential(0, 2)).results, []);
});

Deno.test("runSequential: runs a task when the one before has ended", async () => {
  let running = 0;
  const { results } = await runSequential(3, 0, () => {
    running += 1;
    const seen = BigInt(running);
    running -= 1;
    return seen;
  });
  assertEquals(results, [1n, 1n, 1n]);
});

/** Computes for at least 5 ms; gives how long it was, in microseconds. */
function busy(): bigint {
  const start = performance.now();
  while (performance.now() - start < 5);
  return BigInt(Math.round((performance.now() - start) * 1000));
}

Deno.test("runSequential: the time is that of all tasks, in milliseconds", async () => {
  const start = performance.now();
  const { elapsed, results } = await runSequential(3, 0, busy);
  const around = performance.now() - start;
  const inTasks = Number(results.reduce((sum, it) => sum + it, 0n)) / 1000;
  assert(elapsed >= inTasks - 1.1, `${elapsed} ms for ${inTasks} ms of tasks`);
  // A clock may count in whole milliseconds.
  assert(elapsed <= around + 1, `${elapsed} ms of ${around} ms`);
});

Deno.test("runParallel: gives the same results as one task after another", async () => {
  const { results } = await runParallel(8, 100_000, 4);
  assertEquals(results, Array(8).fill(sumOfSquares(100_000)));
  assertEquals((await runParallel(0, 2, 1)).results, []);
});

Deno.test("runParallel: the time covers every task, in milliseconds", async () => {
  const spans: TaskRun[] = [];
  const start = performance.now();
  const { elapsed } = await runParallel(2, 0, 1, (it) => spans.push(it), busy);
  const around = performance.now() - start;
  const inTasks = spans[1]!.to - spans[0]!.from;
  assert(inTasks >= 10, `${inTasks} ms`);
  assert(elapsed >= inTasks && elapsed <= around, `${elapsed} of ${around} ms`);
});

Deno.test("runParallel: eight tasks are shared out among four workers", async () => {
  const runs: TaskRun[] = [];
  await runParallel(8, 1000, 4, (run) => runs.push(run));
  assertEquals(runs.map(({ task }) => task).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  for (const { worker, from, to } of runs) {
    assert(worker >= 1 && worker <= 4, `worker ${worker}`);
    assert(from <= to, `from ${from} to ${to}`);
  }
});

/** A task that ends only when as many run at the same time as the barrier says. */
const meet = (barrier: Barrier) => BigInt(barrier.wait({ timeout: 8_000 }));

Deno.test("runParallel: as many tasks run at the same time as there are workers", async () => {
  for (const workers of [2, 4]) {
    // Each of the workers waits inside of its task for all others.
    const barrier = new Barrier(workers);
    const meeting = await runParallel(
      2 * workers,
      barrier as never,
      workers,
      undefined,
      meet as never,
    );
    const places = meeting.results.map(Number).sort();
    const expected = Array.from({ length: workers }, (_, i) => [i, i]).flat();
    assertEquals(places, expected);
  }
});

Deno.test("runParallel: no more tasks run at the same time than there are workers", async () => {
  const cells = new Int32Array(new SharedArrayBuffer(8));
  // The first cell counts who is inside, the second remembers the most.
  const enter = (cells: Int32Array) => {
    const inside = Atomics.add(cells, 0, 1) + 1;
    if (inside > Atomics.load(cells, 1)) Atomics.store(cells, 1, inside);
    Atomics.sub(cells, 0, 1);
    return BigInt(inside);
  };
  await runParallel(50, cells as never, 1, undefined, enter as never);
  assertEquals(cells[1], 1);
});

Deno.test("runParallel: runs on other threads than this one", async () => {
  const inWorker = () => BigInt("WorkerGlobalScope" in globalThis);
  const { results } = await runParallel(2, 0, 2, undefined, inWorker);
  assertEquals(results, [1n, 1n]);
});

Deno.test("runParallel: no workers are no way to run tasks", async () => {
  assertEquals((await runParallel(2, 2, 1)).results, [1n, 1n]);
  await assertRejects(() => runParallel(2, 2, 0), RangeError, "workers");
});

Deno.test("given compare: the gain is the sequential time divided by the parallel time", async () => {
  const { n, sequential, parallel, gain } = await compare(2, 1000, 2);
  assertEquals(n, 1000);
  assertAlmostEquals(gain, sequential / parallel);
});

Deno.test("given: a pool that is started is timed without its start", async () => {
  const start = performance.now();
  const elapsed = await runStarted(4, 1000, 2);
  const around = performance.now() - start;
  assert(elapsed > 0 && elapsed < around, `${elapsed} of ${around} ms`);
});

Deno.test("given compare: tiny tasks lose, because starting workers takes longer", async () => {
  const { gain } = await compare(8, 2, 4);
  assert(gain < 1, `workers were ${gain} times as fast`);
});

/** A measurement that was made up: workers gain from some n on. */
const from =
  (least: number, tries: number[] = []) => (tasks: number, n: number) => {
    tries.push(n);
    const sequential = tasks * n / 1000;
    const gain = n >= least ? 1.1 : 0.9;
    return Promise.resolve({
      n,
      sequential,
      parallel: sequential / gain,
      gain,
    });
  };

Deno.test("given: the search finds the first size that gains, and how long it takes", async () => {
  assertEquals(await findWorthwhile(4, 2, 1e6, from(30_000)), {
    n: 32_000,
    time: 32,
  });
  assertEquals(await findWorthwhile(4, 2, 1e6, from(1)), { n: 8000, time: 8 });
});

Deno.test("given: the search ends where no size gains", async () => {
  const tries: number[] = [];
  assertEquals(await findWorthwhile(4, 2, 64_000, from(Infinity, tries)), null);
  assertEquals([tries.length, tries.at(-1)], [3 * 3, 32_000]);
});

Deno.test("given: the search goes by the middle one of three gains", async () => {
  const gains = [0.5, 9, 1, 1.1, 0.9, 1.01];
  const measure = (_: number, n: number) =>
    Promise.resolve({
      n,
      sequential: gains.length,
      parallel: 1,
      gain: gains.shift()!,
    });
  assertEquals(await findWorthwhile(1, 2, 1e6, measure), {
    n: 16_000,
    time: 1,
  });
});

Deno.test("given: the conclusion follows what was measured, and the machine", () => {
  const gains = (...all: number[]) =>
    all.flatMap((
      gain,
    ) => [{ task: "large", gain }, { task: "small", gain: 0 }]);
  assertEquals(
    describeGain(gains(1.9, 1.6, 0.8, 1.5), 2),
    "The large tasks had a gain of 1.55 ×, the median of all runs. " +
      "The most that is possible is 2 ×, the number of processors: more " +
      "workers than processors take turns.",
  );
  assertStringIncludes(
    describeGain(gains(0.9), 1),
    "0.90 ×, the median of all runs. This machine has one processor",
  );
  assertEquals(
    describeGain(gains(1.19), 8),
    "The large tasks had a gain of 1.19 ×, the median of all runs. " +
      "8 processors could give more: other programs keep them busy at the " +
      "moment, or the tasks are too small.",
  );
});

Deno.test("given: the lesson says what parallel means, what it gains and what it costs", async () => {
  const text = await said();
  for (
    const sentence of [
      "A sequential program computes one thing after another, on one processor.",
      "several processors compute them at the same time.",
      "The results are the same, and if the tasks are large, they are there sooner.",
      "it takes less time, and in the same time it solves larger problems than one processor can.",
      "the program becomes more complex, a task that depends on another task has to wait",
      "it adds up the squares of 0, 1, 2 and so on below n.",
      "sumOfSquares(4_000_000) → 21333325333334000000n",
      "A large task computes much longer than a worker takes to start. So large tasks gain, if several processors are free. Small tasks lose time on a pool:",
      'loop.results.join(", ") → "1, 1, 1, 1, 1, 1, 1, 1"',
      'pool.results.join(", ") → "1, 1, 1, 1, 1, 1, 1, 1"',
    ]
  ) assertStringIncludes(text, sentence);
});

Deno.test("given: the lesson shows every run of large and small tasks, and the timeline", async () => {
  const text = await said();
  const cores = navigator.hardwareConcurrency;
  const processors = cores === 1 ? "one processor" : `${cores} processors`;
  assertStringIncludes(text, "This lesson runs 8 tasks on 4 workers.");
  assertStringIncludes(text, "large tasks (n = 3 000) and small ones (n = 2)");
  assertStringIncludes(text, `This machine has ${processors}.`);
  assertStringIncludes(text, "run task sequential parallel started gain");
  const time = String.raw`\d[\d.]* (?:s|ms|µs)`;
  for (const row of ["1 large", "1 small", "2 large", "2 small"]) {
    const pattern = `${row} ${time} ${time} ${time} [\\d. ]+ ×`;
    assert(new RegExp(pattern).test(text), `no row ${row}: ${text}`);
  }
  assert(/ 0 [\d.]+ (?:s|ms|µs) Worker \d [·━\d]+ /.test(text), text);
});

testWith(
  ["run"],
  "given: the notes' sizes are the defaults; --json prints numbers and the machine",
  async () => {
    const { code, stdout, stderr } = await deno(
      ...["run", "--no-prompt", "lessons/03_pool.ts"],
      ...["--json", "--runs", "1", "--large", "3000"],
    );
    assertEquals([code, stderr], [0, ""]);
    const report = JSON.parse(stdout);
    assertEquals([report.tasks, report.workers, report.small], [8, 4, 2]);
    assertEquals(report.processors, navigator.hardwareConcurrency);
    assertEquals(report.system, Deno.build.os);
    assertEquals(report.versions.deno, Deno.version.deno);
    assertEquals(
      report.runs.map((run: { task: string; n: number }) => [run.task, run.n]),
      [["large", 3000], ["small", 2]],
    );
    assertEquals(report.spans.length, 8);
    assert("worthwhile" in report);
    const help = await deno("run", "lessons/03_pool.ts", "--help");
    for (
      const option of [
        "--tasks <number>    how many tasks (default: 8)",
        "--large <number>    n of a large task (default: 4000000)",
        "--small <number>    n of a small task (default: 2)",
        "--workers <number>  how many workers (default: 4)",
        "--runs <number>     how often to measure (default: 4)",
      ]
    ) assertStringIncludes(help.stdout, option);
  },
);

testWith(
  ["run"],
  "given: a wrong option ends the lesson with 2 and the usage",
  async () => {
    for (const [value, said] of [["none", '"none"'], ["-1", '"-1"']]) {
      const { code, stdout, stderr } = await deno(
        ...["run", "lessons/03_pool.ts", "--workers", value!],
      );
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, `--workers: ${said} is not a whole number`);
      assertStringIncludes(stderr, "Usage: deno run lessons/03_pool.ts");
    }
  },
);
