import { assert, assertEquals, assertRejects } from "@std/assert";
import { Pool, type TaskRun } from "../mod.ts";
import {
  compare,
  findWorthwhile,
  runParallel,
  runSequential,
  sumOfSquares,
} from "../lessons/03_pool.ts";
import { deno, testWith } from "./helper.ts";

Deno.test("sumOfSquares: the notes' figures, for 4 000 000 and 2", () => {
  assertEquals(sumOfSquares(4_000_000), 21333325333334000000n);
  assertEquals(sumOfSquares(2), 1n);
});

Deno.test("sumOfSquares: is (n-1)n(2n-1)/6, whatever n is", () => {
  for (const n of [0, 1, 3, 4, 5, 1000, 300_001]) {
    const m = BigInt(n);
    assertEquals(sumOfSquares(n), (m - 1n) * m * (2n * m - 1n) / 6n);
  }
});

Deno.test("sumOfSquares: is exact where a number would not be", () => {
  let rounded = 0;
  for (let i = 0; i < 4_000_000; i++) rounded += i * i;
  assert(BigInt(rounded) !== sumOfSquares(4_000_000), `${rounded} is exact`);
});

Deno.test("runSequential: gives one result a task, and the time they took", async () => {
  const { elapsed, results } = await runSequential(8, 2);
  assertEquals(results, Array(8).fill(1n));
  assert(elapsed >= 0, `${elapsed} ms`);
});

Deno.test("runParallel: gives the same results as runSequential", async () => {
  const sequential = await runSequential(8, 100_000);
  const parallel = await runParallel(8, 100_000, 4);
  assertEquals(parallel.results, sequential.results);
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

Deno.test("tasks of a pool run at the same time: two wait for each other", async () => {
  using pool = new Pool({ workers: 2 });
  const cells = new Int32Array(new SharedArrayBuffer(8));
  const meet = (cells: Int32Array, me: number) => {
    Atomics.store(cells, me, 1);
    Atomics.notify(cells, me);
    return Atomics.wait(cells, 1 - me, 0, 60_000);
  };
  const met = await pool.starmap(meet, [[cells, 0], [cells, 1]]);
  assert(!met.includes("timed-out"), "the tasks ran one after the other");
});

Deno.test("runSequential and runParallel: the ratio compares their times", async () => {
  const { sequential, parallel, ratio } = await compare(2, 1000, 2);
  assertEquals(ratio, sequential / parallel);
});

Deno.test("runSequential and runParallel: tiny tasks cost more to send than to do", async () => {
  const { ratio } = await compare(8, 2, 4);
  assert(ratio < 1, `workers were ${ratio} times as fast`);
});

Deno.test("the search for a task that is worth it ends", async () => {
  const n = await findWorthwhile(2, 2);
  assert(n === undefined || n >= 1000, `${n}`);
});

Deno.test("runParallel: no workers are no way to run tasks", async () => {
  await assertRejects(() => runParallel(2, 2, 0), RangeError, "workers");
});

testWith(
  ["run"],
  "the lesson needs no permission, no terminal, no input",
  async () => {
    const { code, stdout, stderr } = await deno(
      ...["run", "--no-prompt", "lessons/03_pool.ts"],
      ...["--json", "--runs", "1", "--large", "100000"],
    );
    assertEquals([code, stderr], [0, ""]);
    const report = JSON.parse(stdout);
    assertEquals([report.tasks, report.workers], [8, 4]);
    assertEquals(report.runs.map((run: { n: number }) => run.n), [100_000, 2]);
    assertEquals(report.spans.length, 8);
  },
);

testWith(
  ["run"],
  "a wrong option ends the lesson with 2 and the usage",
  async () => {
    const { code, stdout, stderr } = await deno(
      ...["run", "lessons/03_pool.ts", "--workers", "none"],
    );
    assertEquals([code, stdout], [2, ""]);
    assert(stderr.includes('--workers: "none" is not a whole number'), stderr);
    assert(stderr.includes("Usage: deno run lessons/03_pool.ts"), stderr);
  },
);
