import { assertEquals, assertStringIncludes } from "@std/assert";
import { Barrier, Pool } from "../mod.ts";
import {
  compareStrategies,
  complete,
  interleave,
  runTasks,
} from "../lessons/07_concurrency.ts";
import { transcript } from "./helper.ts";

const strategies = ["sequential", "async", "workers"] as const;

Deno.test("interleave: tasks make progress in turn, on one thread", async () => {
  const trace = await interleave(["a", "b"], 3);
  assertEquals(trace, ["a1", "b1", "a2", "b2", "a3", "b3"]);
  assertEquals(
    await interleave(["x", "y", "z"], 2),
    ["x1", "y1", "z1", "x2", "y2", "z2"],
  );
});

Deno.test("interleave: one task alone goes through, none leaves no trace", async () => {
  assertEquals(await interleave(["a"], 2), ["a1", "a2"]);
  assertEquals(await interleave([], 2), []);
});

Deno.test("complete: tasks complete in any order, and return the same", async () => {
  const results = ["X", "Y", "Z"];
  assertEquals(await complete({ x: 3, y: 1, z: 2 }), {
    completed: ["y", "z", "x"],
    results,
  });
  assertEquals(await complete({ x: 1, y: 2, z: 3 }), {
    completed: ["x", "y", "z"],
    results,
  });
});

Deno.test("complete: tasks with as many steps complete in their order", async () => {
  assertEquals(await complete({ x: 1, y: 1 }), {
    completed: ["x", "y"],
    results: ["X", "Y"],
  });
  assertEquals(await complete({}), { completed: [], results: [] });
});

Deno.test("runTasks: the way of running does not change the results", async () => {
  const double = (x: number) => x * 2;
  for (const strategy of strategies) {
    const results = await runTasks(strategy, double, [1, 2, 3]);
    assertEquals(results, [2, 4, 6], strategy);
  }
});

Deno.test("runTasks: sequential runs a task when the one before has ended", async () => {
  const trace: string[] = [];
  const task = async (x: number) => {
    trace.push(`in ${x}`);
    await null;
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
  const results = await runTasks("async", task, [1, 2, 3]);
  assertEquals(results, [1, 2, 3]);
});

Deno.test("runTasks: workers run tasks on other threads", async () => {
  const inWorker = () => "WorkerGlobalScope" in globalThis;
  const results = await runTasks("workers", inWorker, [0, 0]);
  assertEquals(results, [true, true]);
  for (const here of ["sequential", "async"] as const) {
    assertEquals(await runTasks(here, inWorker, [0]), [false]);
  }
});

Deno.test("runTasks: in workers, all tasks run at the same time", async () => {
  // Each task waits inside of its computation for all others.
  const meet = (barrier: Barrier) => barrier.wait({ timeout: 8_000 });
  const inputs = Array<Barrier>(3).fill(new Barrier(3));
  const results = await runTasks("workers", meet, inputs);
  assertEquals(results.toSorted(), [0, 1, 2]);
});

Deno.test("given: workers are concurrent and parallel, async is concurrent only", async () => {
  const row = (underWay: number, computing: number) => ({
    ...{ "under way": underWay, computing, concurrent: underWay === 2 },
    parallel: computing === 2,
  });
  const rows = [
    { way: "sequential", ...row(1, 1) },
    { way: "async", ...row(2, 1) },
    { way: "workers", ...row(2, 2) },
  ];
  assertEquals(await compareStrategies(2), rows);
  rows[2]!.parallel = false;
  assertEquals(await compareStrategies(1), rows);
});

Deno.test("given: concurrent need not be parallel: one worker interleaves tasks as well", async () => {
  using pool = new Pool({ workers: 1 });
  const trace = await pool.apply(async () => {
    const trace: string[] = [];
    const task = async (name: string) => {
      trace.push(`${name} in`);
      await null;
      trace.push(`${name} out`);
    };
    await Promise.all([task("a"), task("b")]);
    return trace;
  });
  assertEquals(trace, ["a in", "b in", "a out", "b out"]);
});

let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("07_concurrency");

Deno.test("given: the lesson says and shows what concurrent means", async () => {
  const text = await said();
  for (
    const part of [
      "A task notes its step. Then it awaits a promise that already has its value, so there is nothing to wait for.",
      "In which order do the steps come?",
      "trace.push(`${name}${i}`); await Promise.resolve();",
      'interleave(["a", "b"], 3) → [ "a1", "b1", "a2", "b2", "a3", "b3" ] They take turns.',
      "Both make progress in the same period of time, though one thread does only one thing at a moment. Such tasks are concurrent: one begins before another one has ended.",
      "The scheduler is the part of a system that decides which task runs next. A fair one gives every task its turn, so that none waits for ever. JavaScript has one for the tasks on a thread, as asyncio has in Python: it is cooperative, which means that a task keeps its turn until it awaits. The operating system has one for processes and threads, and can stop them anywhere.",
      "Concurrent tasks may take turns, overlap, and complete in any order.",
      "for (let i = 0; i < steps[name]; i++) await Promise.resolve();",
      'complete({ a: 3, b: 2, c: 1 }) → { completed: [ "c", "b", "a" ], results: [ "A", "B", "C" ] }',
      'complete({ a: 1, b: 2, c: 3 }) → { completed: [ "a", "b", "c" ], results: [ "A", "B", "C" ] }',
      "The order of completion is different, and the results are the same",
      "So the same inputs give the same final result, in any order, if no task changes what another one uses, or if synchronisation leaves only orders that are right (lesson 6).",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says and shows what parallel means", async () => {
  const text = await said();
  const isParallel = navigator.hardwareConcurrency > 1;
  for (
    const part of [
      "Tasks are parallel when they run at the same moment, on several processors.",
      '"under way" is how many had begun and not ended at the same moment, and "computing" how many were running code. Each task counts itself in shared memory.',
      `way under way computing concurrent parallel ---------- --------- --------- ---------- -------- sequential 1 1 no no async 2 1 yes no workers 2 2 yes ${
        isParallel ? "yes" : "no"
      } Sequential tasks are neither concurrent nor parallel.`,
      "they were concurrent, and not parallel. In workers, both were computing at the same moment: where two processors are free, that is parallel, and it is concurrent too.",
      "So parallel implies concurrent: tasks that run at the same moment make progress in the same period. The reverse is not true: concurrent tasks need not be parallel, as async shows.",
      "return await pool.map(task, inputs, { chunkSize: 1 });",
      'const double = (n) => n * 2; runTasks("sequential", double, [1, 2]) → [ 2, 4 ] runTasks("async", double, [1, 2]) → [ 2, 4 ] runTasks("workers", double, [1, 2]) → [ 2, 4 ]',
    ]
  ) assertStringIncludes(text, part);
  assertEquals(text.includes("This machine has one processor"), !isParallel);
});
