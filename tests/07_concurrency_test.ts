import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Barrier, Pool } from "../mod.ts";
import {
  blockTimer,
  chooseStrategy,
  compareStrategies,
  complete,
  computeElsewhere,
  describeComputing,
  describeWaiting,
  interleave,
  measure,
  runCpuBound,
  runIoBound,
  runTasks,
} from "../lessons/07_concurrency.ts";
import { transcript } from "./helper.ts";

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
  assertEquals(
    await interleave(["x", "y", "z"], 2),
    ["x1", "y1", "z1", "x2", "y2", "z2"],
  );
});

Deno.test("interleave: one task alone goes through, none leaves no trace", async () => {
  assertEquals(await interleave(["a"], 2), ["a1", "a2"]);
  assertEquals(await interleave([], 2), []);
});

Deno.test("given: concurrent tasks may complete in any order, and return the same", async () => {
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

Deno.test("given: a computation blocks its own thread: a timer that is due comes after it", async () => {
  assertEquals(await blockTimer(), ["computation", "timer"]);
});

Deno.test("given: a computation in a worker blocks nothing here: the timer comes during it", async () => {
  assertEquals(await computeElsewhere(), ["timer", "computation"]);
});

Deno.test("runTasks: the way of running changes the time, not the result", async () => {
  const double = (x: number) => x * 2;
  for (const strategy of strategies) {
    const start = performance.now();
    const { elapsed, results } = await runTasks(strategy, double, [1, 2, 3]);
    const around = performance.now() - start;
    assertEquals(results, [2, 4, 6], strategy);
    assert(elapsed > 0 && elapsed <= around, `${elapsed} of ${around} ms`);
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
  const { results } = await runTasks("async", task, [1, 2, 3]);
  assertEquals(results, [1, 2, 3]);
});

Deno.test("runTasks: workers run tasks on other threads", async () => {
  const inWorker = () => "WorkerGlobalScope" in globalThis;
  const { results } = await runTasks("workers", inWorker, [0, 0]);
  assertEquals(results, [true, true]);
  for (const here of ["sequential", "async"] as const) {
    assertEquals((await runTasks(here, inWorker, [0])).results, [false]);
  }
});

Deno.test("runTasks: in workers, all tasks run at the same time", async () => {
  // Each task waits inside of its computation for all others.
  const meet = (barrier: Barrier) => barrier.wait({ timeout: 8_000 });
  for (const tasks of [2, 5]) {
    const inputs = Array<Barrier>(tasks).fill(new Barrier(tasks));
    const { results } = await runTasks("workers", meet, inputs);
    const places = Array.from({ length: tasks }, (_, i) => i);
    assertEquals(results.toSorted(), places);
  }
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

Deno.test("given: waiting and computing: the results are the same every way", async () => {
  for (const strategy of strategies) {
    const io = await runIoBound(strategy, 5);
    assertEquals(io.results, [5, 5, 5, 5], strategy);
    const cpu = await runCpuBound(strategy, 1000);
    assertEquals(cpu.results, [168, 168, 168, 168], strategy);
  }
  assertEquals((await runCpuBound("async", 7)).results, [3, 3, 3, 3]);
  assertEquals((await runIoBound("async")).results, Array(4).fill(100));
  assertEquals((await runCpuBound("async")).results, Array(4).fill(114155));
});

Deno.test("given: waiting one after another takes the sum of the times", async () => {
  const { elapsed } = await runIoBound("sequential", 10);
  // A timer may come a fraction of a millisecond early.
  assert(elapsed >= 36, `${elapsed} ms`);
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

Deno.test("given: the times that are compared are those of each way", async () => {
  const elapsed = { sequential: 7, async: 5, workers: 3 };
  assertEquals(
    await measure((way) =>
      Promise.resolve({ elapsed: elapsed[way], results: [] })
    ),
    elapsed,
  );
});

Deno.test("given: what is said of waiting follows what was measured", () => {
  const least = describeWaiting({ sequential: 150, async: 100, workers: 100 });
  assertStringIncludes(least, "Async was 1.5 times as fast as sequential");
  assertStringIncludes(least, "This time it did not show");
  assertEquals(
    describeWaiting({ sequential: 400, async: 100, workers: 125 }),
    "Async was 4.0 times as fast as sequential: one thread waited for all " +
      "tasks at the same time. Workers wait at the same time too, but they " +
      "have to start first. That took 25.0 ms more than async.",
  );
  assertEquals(
    describeWaiting({ sequential: 140, async: 100, workers: 90 }),
    "Async gained little this time, because the machine is busy or the tasks " +
      "wait for too short a time. It waits for all tasks at the same time. " +
      "Workers wait at the same time too, but they have to start first. This " +
      "time it did not show, because the machine is busy.",
  );
});

Deno.test("given: what is said of computing follows what was measured, and the machine", () => {
  const times = { sequential: 1000, async: 1010, workers: 500 };
  assertEquals(
    describeComputing(times, 4),
    "Async gains nothing here: there is no waiting that one task could use " +
      "for another, and the one thread has just as much to compute. It took " +
      "1.01 s, sequential 1.00 s. Workers were 2.0 times as fast as " +
      "sequential, because they compute in parallel, on 4 processors.",
  );
  for (const sequential of [800, 1300]) {
    assertStringIncludes(
      describeComputing({ sequential, async: 1000, workers: 500 }, 4),
      ". That the two differ comes from other programs, which use the " +
        "processors too. Workers were ",
    );
  }
  const [async, ...noGain] = [
    describeComputing({ sequential: 6, async: 6, workers: 5 }, 2),
    describeComputing({ ...times, workers: 900 }, 4),
    describeComputing({ ...times, workers: 1000 }, 4),
    describeComputing({ ...times, workers: 1300 }, 4),
    describeComputing({ ...times, workers: 1100 }, 1),
    describeComputing({ ...times, workers: 500 }, 1),
  ];
  assertStringIncludes(async!, "Workers were 1.2 times as fast");
  const why = "They have to start first, and the 4 processors were busy with " +
    "other programs, or the tasks were too small to make up for the start. On " +
    "free processors, large tasks gain.";
  const little = `Workers gained little this time. ${why}`;
  const single = "Workers gain nothing either: this machine has one processor.";
  assertEquals(noGain.map((text) => text.split("1.00 s. ")[1]), [
    little,
    little,
    "Workers lost this time: they took 1.3 times as long as sequential. " + why,
    single,
    single,
  ]);
});

/** Small values of the lesson's options, so that it is told quickly. */
const quick = { ms: 20, n: 2000 };
let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("07_concurrency", quick);

Deno.test("given: the lesson says and shows what concurrent and parallel mean", async () => {
  const text = await said();
  for (
    const part of [
      "Tasks are concurrent when they make progress in the same period of time",
      "They may take turns, overlap, and complete in any order. The final result stays the same if no task changes what another one uses, or if they are synchronised (lesson 6).",
      "`cells` are two counters that the tasks share: the first one says how many tasks are under way",
      "What the GIL does for the threads of a Python process, the isolate does here: one piece of code at a time.",
      "The scheduler is the part of a system that decides which task runs next. A fair scheduler gives every task its turn, so that none waits for ever.",
      'interleave(["a", "b"], 3) → [ "a1", "b1", "a2", "b2", "a3", "b3" ]',
      "for (let i = 0; i < steps[name]; i++) await Promise.resolve();",
      "The order of completion is different, and the results are the same.",
      "barrier?.wait({ timeout: 10_000 });",
      '{ completed: [ "c", "b", "a" ], results: [ "A", "B", "C" ] }',
      '{ completed: [ "a", "b", "c" ], results: [ "A", "B", "C" ] }',
      "Tasks are parallel when they run at the same moment, on several processors.",
      "way under way computing concurrent parallel",
      "sequential 1 1 no no async 2 1 yes no workers 2 2 yes",
      "they were concurrent, and not parallel.",
      "So parallel implies concurrent: tasks that run at the same moment make progress in the same period. The reverse is not true",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what an isolate is, and what Python's GIL is", async () => {
  const text = await said();
  for (
    const part of [
      "An isolate has its own memory, and it runs one piece of code at a time.",
      "while (performance.now() - start < 20) countPrimes(100);",
      'wait(0).then(() => { trace.push("timer"); Atomics.store(done, 0, 1); });',
      'blockTimer() → [ "computation", "timer" ] The timer was blocked until the computation had ended.',
      'computeElsewhere() → [ "timer", "computation" ]',
      "a lock lets only one of them at a time run Python code: the Global Interpreter Lock (GIL).",
      "So Python's threads are concurrent, but they do not run Python code in parallel. (Code in C can release the GIL",
      "There is one GIL per process, and none across processes. Each process has its own Python interpreter and its own GIL, so processes compute in parallel",
      "Since Python 3.13, there are also builds of Python without the GIL.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what suits waiting and computing, and measures it", async () => {
  const text = await said();
  for (
    const part of [
      "I/O means input and output: to read and write files, or to communicate over a network. A task is I/O-bound when it spends most of its time waiting for that.",
      "Four tasks wait for 20.0 ms each, in three ways:",
      "CPU means central processing unit, the processor. A task is CPU-bound when it spends most of its time computing.",
      "Four tasks count the primes below 2 000, in three ways:",
      "Async gains nothing here",
      "one thread can wait for many things at the same time. In Python, use threads for them.",
      "Large CPU-bound tasks call for workers, which compute on several processors if these are free. In Python, use processes for them, because of the GIL.",
      "A tiny task ends before a worker has even started.",
      "task here in Python why",
      "waits (I/O-bound) async threads one thread waits for all tasks computes (CPU-bound) workers processes they compute in parallel tiny sequential a loop a start takes longer than the task",
    ]
  ) assertStringIncludes(text, part);
  const time = String.raw`[█▏]+ \d[\d.]* (?:s|ms|µs)`;
  const bars = `sequential ${time} async ${time} workers ${time} `;
  assertEquals(text.match(new RegExp(bars, "g"))?.length, 2, text);
});
