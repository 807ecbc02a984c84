/**
 * Lesson 7: Concurrency
 *
 * What concurrent and parallel mean, and why every parallel program is
 * concurrent but not the reverse. You will see tasks that take turns on one
 * thread, and the same tasks run in three ways.
 *
 * @run deno run lessons/07_concurrency.ts
 * @test deno test tests/07_concurrency_test.ts
 */
import { Barrier, Pool } from "../mod.ts";
import { code, lesson, say, section, show, table } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // Two tasks, a and b, have three steps each: a1 is the first step of a. A
  // task notes its step. Then it awaits a promise that already has its value,
  // so there is nothing to wait for. Both begin on this thread, the only one
  // here, and Promise.all waits for both. In which order do the steps come?
  code(interleave);
  await show(() => interleave(["a", "b"], 3)); // [ "a1", "b1", "a2", "b2", "a3", "b3" ]

  // They take turns. At each `await`, a task stops for a moment, and the others
  // get their turn before it goes on. Both make progress in the same period of
  // time, though one thread does only one thing at a moment. Such tasks are
  // concurrent: one begins before another one has ended.
  //
  // The scheduler is the part of a system that decides which task runs next. A
  // fair one gives every task its turn, so that none waits for ever. JavaScript
  // has one for the tasks on a thread, as asyncio has in Python: it is
  // cooperative, which means that a task keeps its turn until it awaits. The
  // operating system has one for processes and threads, and can stop them
  // anywhere.

  section("Any order, same result");
  // Concurrent tasks may take turns, overlap, and complete in any order. Here a
  // has three steps, b two, and c one. Each task then notes that it has
  // completed, and returns its name in capital letters.
  code(complete);
  await show(() => complete({ a: 3, b: 2, c: 1 })); // { completed: [ "c", "b", "a" ], results: [ "A", "B", "C" ] }
  await show(() => complete({ a: 1, b: 2, c: 3 })); // { completed: [ "a", "b", "c" ], results: [ "A", "B", "C" ] }

  // The order of completion is different, and the results are the same:
  // Promise.all keeps them in the order of the tasks. So the same inputs give
  // the same final result, in any order, if no task changes what another one
  // uses, or if synchronisation leaves only orders that are right (lesson 6).
  // Where tasks wait for a network, or run in workers, the order can change.

  section("Concurrent or parallel?");
  // Tasks are parallel when they run at the same moment, on several processors.
  //
  // Two tasks run in three ways: "sequential" runs one after the other; "async"
  // begins both on this thread; "workers" runs each in a worker. "under way" is
  // how many had begun and not ended at the same moment, and "computing" how
  // many were running code. Each task counts itself in shared memory. (In a
  // worker, it then waits for the other.)
  table(await compareStrategies(navigator.hardwareConcurrency));

  // Sequential tasks are neither concurrent nor parallel. With async, both were
  // under way, but only one at a time was computing: they were concurrent, and
  // not parallel. In workers, both were computing at the same moment: where two
  // processors are free, that is parallel, and it is concurrent too.
  //
  // So parallel implies concurrent: tasks that run at the same moment make
  // progress in the same period. The reverse is not true: concurrent tasks need
  // not be parallel, as async shows.
  if (navigator.hardwareConcurrency === 1) {
    say("This machine has one processor: workers take turns on it.");
  }

  section("The three ways in code");
  // Each way calls a task with each input, and gives the results in the order
  // of the inputs. (`switch` goes on at the case that has the name of the
  // strategy. chunkSize: 1 gives each worker one task at a time.)
  code(runTasks);
  const double = (n: number) => n * 2;
  await show(() => runTasks("sequential", double, [1, 2])); // [ 2, 4 ]
  await show(() => runTasks("async", double, [1, 2])); // [ 2, 4 ]
  await show(() => runTasks("workers", double, [1, 2])); // [ 2, 4 ]

  // Lesson 8 measures which way is faster for which kind of task.
}, {
  readOn: {
    "How JavaScript schedules its tasks":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Execution_model",
    "Tasks in Python": "https://docs.python.org/3/library/asyncio-task.html",
  },
});

/** How tasks are run. */
export type Strategy = "sequential" | "async" | "workers";

/** Runs tasks on this thread, in turns; gives the order of their steps. */
export async function interleave(
  names: readonly string[],
  steps: number,
): Promise<string[]> {
  const trace: string[] = [];
  const task = async (name: string) => {
    // #region solution: push the name and the number of each step, from 1, to the trace; let the others go on after each step
    for (let i = 1; i <= steps; i++) {
      trace.push(`${name}${i}`);
      await Promise.resolve();
    }
    // #endregion solution
  };
  await Promise.all(names.map(task));
  return trace;
}

/** Tasks of some steps; gives the order of completion, and the results. */
export async function complete(
  steps: Readonly<Record<string, number>>,
): Promise<{ completed: string[]; results: string[] }> {
  const completed: string[] = [];
  const task = async (name: string) => {
    for (let i = 0; i < steps[name]!; i++) await Promise.resolve();
    completed.push(name);
    return name.toUpperCase();
  };
  // #region solution: run the task with each name of the steps, all at the same time; return { completed, results }
  const results = await Promise.all(Object.keys(steps).map(task));
  return { completed, results };
  // #endregion solution
}

/** Runs a task with each input; gives the results. */
export async function runTasks<Input, Result>(
  strategy: Strategy,
  task: (input: Input) => Result | Promise<Result>,
  inputs: readonly Input[],
): Promise<Result[]> {
  const results: Result[] = [];
  // #region solution: "sequential" awaits each task before the next begins; "async" begins all, then awaits all; "workers" maps them over a pool with a worker for each input and chunkSize 1
  switch (strategy) {
    case "sequential":
      for (const input of inputs) results.push(await task(input));
      return results;
    case "async":
      return await Promise.all(inputs.map(task));
    case "workers": {
      using pool = new Pool({ workers: inputs.length });
      return await pool.map(task, inputs, { chunkSize: 1 });
    }
  }
  // #endregion solution
}

/** What tasks share that look around: two counts, and where workers meet. */
type Place = { cells: Int32Array; barrier: Barrier | undefined };

/** A task that counts how many tasks are under way, and how many compute. */
async function lookAround({ cells, barrier }: Place) {
  const [underWay, computing] = [0, 1];
  Atomics.add(cells, underWay, 1);
  await Promise.resolve(); // the others get their turn
  Atomics.add(cells, computing, 1);
  // A worker waits until the other one computes; on one thread, it could not.
  barrier?.wait({ timeout: 10_000 });
  const seen = [...cells];
  Atomics.sub(cells, computing, 1);
  Atomics.sub(cells, underWay, 1);
  return seen;
}

/** What two tasks have seen, for each way to run them. */
export async function compareStrategies(cores: number) {
  const rows = [];
  for (const way of ["sequential", "async", "workers"] as const) {
    const cells = new Int32Array(new SharedArrayBuffer(8));
    const barrier = way === "workers" ? new Barrier(2) : undefined;
    const place: Place = { cells, barrier };
    const seen = await runTasks(way, lookAround, [place, place]);
    const most = (i: number) => Math.max(...seen.map((counts) => counts[i]!));
    const [underWay, computing] = [most(0), most(1)];
    const [concurrent, parallel] = [underWay > 1, computing > 1 && cores > 1];
    rows.push({ way, "under way": underWay, computing, concurrent, parallel });
  }
  return rows;
}
