/**
 * Lesson 2: Workers
 *
 * How a function is made to run beside the program that starts it: its states,
 * how to wait for it, how to stop it, why it cannot touch the program's
 * variables, and what changes when it gets a process of its own.
 *
 * @run deno run lessons/02_workers.ts
 * @test deno test tests/02_workers_test.ts
 *
 * @hint lifecycle Look at the state each time before something changes it.
 * @hint lifecycle A FunctionWorker has start(), state, isAlive and terminate().
 * @hint lifecycle Keep worker.state in a variable, start it, wait for running.get(), and so on; return the three states.
 * @hint greetFromChildren Start them all first, and wait only then.
 * @hint greetFromChildren Keep them in an array; join() gives what a child returned.
 * @hint greetFromChildren for (const [number, child] of …) { look at child.isAlive; put something through gates[number]; … }
 * @hint incrementEverywhere Both sides call the same function, each on its own memory.
 * @hint incrementEverywhere A FunctionWorker with `increment` as its target; join() gives its count.
 * @hint incrementEverywhere const main = …; make a FunctionWorker(…); start it; const worker = await …; return both.
 */
import { FunctionProcess, FunctionWorker, Queue } from "../mod.ts";
import { flags, refusal, section, show, table, title } from "../lib/lesson.ts";

/** What main saw of a child, and what the child sent back. */
export type Greeting =
  & Record<"name" | "message", string>
  & { pid: number }
  & Record<"aliveBefore" | "aliveAfter", boolean>;

/** The states of a worker that would run for ever. */
export async function lifecycle(): Promise<string[]> {
  const running = new Queue<string>();
  const worker = new FunctionWorker(async (running: Queue<string>) => {
    await running.put("so far");
    await new Promise(() => {});
  }, { args: [running] });
  // #region solution: look, start, wait until it runs, look, terminate, look
  const made = worker.state;
  worker.start();
  await running.get();
  const started = worker.state;
  worker.terminate();
  return [made, started, worker.state];
  // #endregion solution
}

/** Starts children, joins them in order, and tells how each was doing. */
export async function greetFromChildren(count: number): Promise<Greeting[]> {
  const greet = async (number: number, gate: Queue<string>) => {
    await gate.get();
    const message = `Hello from child #${number}`;
    return { name: globalThis.name, message, pid: Deno.pid };
  };
  // Until something is put through its gate, a child is certainly alive.
  const gates = Array.from({ length: count }, () => new Queue<string>());
  const children = gates.map((gate, number) =>
    new FunctionWorker(greet, { args: [number, gate] })
  );
  const greetings: Greeting[] = [];
  // #region solution: start every child; then look, open its gate, join, look
  for (const child of children) child.start();
  for (const [number, child] of children.entries()) {
    const aliveBefore = child.isAlive;
    await gates[number]!.put("open");
    const greeting = await child.join();
    greetings.push({ ...greeting, aliveBefore, aliveAfter: child.isAlive });
  }
  // #endregion solution
  return greetings;
}

/** Adds 1 to the counter in the memory of whoever calls it. */
function increment(): number {
  const memory = globalThis as { counter?: number };
  return memory.counter = (memory.counter ?? 0) + 1;
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

/** Runs three processes; the second one computes for ever, until it is killed. */
export async function threeProcesses() {
  const begun = new Queue<number>();
  const compute = async (begun: Queue<number>, forever: boolean) => {
    await begun.put(Deno.pid);
    while (forever);
  };
  const children = [false, true, false].map((forever) =>
    new FunctionProcess(compute, { args: [begun, forever] })
  );
  for (const child of children) child.start();
  const pids = [await begun.get(), await begun.get(), await begun.get()];
  children[1]!.terminate();
  await Promise.allSettled(children.map((child) => child.join()));
  return children.map(({ pid = 0, state, exitCode = 0, signal = "" }) => {
    return { pid, hasSaidSo: pids.includes(pid), state, exitCode, signal };
  });
}

if (import.meta.main) {
  flags(import.meta);
  title("Workers");

  // A new worker is only an object with a function and a name. Nothing runs.
  const worker = new FunctionWorker(() => "done", { name: "Worker-A" });
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "initial" }

  // start() has it run beside this program, and does not wait until it does.
  worker.start();
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "started" }
  show(() => worker.isAlive); // true

  // join() waits for the end, and gives what the function returned.
  await show(() => worker.join()); // "done"
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "finished" }

  // This one would tick for ever; terminate() ends it from outside.
  await show(() => lifecycle()); // [ "initial", "started", "terminated" ]

  section("Three children");

  // All are started before the first is joined, so they run side by side. The
  // order of the joins is the order of the list, whoever finishes first.
  table(await greetFromChildren(3));

  // Python's children have a process id each. A Web Worker is a thread of the
  // process that made it: it has main's id, and prints where main prints.
  show(() => Deno.pid); // ≈ 5542
  const printer = new FunctionWorker(() => console.log("printed by a worker"));
  printer.start();
  await printer.join();

  section("Memory of its own");

  // Both run the same function on a variable of the same name. Were the memory
  // shared, the second would count 2. A worker has a heap of its own.
  await show(() => incrementEverywhere()); // { main: 1, worker: 1 }

  section("Children that are processes");

  // FunctionProcess has the same life in a process with an id of its own. The
  // second one is in a loop, which no worker could be called back from; the
  // system ends a process at any moment, by a signal.
  const refused = refusal(import.meta, Deno.execPath());
  if (refused) console.log(refused);
  else table(await threeProcesses());
}
