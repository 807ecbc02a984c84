/**
 * Lesson 2: Workers
 *
 * How to run a function beside the program that starts it, in a worker or in a
 * process of its own. You will see how to start it, how to wait for it and how
 * to stop it, and that it cannot touch the program's variables.
 *
 * @run deno run lessons/02_workers.ts
 * @test deno test tests/02_workers_test.ts
 */
import { Barrier, FunctionProcess, FunctionWorker } from "../mod.ts";
import {
  code,
  lesson,
  mayStartPrograms,
  say,
  section,
  show,
  showError,
  table,
} from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // A thread carries out instructions, one after another. Each process (lesson
  // 1) contains at least one thread, the main thread, which runs the program.
  // This lesson calls it main. A process can have more threads, which can run
  // at the same time on different processors.
  //
  // In Python, the threads of a process share its memory. They can use the same
  // data, and so they need synchronisation: rules for who may change it when
  // (lesson 6). Processes share no memory by default: they are isolated.
  //
  // JavaScript has workers (Web Workers). A worker is a thread of main's
  // process, but it has its own memory, as a process has.

  section("A worker without help");
  // A worker runs a program of its own. Here the program is a text. Blob makes
  // a file of it in memory, and createObjectURL gives the file an address. (A
  // worker from a file on the disk needs the permission --allow-read.)
  //
  // Main and the worker send messages to each other. postMessage sends a copy
  // of a value. The function that is stored as onmessage is called when a
  // message arrives, and finds the value in `data`. "module" is the kind of
  // program that Deno knows.
  const text = "onmessage = (event) => postMessage(event.data * 2);";
  const address = URL.createObjectURL(new Blob([text]));
  const doubler = new Worker(address, { type: "module" });
  const answer = messageFrom(doubler);
  doubler.postMessage(21);

  // messageFrom makes a promise: an object for a value that comes later.
  // `await` waits for that value. The worker sends back 21 * 2.
  code(messageFrom);
  await show(() => answer); // 42
  doubler.terminate();

  section("The life of a worker");
  // FunctionWorker writes these lines for you. It sends the text of a function
  // to a new worker, which calls the function and sends back what it returns.
  // Only the text can be sent: the function itself is in main's memory, and the
  // worker cannot look into that. So the function may use its arguments and its
  // own variables, but no variable around it.
  const worker = new FunctionWorker(() => "done", { name: "Worker-A" });

  // A new FunctionWorker is only an object in main's memory. Its state is
  // "initial": it has not started. Python also prints the id of the parent, the
  // process that makes a new one. A worker is in main's process, so it has no
  // parent to print. The last section prints the parent of a process.
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "initial" }
  show(() => worker.isAlive); // false

  // start() starts the worker, and main goes on at once. The state "started"
  // and isAlive mean that the worker runs, beside main.
  worker.start();
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "started" }
  show(() => worker.isAlive); // true

  // join() makes main wait for the end of the worker, and gives it what the
  // function returned. The state "finished" means that the function returned.
  await show(() => worker.join()); // "done"
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "finished" }
  show(() => worker.isAlive); // false

  section("Stop a worker");
  // The function of this worker never returns, because its promise never gets a
  // value. So main stops it. lifecycle notes the state of the worker three
  // times. A Barrier is a meeting point: who waits there goes on when all have
  // arrived, here main and the worker. After that, the worker certainly runs.
  // (wait() blocks a worker. Main should not be blocked: it uses waitAsync().)
  code(lifecycle);
  code(meetAndStay);
  await show(() => lifecycle()); // [ "initial", "started", "terminated" ]

  // "terminated" means that the worker was stopped before its function
  // returned. Then it is no longer alive, and there is nothing to join: join()
  // throws an error. In Python, is_alive() may still be true for a moment after
  // terminate(), until the system has ended the process. Here isAlive is false
  // at once.
  const stopped = new FunctionWorker(() => "never", { name: "Worker-B" });
  stopped.start();
  show(() => stopped.isAlive); // true
  stopped.terminate();
  show(() => stopped.isAlive); // false
  await showError(() => stopped.join()); // AbortError: Worker-B was terminated

  // terminate() only stops a worker that waits. In Deno 2.9, a worker in a loop
  // goes on using a processor until the whole program ends. A process can be
  // stopped in a loop too (last section).

  section("Three children");
  // greet returns a message, and the id of the process in which it is called.
  // Main calls it first.
  code(greet);
  show(() => greet("This is the main program.")); // ≈ { message: "This is the main program.", pid: 5542 }

  // Then main makes three workers, its children, and keeps them in a list.
  code(greeters);
  const children = greeters(3);

  // greetFromChildren starts all of them, and notes which are alive before main
  // joins the first one. Then it joins one after the other, and notes whether
  // that one is still alive. (`...` copies the fields of an object.)
  code(greetFromChildren);
  const greetings = await greetFromChildren(children);

  // Every child was alive before join(). As join() waits for the end of the
  // child, it is not alive after that.
  table(rowsOf(greetings));
  if (greetings.every(({ aliveAfter }) => !aliveAfter)) {
    say("All children have finished.");
  }

  // All have the process id of main, because workers are threads of main's
  // process. Python's children are processes, as in the last section.
  show(() => Deno.pid); // ≈ 5542

  section("Where children print");
  // In a notebook, Python may lose what a child process prints: that depends on
  // the system. A worker of Deno has no output of its own, so what it prints
  // appears in main's.
  code(printHello);
  const printer = new FunctionWorker(printHello);

  // The worker prints the next line. Then join() gives main what printHello
  // returned.
  printer.start();
  await show(() => printer.join()); // "printed"

  section("Memory of its own");
  // Main and a worker call the same function, which adds 1 to a variable named
  // counter. (`??` takes 0 if there is no counter yet; `delete` removes one.)
  code(increment);
  code(incrementEverywhere);

  // If they shared memory, the second one would count to 2. Both count to 1, so
  // there are two counters: the worker has its own memory.
  await show(() => incrementEverywhere()); // { main: 1, worker: 1 }

  section("Children that are processes");
  // FunctionProcess is used like FunctionWorker, but its function runs in a new
  // process, with its own id, its own memory and its own main thread. It does
  // not print to main's output: main gets the text, through onOutput.
  //
  // Process-A loops for ever. withResolvers makes a promise, and the function
  // that gives it its value: here the text that the process prints.
  code(loop);
  const { promise, resolve } = Promise.withResolvers<string>();
  const options = { name: "Process-A", onOutput: resolve };
  const child = new FunctionProcess(loop, options);

  // Printed, a process object shows its name, the id of its parent (main), its
  // state, and its own process id (pid), which it has once it is started.
  show(() => child); // ≈ FunctionProcess { name: "Process-A", parent: 5542, state: "initial", pid: undefined }
  show(() => child.isAlive); // false

  // lifeOf starts the process. When that has printed, lifeOf terminates it, and
  // waits with join() until it has ended.
  code(lifeOf);

  // A process ends with an exit code, and 0 means that all went well. To
  // terminate a process, main has the system send it a signal: a short message
  // that has a number. SIGTERM, number 15, asks a process to end. Deno then
  // gives the exit code 128 + 15 = 143, as shells do; Python gives -15.
  // (Windows has no signals, and other codes.)
  //
  // Main also starts three processes with greetFromChildren. It keeps them in a
  // list, as it kept the workers. Each adds 1 to its counter.
  code(introduce);
  const processes = [];
  for (let n = 0; n < 3; n++) {
    const args: [string] = [`Hello from #${n}`];
    processes.push(new FunctionProcess(introduce, { args }));
  }
  if (mayStartPrograms(import.meta)) {
    say("This is Process-A after start() and after terminate():");
    table(await lifeOf(child, promise));
    say(
      `After start(), the state is "started" and isAlive is true: the process runs. It printed: ${await promise} After terminate(), isAlive is false, although the process was in a loop. Its exit code is ${child.exitCode}.`,
    );
    const ends = await greetFromChildren(processes);
    say(`These are the three processes. Main is process ${Deno.pid}:`);
    table(rowsOf(ends));
    say(
      "They have different process ids, and main is the parent of all. Each counted to 1, and not to 2 or 3: each process has its own memory. Before join() the processes were alive, and after it they are not.",
    );
    if (ends.every(({ aliveAfter }) => !aliveAfter)) {
      say("All child processes have finished.");
    }
  }
}, {
  readOn: {
    "Web Workers":
      "https://developer.mozilla.org/docs/Web/API/Web_Workers_API/Using_web_workers",
    "Workers in Deno": "https://docs.deno.com/runtime/fundamentals/workers/",
  },
});

/** A promise of the next message of a worker. */
function messageFrom(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => {
    worker.onmessage = (event) => resolve(event.data);
  });
}

/** What a worker does that has to be stopped. */
export function meetAndStay(meeting: Barrier): Promise<never> {
  meeting.wait();
  return new Promise(() => {});
}

/** The states of a worker that never ends by itself. */
export async function lifecycle(): Promise<string[]> {
  const meeting = new Barrier(2);
  const worker = new FunctionWorker(meetAndStay, { args: [meeting] });
  // #region solution: note the state; start it, wait at the meeting, note the state; terminate it, note the state
  const states: string[] = [worker.state];
  worker.start();
  await meeting.waitAsync();
  states.push(worker.state);
  worker.terminate();
  states.push(worker.state);
  return states;
  // #endregion solution
}

/** What a child returns, and whether it was alive before and after its join. */
export type Joined<T> = T & { aliveBefore: boolean; aliveAfter: boolean };

/** Greets. */
export function greet(message: string) {
  return { message, pid: Deno.pid };
}

/** Workers that greet, not started. */
export function greeters(count: number) {
  const children = [];
  for (let n = 0; n < count; n++) {
    const args: [string] = [`Hello from child #${n}`];
    children.push(new FunctionWorker(greet, { args }));
  }
  return children;
}

/** Starts children, and joins them in order. */
export async function greetFromChildren<T>(
  children: readonly FunctionWorker<[string], T>[],
): Promise<Joined<T>[]> {
  // #region solution: start all; note isAlive of each; then join one after the other, and note isAlive again; return what each returned, with aliveBefore and aliveAfter
  for (const child of children) child.start();
  const before = children.map((child) => child.isAlive);
  const greetings = [];
  for (const [n, child] of children.entries()) {
    const greeting = await child.join();
    const aliveBefore = before[n]!;
    const aliveAfter = child.isAlive;
    greetings.push({ ...greeting, aliveBefore, aliveAfter });
  }
  return greetings;
  // #endregion solution
}

/** What children returned, as rows of a table. */
function rowsOf(ends: readonly Joined<{ message: string; pid: number }>[]) {
  return ends.map(({ aliveBefore, aliveAfter, ...said }) => ({
    ...said,
    pid: String(said.pid),
    "alive before join": aliveBefore,
    "alive after join": aliveAfter,
  }));
}

/** Prints a line. */
function printHello(): string {
  console.log("Hello from a worker");
  return "printed";
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
  // #region solution: call increment() here, then in a FunctionWorker, and return both counts
  const main = increment();
  const child = new FunctionWorker(increment);
  child.start();
  return { main, worker: await child.join() };
  // #endregion solution
}

/** Prints a line, and never returns. */
function loop(): void {
  console.log("I loop for ever.");
  while (true);
}

/** Starts a process, and terminates it when it has printed. */
export async function lifeOf(
  child: FunctionProcess<[], void>,
  printed: Promise<string>,
) {
  const look = () => {
    return { child: Deno.inspect(child), isAlive: child.isAlive };
  };
  child.start();
  const started = look();
  await Promise.race([printed, child.join()]);
  child.terminate();
  const terminated = look();
  await child.join().catch(() => {});
  return [started, terminated];
}

/** Counts in the memory of its process, and says who it is. */
function introduce(message: string) {
  const memory = globalThis as { counter?: number };
  memory.counter = (memory.counter ?? 0) + 1;
  const { pid, ppid } = Deno;
  return { message, pid, parent: String(ppid), counter: memory.counter };
}
