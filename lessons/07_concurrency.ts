/**
 * Lesson 7: Concurrency
 *
 * What concurrent and parallel mean, and why every parallel program is
 * concurrent but not the reverse. You will see the same tasks run in three ways,
 * once tasks that wait and once tasks that compute, and which way suits which.
 *
 * @run deno run lessons/07_concurrency.ts
 * @test deno test tests/07_concurrency_test.ts
 */
import { Barrier, Pool } from "../mod.ts";
import { bars, code, count, duration, lesson } from "../lib/lesson.ts";
import { say, section, show, table } from "../lib/lesson.ts";

const cores = navigator.hardwareConcurrency;

lesson(import.meta, async ({ ms, n }) => {
  // Tasks are concurrent when they make progress in the same period of time: a
  // task begins before another one has ended. They may take turns, overlap, and
  // complete in any order. The final result stays the same if no task changes
  // what another one uses, or if they are synchronised (lesson 6).

  section("Taking turns");
  // The scheduler is the part of a system that decides which task runs next. A
  // fair scheduler gives every task its turn, so that none waits for ever. The
  // operating system has one for processes and threads, and JavaScript has one
  // for the tasks on a thread: there, a task gets its turn when another one
  // awaits something.
  //
  // An async function is such a task. At each `await`, it stops for a moment,
  // and the others get their turn before it goes on. (Promise.resolve() is a
  // promise that is ready: there is nothing else to wait for.) The tasks a and
  // b have three steps each: a1 is the first step of a. Promise.all waits for
  // both.
  code(interleave);
  await show(() => interleave(["a", "b"], 3)); // [ "a1", "b1", "a2", "b2", "a3", "b3" ]

  // Both made progress in the same period. They were concurrent, on one thread.

  section("Any order, same result");
  // Three concurrent tasks have a different number of steps. The scheduler
  // gives each of them one step in turn, so the task with the fewest steps
  // completes first. Each task returns its name in capital letters. Promise.all
  // keeps the results in the order of the tasks, in whatever order they
  // complete.
  code(complete);
  await show(() => complete({ a: 3, b: 2, c: 1 })); // { completed: [ "c", "b", "a" ], results: [ "A", "B", "C" ] }
  await show(() => complete({ a: 1, b: 2, c: 3 })); // { completed: [ "a", "b", "c" ], results: [ "A", "B", "C" ] }

  // The order of completion is different, and the results are the same. Where
  // tasks wait for a disk or a network, or run in workers, the order can even
  // change from run to run.

  section("Concurrent or parallel?");
  // Tasks are parallel when they run at the same moment, on several processors.
  // runTasks can run the same tasks in three ways: "sequential" runs one after
  // another; "async" begins all of them on this thread, and then waits for all;
  // "workers" runs them in workers, one for each task. `switch` goes on at the
  // case that has the name of the strategy.
  code(runTasks);

  // Each way runs two tasks that look around. `cells` are two counters that the
  // tasks share: the first one says how many tasks are under way, which means
  // begun and not ended; the second one says how many are computing. While a
  // task computes, no other code of its thread can run.
  //
  // In workers, each computing task waits at a barrier (lesson 6), for at most
  // 10 000 milliseconds, until the other one is computing too. On one thread,
  // the other one could not come, so there is no barrier.
  code(lookAround);

  // The table shows how many tasks were under way, and how many were computing,
  // at the same moment.
  table(await compareStrategies(cores));

  // Sequential tasks are neither concurrent nor parallel. With async, both
  // tasks were under way, but only one at a time was computing: they were
  // concurrent, and not parallel. In workers, both were computing at the same
  // moment. With two processors or more, that is parallel, and it is concurrent
  // too.
  //
  // So parallel implies concurrent: tasks that run at the same moment make
  // progress in the same period. The reverse is not true: concurrent tasks need
  // not be parallel, as async shows.
  if (cores === 1) {
    say("This machine has one processor: workers take turns on it.");
  }

  section("One piece of code at a time");
  // JavaScript runs in isolates. An isolate has its own memory, and it runs one
  // piece of code at a time. Main is an isolate, and so is each worker.
  //
  // So a computation blocks everything else in its isolate. wait(ms) sets a
  // timer, and returns a promise that is kept when the time is over; then()
  // says what to do at that moment. The timer here is due at once, but main
  // computes for 20 milliseconds first.
  code(wait);
  code(blockTimer);
  await show(() => blockTimer()); // [ "computation", "timer" ]

  // The timer was blocked until the computation had ended. A worker blocks only
  // itself. This one computes until main's timer has set `done` to 1, in memory
  // that both share. If it blocked main, it would never end.
  code(computeElsewhere);
  await show(() => computeElsewhere()); // [ "timer", "computation" ]

  section("Tasks that wait");
  // I/O means input and output: to read and write files, or to communicate over
  // a network. A task is I/O-bound when it spends most of its time waiting for
  // that. The processor has nothing to do then. Here, a timer takes the place
  // of a file or a network: the tasks call wait(ms).
  say(`Four tasks wait for ${duration(ms)} each, in three ways:`);
  const waitTimes = await measure((way) => runIoBound(way, ms));
  bars(waitTimes, duration);
  say(describeWaiting(waitTimes));

  section("Tasks that compute");
  // CPU means central processing unit, the processor. A task is CPU-bound when
  // it spends most of its time computing. This one counts prime numbers.
  code(countPrimes);
  say(`Four tasks count the primes below ${count(n)}, in three ways:`);
  const computeTimes = await measure((way) => runCpuBound(way, n));
  bars(computeTimes, duration);
  say(describeComputing(computeTimes, cores));

  section("Threads and processes in Python");
  // In Python, the threads of a process share its memory, and a lock lets only
  // one of them at a time run Python code: the Global Interpreter Lock (GIL).
  // So Python's threads are concurrent, but they do not run Python code in
  // parallel. (Code in C can release the GIL, as NumPy's does for large
  // arrays.) Threads are useful for waiting: a thread that waits lets the
  // others run.
  //
  // There is one GIL per process, and none across processes. Each process has
  // its own Python interpreter and its own GIL, so processes compute in
  // parallel, as workers do here. Since Python 3.13, there are also builds of
  // Python without the GIL.
  //
  // What the GIL does for the threads of a Python process, the isolate does
  // here: one piece of code at a time. So multithreading (several threads)
  // suits tasks that wait, and multiprocessing (several processes, here
  // workers) suits tasks that compute.

  section("What to choose");
  // I/O-bound tasks call for async: one thread can wait for many things at the
  // same time. In Python, use threads for them.
  //
  // Large CPU-bound tasks call for workers, which compute on several processors
  // if these are free. In Python, use processes for them, because of the GIL.
  //
  // A tiny task ends before a worker has even started. Run such tasks one after
  // another. chooseStrategy gives the way for each kind of task:
  table(choices());
}, {
  options: {
    ms: { default: 100, help: "how long a task waits, in milliseconds" },
    n: { default: 1_500_000, help: "below which number to count primes" },
  },
  readOn: {
    "How JavaScript schedules its tasks":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Execution_model",
    "The Global Interpreter Lock":
      "https://docs.python.org/3/glossary.html#term-global-interpreter-lock",
    "Python without the GIL":
      "https://docs.python.org/3/howto/free-threading-python.html",
  },
});

/** How tasks are run. */
export type Strategy = "sequential" | "async" | "workers";
/** What tasks consist of: waiting, computing, or next to nothing. */
export type Kind = "io-bound" | "cpu-bound" | "tiny";
/** How long it took, in milliseconds, and what the tasks returned. */
export type Run<Result = number> = { elapsed: number; results: Result[] };

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
export async function complete(steps: Readonly<Record<string, number>>) {
  const completed: string[] = [];
  const task = async (name: string) => {
    for (let i = 0; i < steps[name]!; i++) await Promise.resolve();
    completed.push(name);
    return name.toUpperCase();
  };
  const results = await Promise.all(Object.keys(steps).map(task));
  return { completed, results };
}

/** Runs a task with each input; gives the results, and how long it took. */
export async function runTasks<Input, Result>(
  strategy: Strategy,
  task: (input: Input) => Result | Promise<Result>,
  inputs: readonly Input[],
): Promise<Run<Result>> {
  const start = performance.now();
  let results: Result[] = [];
  // #region solution: "sequential" awaits each task before the next begins; "async" begins all, then awaits all; "workers" maps them over a pool with a worker for each input and chunkSize 1
  switch (strategy) {
    case "sequential":
      for (const input of inputs) results.push(await task(input));
      break;
    case "async":
      results = await Promise.all(inputs.map(task));
      break;
    case "workers": {
      using pool = new Pool({ workers: inputs.length });
      results = await pool.map(task, inputs, { chunkSize: 1 });
    }
  }
  // #endregion solution
  return { elapsed: performance.now() - start, results };
}

/** What tasks share that look around: two counts, and where workers meet. */
type Place = { cells: Int32Array; barrier: Barrier | undefined };

/** A task that counts how many tasks are under way, and how many compute. */
async function lookAround({ cells, barrier }: Place) {
  const [underWay, computing] = [0, 1];
  Atomics.add(cells, underWay, 1);
  await Promise.resolve(); // the others get their turn
  Atomics.add(cells, computing, 1);
  barrier?.wait({ timeout: 10_000 });
  const seen = [...cells];
  Atomics.sub(cells, computing, 1);
  Atomics.sub(cells, underWay, 1);
  return seen;
}

/** What two tasks have seen, for each way to run them. */
export async function compareStrategies(cores: number) {
  const rows = [];
  for (const strategy of ["sequential", "async", "workers"] as const) {
    const cells = new Int32Array(new SharedArrayBuffer(8));
    const barrier = strategy === "workers" ? new Barrier(2) : undefined;
    const place: Place = { cells, barrier };
    const { results } = await runTasks(strategy, lookAround, [place, place]);
    const most = (i: number) => Math.max(...results.map((seen) => seen[i]!));
    const [underWay, computing] = [most(0), most(1)];
    const [concurrent, parallel] = [underWay > 1, computing > 1 && cores > 1];
    rows.push({
      ...{ way: strategy, "under way": underWay, computing },
      ...{ concurrent, parallel },
    });
  }
  return rows;
}

/** What happens to a timer that is due while this thread computes. */
export async function blockTimer(): Promise<string[]> {
  const trace: string[] = [];
  const timer = wait(0).then(() => trace.push("timer"));
  const start = performance.now();
  while (performance.now() - start < 20) countPrimes(100);
  trace.push("computation");
  await timer;
  return trace;
}

/** What happens to a timer that is due while a worker computes. */
export async function computeElsewhere(): Promise<string[]> {
  using pool = new Pool({ workers: 1 });
  const trace: string[] = [];
  const done = new Int32Array(new SharedArrayBuffer(4));
  wait(0).then(() => {
    trace.push("timer");
    Atomics.store(done, 0, 1);
  });
  const compute = (done: Int32Array) => {
    while (Atomics.load(done, 0) === 0);
  };
  await pool.apply(compute, [done]);
  trace.push("computation");
  return trace;
}

/** Waits, as for a disk or a network; returns how long, in milliseconds. */
function wait(ms: number): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(ms), ms));
}

/** Counts the prime numbers below `n`: nothing but computing. */
function countPrimes(n: number): number {
  let count = 0;
  for (let i = 2; i < n; i++) {
    let isPrime = true;
    for (let d = 2; d * d <= i && isPrime; d++) isPrime = i % d !== 0;
    if (isPrime) count += 1;
  }
  return count;
}

/** Tasks that wait: four times 100 ms, unless said otherwise. */
export function runIoBound(strategy: Strategy, ms = 100): Promise<Run> {
  return runTasks(strategy, wait, [ms, ms, ms, ms]);
}

/** Tasks that compute: four times the primes below 1 500 000. */
export function runCpuBound(strategy: Strategy, n = 1_500_000): Promise<Run> {
  return runTasks(strategy, countPrimes, [n, n, n, n]);
}

/** How long each way took, in milliseconds. */
export type Times = Record<Strategy, number>;

/** Measures each way to run tasks. */
export async function measure(
  run: (strategy: Strategy) => Promise<Run>,
): Promise<Times> {
  const { elapsed: sequential } = await run("sequential");
  const { elapsed: async } = await run("async");
  const { elapsed: workers } = await run("workers");
  return { sequential, async, workers };
}

/** What the times of waiting tasks mean. */
export function describeWaiting(times: Times): string {
  const { sequential, async, workers } = times;
  const gain = sequential / async < 1.5
    ? "Async gained little this time, because the machine is busy or the tasks " +
      "wait for too short a time. It waits for all tasks at the same time."
    : `Async was ${(sequential / async).toFixed(1)} times as fast as ` +
      "sequential: one thread waited for all tasks at the same time.";
  return `${gain} Workers wait at the same time too, but they have to start ` +
    `first. ${
      workers > async
        ? `That took ${duration(workers - async)} more than async.`
        : "This time it did not show, because the machine is busy."
    }`;
}

/** What the times of computing tasks mean. */
export function describeComputing(times: Times, cores: number): string {
  const gain = times.sequential / times.workers;
  const unlike = Math.abs(Math.log(times.async / times.sequential)) > 0.2
    ? "That the two differ comes from other programs, which use the " +
      "processors too. "
    : "";
  const why = "Async gains nothing here: there is no waiting that one task " +
    "could use for another, and the one thread has just as much to compute. " +
    `It took ${duration(times.async)}, sequential ${
      duration(times.sequential)
    }. ${unlike}`;
  if (cores === 1) {
    return `${why}Workers gain nothing either: this machine has one processor.`;
  }
  if (gain >= 1.2) {
    return `${why}Workers were ${
      gain.toFixed(1)
    } times as fast as sequential, ` +
      `because they compute in parallel, on ${cores} processors.`;
  }
  const result = gain >= 1
    ? "Workers gained little this time."
    : `Workers lost this time: they took ${(1 / gain).toFixed(1)} times as ` +
      "long as sequential.";
  return `${why}${result} They have to start first, and the ${cores} ` +
    "processors were busy with other programs, or the tasks were too small to " +
    "make up for the start. On free processors, large tasks gain.";
}

/** Which way suits each kind of task, here and in Python, and why. */
function choices() {
  const choice = (kind: Kind, task: string, python: string, why: string) => ({
    ...{ task, here: chooseStrategy(kind), "in Python": python, why },
  });
  return [
    choice(
      "io-bound",
      "waits (I/O-bound)",
      "threads",
      "one thread waits for all tasks",
    ),
    choice(
      "cpu-bound",
      "computes (CPU-bound)",
      "processes",
      "they compute in parallel",
    ),
    choice("tiny", "tiny", "a loop", "a start takes longer than the task"),
  ];
}

/** Which strategy suits a kind of task. */
export function chooseStrategy(kind: Kind): Strategy {
  // #region solution: return the strategy for tasks that wait ("io-bound"), that compute ("cpu-bound"), and that do next to nothing ("tiny")
  if (kind === "tiny") return "sequential";
  return kind === "io-bound" ? "async" : "workers";
  // #endregion solution
}
