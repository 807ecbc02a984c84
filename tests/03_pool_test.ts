import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Barrier, type TaskRun } from "../mod.ts";
import {
  compare,
  describeGain,
  runParallel,
  runSequential,
  sumOfSquares,
} from "../lessons/03_pool.ts";
import { deno, testWith, transcript } from "./helper.ts";

let told: Promise<string> | undefined;
/** What the lesson says, on small tasks. */
const said = () =>
  told ??= transcript("03_pool", { runs: 2, large: 3000, workers: 2 });

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
  for (let i = 0; i < 500_000; i++) rounded += i * i;
  assert(BigInt(rounded) !== sumOfSquares(500_000), `${rounded} is exact`);
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
  const { results } = await runParallel(8, 10_000, 3);
  assertEquals(results, Array(8).fill(sumOfSquares(10_000)));
  assertEquals((await runParallel(0, 2, 1)).results, []);
});

Deno.test("runParallel: the time covers every task, in milliseconds", async () => {
  const spans: TaskRun[] = [];
  const start = performance.now();
  const { elapsed } = await runParallel(2, 0, 1, (it) => spans.push(it), busy);
  const around = performance.now() - start;
  const inTasks = spans[1]!.to - spans[0]!.from;
  assert(inTasks >= 10, `${inTasks} ms`);
  // A clock may count in whole milliseconds.
  assert(elapsed >= inTasks - 1.1, `${elapsed} ms for ${inTasks} ms of tasks`);
  assert(elapsed <= around + 1, `${elapsed} ms of ${around} ms`);
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
  // Each of three workers waits inside of its task for both others.
  const barrier = new Barrier(3) as never;
  const meeting = await runParallel(6, barrier, 3, undefined, meet as never);
  const places = meeting.results.map(Number).sort();
  assertEquals(places, [0, 0, 1, 1, 2, 2]);
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
  const start = performance.now();
  const { sequential, parallel, gain, same } = await compare(2, 100_000, 2);
  const around = performance.now() - start;
  assertAlmostEquals(gain, sequential / parallel);
  assertEquals(same, true);
  // A clock may count in whole milliseconds.
  assert(sequential + parallel <= around + 1, `of ${around} ms`);
});

Deno.test("given compare: tiny tasks lose, because starting workers takes longer", async () => {
  const { gain } = await compare(2, 2, 2);
  assert(gain < 1, `workers were ${gain} times as fast`);
});

Deno.test("given: the conclusion follows what was measured, and the machine", () => {
  const gains = (...all: number[]) =>
    all.flatMap((
      gain,
    ) => [{ task: "large", gain }, { task: "small", gain: 0 }]);
  assertEquals(
    describeGain(gains(1.9, 1.6, 0.8, 1.7), 2),
    "In parallel, large tasks were 1.50 × as fast.",
  );
  assertMatch(describeGain(gains(1.2), 2), /as fast\.$/);
  assertMatch(describeGain(gains(1.5), 3), /as fast\.$/);
  const recorded = "Recorded with little else running (2 processors, Linux, " +
    "Deno 2.9.6): large tasks 2.05 ×, small tasks 3 400 × slower.";
  assertEquals(
    describeGain(gains(0.9), 1),
    "In parallel, large tasks were 0.90 × as fast. One processor, or one " +
      `worker, runs one task at a time. ${recorded}`,
  );
  for (const [gain, most] of [[1.99, 4], [1.19, 2]] as const) {
    assertEquals(
      describeGain(gains(gain), most),
      `In parallel, large tasks were ${gain} × as fast. At most ${most} × is ` +
        `possible: other programs keep processors busy, or n is too small. ` +
        recorded,
    );
  }
});

Deno.test("given: the lesson says what parallel means, what it gains and what it costs", async () => {
  const text = await said();
  for (
    const sentence of [
      "A sequential program computes one thing after another, on one processor.",
      "A parallel program divides its work into independent tasks, and several processors compute them at the same time. The results are the same.",
      "it adds up the squares of 0, 1, 2 and so on below n. (`0n` is a bigint, a whole number of any size, as an int in Python. `let` makes a variable that can change.)",
      "sumOfSquares(4) → 14n sumOfSquares(4_000_000) → 21333325333334000000n",
      "A pool starts workers, gives each the next task as soon as it is free, and collects the results in order.",
      "Where processors are free, large tasks gain: parallelism takes less time, or solves larger problems in the same time. On a busy machine, other programs take their share, and the gain is less. Small tasks lose: starting a worker and sending it a task take longer than the task.",
      "const loop = await runSequential(tasks, small); This is the elapsed time of the 8 small tasks, and the 8 results. With n = 2, each is 0² + 1² = 1. duration(loop.elapsed) → ",
      'loop.results.join(" ") → "1 1 1 1 1 1 1 1"',
      'const pool = await runParallel(tasks, small, workers); pool.results.join(" ") → "1 1 1 1 1 1 1 1"',
      "Parallelism has a price: the program is more complex, a task that depends on another one has to wait for its result",
    ]
  ) assertStringIncludes(text, sentence);
});

Deno.test("given: the lesson shows every run of large and small tasks, the timeline and the curve", async () => {
  const text = await said();
  assertStringIncludes(
    text,
    "These are the times of all 8 tasks together, large with n = 3 000, small with n = 2: sequentially, on this thread, and in parallel, on a pool of 2 workers.",
  );
  assertStringIncludes(text, "run task sequential parallel results gain ---");
  const time = String.raw`\d[\d.]* (?:s|ms|µs)`;
  const gain = String.raw`[\d. ]+ ×(?: slower)?`;
  for (const run of [1, 2]) {
    for (const task of ["large", "small"]) {
      assertMatch(
        text,
        new RegExp(`${run} ${task} (?:${time} ){2}same ${gain}`),
      );
    }
  }
  assertStringIncludes(text, " × slower In parallel, large tasks were ");
  assertMatch(text, /0 \d[\d.]* m?s Worker 1 [·\d━]+ Worker 2 /);
  // A tiny gain has no bar.
  const bar = String.raw`\d+\.\d\d ×(?: [━·]+)?`;
  assertMatch(
    text,
    new RegExp(
      String
        .raw`Ideal is the smaller number of workers and processors\. .* 1 worker ${bar} 2 workers ${bar} ━ measured, · ideal\. (?:By Amdahl's law|More workers gained|One processor)`,
    ),
  );
});

testWith(
  ["run"],
  "given: the options say how many tasks, workers and runs there are",
  async () => {
    const { code, stdout, stderr } = await deno(
      ...["run", "lessons/03_pool.ts", "--runs=1", "--large=3000"],
      ...["--small=3", "--tasks=2", "--workers=1"],
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "all 2 tasks together");
    assertStringIncludes(stdout, 'loop.results.join(" ") → "5 5"');
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
    for (const [value, said] of [["none", '"none"'], ["0", '"0"']]) {
      const { code, stdout, stderr } = await deno(
        ...["run", "lessons/03_pool.ts", "--workers", value!],
      );
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, `--workers: ${said} is not a whole number`);
      assertStringIncludes(stderr, "Usage: deno run lessons/03_pool.ts");
    }
  },
);
