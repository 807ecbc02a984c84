/**
 * Lesson 2: Workers
 *
 * How to run a function beside the program that starts it. You will see that it
 * cannot touch the program's variables, and how to start it, wait for it and
 * stop it.
 *
 * @run deno run lessons/02_workers.ts
 * @test deno test tests/02_workers_test.ts
 */
import { FunctionWorker } from "../mod.ts";
import { code, lesson, say, section } from "../lib/lesson.ts";
import { show, showError, table } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // A thread carries out instructions, one after another. Each process (lesson
  // 1) contains at least one thread, the main thread (main, for short). More
  // threads can run beside it, on other processors.
  //
  // In Python, the threads of a process share its memory. They can use the same
  // data, so they need synchronisation: rules for who may change it when. In
  // JavaScript, the threads are workers. Do they share memory too?

  section("Reading the code");
  // The code here, and in Python:
  table(phrasebook);

  // A promise stands for a value that comes later. `await` waits for it, and so
  // does the arrow (→) in the lessons.
  //
  // The file has types (`: number`, `<T>`) and `!`, too: they are not printed.

  section("One counter or two?");
  // globalThis holds the variables that all code of a program can use.
  // increment adds 1 to one of them. (`??` takes 0 where there is no value
  // yet.) Main sets it to 0 and calls increment; then a worker calls it.
  code(increment);
  code(incrementEverywhere);
  await show(() => incrementEverywhere()); // { main: 1, worker: 1 }

  // With one counter, the worker would count to 2. There are two: a worker is a
  // thread of main's process, and yet has its own memory. So FunctionWorker
  // sends it the text of the function. The function can use its arguments and
  // what every program has, such as globalThis, but no variable around it.

  section("The life of a worker");
  // A new FunctionWorker has not started: its state is "initial". Alive means
  // that it has started and has not ended.
  const worker = new FunctionWorker(() => "done", { name: "Worker-A" });
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "initial" }
  show(() => worker.isAlive); // false

  // start() starts the worker. Main goes on at once.
  worker.start();
  show(() => worker.state); // "started"
  show(() => worker.isAlive); // true

  // join() makes main wait for the end of the worker, and gives main what the
  // function returned.
  await show(() => worker.join()); // "done"
  show(() => worker.state); // "finished"

  section("Stop a worker");
  // This worker waits for a promise that never gets a value.
  const waiting = new FunctionWorker(waitForEver, { name: "Worker-B" });
  waiting.start();
  show(() => waiting.isAlive); // true
  waiting.terminate();
  show(() => waiting.isAlive); // false

  // The function has not returned, so join() has nothing to give:
  await showError(() => waiting.join()); // AbortError: Worker-B was terminated

  // lifecycle notes the states:
  show(() => lifecycle()); // [ "initial", "started", "terminated" ]

  // terminate() stops a waiting worker. In Deno 2.9, an endless loop goes on,
  // although isAlive says false, and the program does not end.
  //
  // Python does this differently: the last state is "stopped", and join()
  // returns None. A Process has a terminate(), a Thread has none.

  section("Three children");
  // greet returns a message, and the id of its process. First, main calls it,
  // and prints its own message and id:
  show(() => greet("This is the main program.")); // ≈ { message: "This is the main program.", pid: "5542" }

  // Main makes three workers, its children, and keeps them in a list. This
  // function starts all of them, and joins one after the other.
  const children = greeters(3);
  code(greetFromChildren);
  table(await greetFromChildren(children));
  say("All children have finished.");

  // Each was alive before join(), and not after it: join() waits for the end.
  // All have the id of main's process, because workers are its threads. What
  // they print appears where main prints. FunctionWorker is built on
  // JavaScript's own Worker, which runs a file.
}, {
  readOn: {
    "Workers in Deno": "https://docs.deno.com/runtime/fundamentals/workers/",
  },
});

/** What JavaScript looks like in Python. */
const phrasebook = [
  ["const n = 5;", "n = 5, and never another"],
  ["(n) => n * 2", "lambda n: n * 2"],
  ["`child #${n}`", 'f"child #{n}"'],
  ["{ size: 1, name }", '{"size": 1, "name": name}'],
  ["const { size } = it;", 'size = it["size"]'],
  ["{ ...it, size: 1 }", '{**it, "size": 1}'],
  ["list.push(4)", "list.append(4)"],
  ["list.map(f)", "[f(x) for x in list]"],
  ["for (const x of list)", "for x in list:"],
  ["for (let i = 0; i < n; i++)", "for i in range(n):"],
  ["for (const [i, x] of list.entries())", "for i, x in enumerate(list):"],
  ["a === b && c", "a == b and c"],
  ["a ? b : c", "b if a else c"],
  ["async function f()", "async def f():"],
].map(([here, python]) => ({ JavaScript: here!, Python: python! }));

declare global {
  /** A number that all the code of a program can use. */
  var counter: number | undefined;
}

/** Adds 1 to the counter in the memory of whoever calls it. */
function increment(): number {
  globalThis.counter = (globalThis.counter ?? 0) + 1;
  return globalThis.counter;
}

/** Lets main and a worker increment the counter once each. */
export async function incrementEverywhere(): Promise<
  { main: number; worker: number }
> {
  globalThis.counter = 0;
  // #region solution: call increment() here, then in a FunctionWorker, and return both counts
  const main = increment();
  const child = new FunctionWorker(increment);
  child.start();
  return { main, worker: await child.join() };
  // #endregion solution
}

/** What a worker does that has to be stopped. */
export function waitForEver(): Promise<never> {
  return new Promise(() => {});
}

/** The states of a worker that never ends by itself. */
export function lifecycle(): string[] {
  const worker = new FunctionWorker(waitForEver);
  // #region solution: note the state; start the worker and note its state; terminate it and note its state
  const states: string[] = [worker.state];
  worker.start();
  states.push(worker.state);
  worker.terminate();
  states.push(worker.state);
  return states;
  // #endregion solution
}

/** Greets. */
export function greet(message: string) {
  return { message, pid: `${Deno.pid}` };
}

/** Workers that greet, not started. */
export function greeters(count: number) {
  return Array.from({ length: count }, (_, n) => {
    return new FunctionWorker(greet, { args: [`Hello from child #${n}`] });
  });
}

/** What a child returned, and whether it was alive before and after join(). */
export type Joined<T> = T & { aliveBefore: boolean; aliveAfter: boolean };

/** Starts children, and joins them in order. */
export async function greetFromChildren<T>(
  children: readonly FunctionWorker<[string], T>[],
): Promise<Joined<T>[]> {
  // #region solution: start all; note isAlive of each; then join one after the other, and note isAlive again; return what each returned, with aliveBefore and aliveAfter
  for (const child of children) child.start();
  const alive = children.map((child) => child.isAlive);
  const greetings: Joined<T>[] = [];
  for (const [n, child] of children.entries()) {
    const greeting = await child.join();
    const aliveBefore = alive[n]!;
    const aliveAfter = child.isAlive;
    greetings.push({ ...greeting, aliveBefore, aliveAfter });
  }
  return greetings;
  // #endregion solution
}
