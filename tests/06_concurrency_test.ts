import { assert, assertEquals } from "@std/assert";
import { Pool } from "../mod.ts";
import {
  blockTimer,
  chooseStrategy,
  interleave,
  runCpuBound,
  runIoBound,
  runTasks,
} from "../lessons/06_concurrency.ts";

const strategies = ["sequential", "async", "workers"] as const;

Deno.test("chooseStrategy: waiting calls for async", () => {
  assertEquals(chooseStrategy("io-bound"), "async");
});

Deno.test("chooseStrategy: computing calls for workers", () => {
  assertEquals(chooseStrategy("cpu-bound"), "workers");
});

Deno.test("chooseStrategy: very little calls for neither", () => {
  assertEquals(chooseStrategy("tiny"), "sequential");
});

Deno.test("interleave: tasks make progress in turn, on one thread", async () => {
  const trace = await interleave(["a", "b"], 3);
  assertEquals(trace, ["a1", "b1", "a2", "b2", "a3", "b3"]);
});

Deno.test("interleave: one task alone goes through, none leaves no trace", async () => {
  assertEquals(await interleave(["a"], 2), ["a1", "a2"]);
  assertEquals(await interleave([], 2), []);
});

Deno.test("a computation blocks everything: a timer that is due comes after it", async () => {
  assertEquals(await blockTimer(), ["computation", "timer"]);
});

Deno.test("runTasks: the way of running changes the time, not the result", async () => {
  const double = (x: number) => x * 2;
  for (const strategy of strategies) {
    const { elapsed, results } = await runTasks(strategy, double, [1, 2, 3]);
    assertEquals(results, [2, 4, 6], strategy);
    assert(elapsed >= 0, `${elapsed} ms`);
  }
});

Deno.test("runTasks: sequential runs a task when the one before has ended", async () => {
  const trace: string[] = [];
  const task = async (x: number) => {
    trace.push(`in ${x}`);
    await Promise.resolve();
    trace.push(`out ${x}`);
    return x;
  };
  await runTasks("sequential", task, [1, 2]);
  assertEquals(trace, ["in 1", "out 1", "in 2", "out 2"]);
});

Deno.test("runTasks: async starts all tasks before it waits for any", async () => {
  const all = Promise.withResolvers<void>();
  let started = 0;
  const task = async (x: number) => {
    if (++started === 3) all.resolve();
    await all.promise;
    return x;
  };
  const { results } = await runTasks("async", task, [1, 2, 3]);
  assertEquals(results, [1, 2, 3]);
});

Deno.test("runTasks: workers run tasks on other threads", async () => {
  const inWorker = () => Number("WorkerGlobalScope" in globalThis);
  assertEquals((await runTasks("workers", inWorker, [0, 0])).results, [1, 1]);
  assertEquals((await runTasks("async", inWorker, [0, 0])).results, [0, 0]);
});

Deno.test("runTasks: runIoBound and runCpuBound have the same results every way", async () => {
  for (const strategy of strategies) {
    const io = await runIoBound(strategy);
    assertEquals(io.results, [100, 100, 100, 100], strategy);
    const cpu = await runCpuBound(strategy);
    assertEquals(cpu.results, Array(4).fill(78498), strategy);
  }
});

Deno.test("concurrent need not be parallel: one worker interleaves tasks as well", async () => {
  using pool = new Pool({ workers: 1 });
  const trace = await pool.apply(async () => {
    const trace: string[] = [];
    const task = async (name: string) => {
      trace.push(`${name} in`);
      await Promise.resolve();
      trace.push(`${name} out`);
    };
    await Promise.all([task("a"), task("b")]);
    return trace;
  });
  assertEquals(trace, ["a in", "b in", "a out", "b out"]);
});
