/**
 * Lesson 2: Workers
 *
 * How a function is made to run beside the program that starts it: the states
 * it goes through, how to wait for it, how to stop it, and why it cannot touch
 * the variables of the program.
 *
 * @run deno run lessons/02_workers.ts
 * @test deno test tests/02_workers_test.ts
 *
 * @hint lifecycle Note the state each time before something changes it.
 * @hint lifecycle A FunctionWorker has start(), state, isAlive and terminate().
 * @hint lifecycle note(); worker.start(); note(); …; worker.terminate(); note();
 * @hint greetFromChildren Start them all first, and wait only then.
 * @hint greetFromChildren Keep them in an array; join() gives what a child returned.
 * @hint greetFromChildren for (const child of children) { const aliveBefore = child.isAlive; const message = await child.join(); … }
 * @hint incrementEverywhere Both sides call the same function, each on its own memory.
 * @hint incrementEverywhere A FunctionWorker with `increment` as its target; join() gives its count.
 * @hint incrementEverywhere const child = new FunctionWorker(increment); child.start(); const worker = await child.join();
 */
import { FunctionWorker } from "../mod.ts";
import { flags, section, show, table, title } from "../lib/lesson.ts";

/** What main saw of a child, and what the child sent back. */
export interface Greeting {
  name: string;
  message: string;
  pid: number;
  aliveBefore: boolean;
  aliveAfter: boolean;
}

/** Ticks until it is ended from outside: its promise never settles. */
function tick(ticks: Int32Array): Promise<never> {
  setInterval(() => {
    Atomics.add(ticks, 0, 1);
    Atomics.notify(ticks, 0);
  }, 5);
  return new Promise(() => {});
}

/** The states of a worker: made, started and ticking, terminated. */
export async function lifecycle(): Promise<string[]> {
  const ticks = new Int32Array(new SharedArrayBuffer(4));
  const worker = new FunctionWorker(tick, { args: [ticks] });
  const states: string[] = [];
  // #region solution: note the state, start, wait for a tick, note, terminate, note
  states.push(worker.state);
  worker.start();
  await Atomics.waitAsync(ticks, 0, 0).value;
  states.push(worker.state);
  worker.terminate();
  states.push(worker.state);
  // #endregion solution
  return states;
}

/** Starts children, joins them in order, and tells how each was doing. */
export async function greetFromChildren(count: number): Promise<Greeting[]> {
  // A child goes on when its gate opens, so until then it is certainly alive.
  const gates = new Int32Array(new SharedArrayBuffer(4 * count));
  const greet = (number: number, gates: Int32Array) => {
    Atomics.wait(gates, number, 0);
    return { message: `Hello from child #${number}`, pid: Deno.pid };
  };
  const children = Array.from(
    { length: count },
    (_, number) => new FunctionWorker(greet, { args: [number, gates] }),
  );
  const greetings: Greeting[] = [];
  // #region solution: start every child; then look, open its gate, join, look
  for (const child of children) child.start();
  for (const [number, child] of children.entries()) {
    const aliveBefore = child.isAlive;
    Atomics.store(gates, number, 1);
    Atomics.notify(gates, number);
    const { message, pid } = await child.join();
    const aliveAfter = child.isAlive;
    greetings.push({ name: child.name, message, pid, aliveBefore, aliveAfter });
  }
  // #endregion solution
  return greetings;
}

/** Adds 1 to the counter in the memory of whoever calls it. */
function increment(): number {
  const memory = globalThis as { counter?: number };
  memory.counter = (memory.counter ?? 0) + 1;
  return memory.counter;
}

/** Lets main and a worker increment the counter once each. */
export async function incrementEverywhere(): Promise<
  { main: number; worker: number }
> {
  delete (globalThis as { counter?: number }).counter;
  // #region solution: increment here, then in a worker, and give both counts
  const main = increment();
  const child = new FunctionWorker(increment);
  child.start();
  const worker = await child.join();
  return { main, worker };
  // #endregion solution
}

if (import.meta.main) {
  flags(import.meta);
  title("Workers");

  // A new worker is only an object; nothing runs yet. It has a function to run,
  // and a name.
  const worker = new FunctionWorker(() => "done", { name: "Worker-A" });
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "initial" }

  // start() makes the operating system run it beside this program. That takes
  // some milliseconds, and main does not wait for them.
  worker.start();
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "started" }
  show(() => worker.isAlive); // true

  // join() waits for the end, and brings back what the function returned.
  await show(() => worker.join()); // "done"
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "finished" }
  show(() => worker.isAlive); // false

  // Not every worker ends by itself. This one ticks for ever, and terminate()
  // ends it from outside.
  await show(() => lifecycle()); // [ "initial", "started", "terminated" ]

  section("Three children");

  // All are started before the first is joined, so they run side by side. The
  // order of the joins is the order of the list, whoever finishes first.
  table((await greetFromChildren(3)).map((greeting) => ({ ...greeting })));

  // Python's children have a process id each. A Web Worker is a thread of the
  // process that made it, so the id in the table is that of main.
  show(() => Deno.pid); // ≈ 5542

  // A child process cannot print where main prints. A worker can: the terminal
  // belongs to the process, and the worker is a part of it.
  const printer = new FunctionWorker(() => console.log("printed by a worker"));
  printer.start();
  await printer.join();

  section("Memory of its own");

  // Main and the worker run the same function on a variable of the same name.
  // Were the memory shared, the second would count 2. A worker has a heap of
  // its own, as a process has, and each counts to 1.
  await show(() => incrementEverywhere()); // { main: 1, worker: 1 }
}
