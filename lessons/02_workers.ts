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
  // This lesson calls it main. A process can have more threads, and they run at
  // the same time on different processors.
  //
  // In Python, the threads of a process share its memory. They can use the same
  // data, and so they need synchronisation: rules for who may change it when
  // (lesson 5). Processes share no memory, and are isolated from each other.
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
  // parent to print. The processes of the last section have one.
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "initial" }
  show(() => worker.isAlive); // false

  // start() starts the worker, and main goes on at once. Both run in parallel.
  worker.start();
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "started" }
  show(() => worker.isAlive); // true

  // join() makes main wait for the end of the worker, and gives it what the
  // function returned. The state "finished" means that the function returned.
  await show(() => worker.join()); // "done"
  show(() => worker); // FunctionWorker { name: "Worker-A", state: "finished" }
  show(() => worker.isAlive); // false

  section("Stop a worker");
  // The function of this worker never returns, so main stops it. lifecycle
  // notes the state of the worker three times. A Barrier is a meeting point:
  // who waits there goes on when all have arrived, here main and the worker.
  // After that, the worker certainly runs. (wait() blocks a worker. Nothing may
  // block main, so it uses waitAsync().)
  //
  // Then the worker stays for ever, because nothing keeps the promise that it
  // returns.
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

  section("Three children");
  // greet returns a message, and the id of the process in which it is called.
  // With a meeting it waits there first, twice and at most 10 seconds each.
  // Main calls it without: `?.` calls wait() only if there is a meeting.
  code(greet);
  show(() => greet("This is the main program.")); // ≈ { message: "This is the main program.", pid: 5542 }

  // Then main starts three workers, its children, which call greet too. It
  // keeps them in a list. It meets all of them, so all run at the same time,
  // and looks which are alive. They meet again, and the children may return.
  // Then main joins one after the other.
  code(greetFromChildren);
  const greetings = await greetFromChildren(3);

  // Every child was alive before main joined the first one. join() waited for
  // its end, so it is not alive after that.
  table(rowsOf(greetings));
  if (greetings.every(({ aliveAfter }) => !aliveAfter)) {
    say("All children have finished.");
  }

  // All have the process id of main, because workers are threads of main's
  // process. Python's children are processes, with an id each. The last section
  // has such children.
  show(() => Deno.pid); // ≈ 5542

  section("Where children print");
  // In Python's notebook, a child process cannot print to the output of main. A
  // worker of Deno can: it has no output of its own, so what it prints appears
  // in main's. The line "Hello from a worker" is printed by printHello, in a
  // worker.
  code(printHello);
  code(startAndJoin);
  const printer = new FunctionWorker(printHello);
  await show(() => startAndJoin(printer)); // "printed"

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
  // process, with its own id, its own memory and its own main thread. It has no
  // process id (pid) before it starts.
  const child = new FunctionProcess(greet, { name: "Process-A" });
  show(() => child); // FunctionProcess { name: "Process-A", state: "initial", pid: undefined }

  // Main starts three more. Each adds 1 to its counter, and prints its process
  // id and its parent's. It cannot print to main's output: main gets the text.
  // The second one then stays in a loop for ever. A worker in a loop cannot be
  // stopped, but a process can: the operating system ends it when main calls
  // terminate().
  code(introduce);

  // A process ends with an exit code, and 0 means that all went well. To
  // terminate a process, main has the system send it a signal: a short message
  // that has a number. SIGTERM, number 15, tells a process to end. Then its
  // exit code is 128 + 15 = 143. (Windows has no signals, and other codes.)
  if (mayStartPrograms(import.meta)) {
    const { children, aliveAfterTerminate } = await threeProcesses();
    say(`Main is process ${Deno.pid}. This is what the children printed:`);
    table(children.map(({ child, printed }) => ({ child, printed })));
    say(
      "They have different process ids, and main is the parent of all. Each counted to 1, and not to 2 or 3: each process has its own memory.",
    );
    say(
      `Right after main called terminate(), isAlive of the second child was ${aliveAfterTerminate}. Then main joined all, which waits until the process has ended:`,
    );
    table(children.map(({ printed: _, ...end }) => end));
    if (children.every(({ alive }) => !alive)) {
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

/** What greet returns. */
interface Said {
  message: string;
  pid: number;
}

/** What a child sent back, and whether it was alive before and after its join. */
export interface Greeting extends Said {
  aliveBefore: boolean;
  aliveAfter: boolean;
}

/** Greets; with a meeting, after meeting the others twice. */
export function greet(message: string, meeting?: Barrier): Said {
  meeting?.wait({ timeout: 10_000 });
  meeting?.wait({ timeout: 10_000 });
  return { message, pid: Deno.pid };
}

/** Starts children, sees them all alive, and joins them in order. */
export async function greetFromChildren(count: number): Promise<Greeting[]> {
  const meeting = new Barrier(count + 1);
  const children: FunctionWorker<Parameters<typeof greet>, Said>[] = [];
  for (let n = 0; n < count; n++) {
    const args: [string, Barrier] = [`Hello from child #${n}`, meeting];
    children.push(new FunctionWorker(greet, { args }));
  }
  // #region solution: start all; meet them with meeting.waitAsync(); note isAlive of each; meet them again; join one after the other, and note isAlive again
  for (const child of children) child.start();
  await meeting.waitAsync();
  const before = children.map((child) => child.isAlive);
  await meeting.waitAsync();
  const greetings: Greeting[] = [];
  for (const [n, child] of children.entries()) {
    const greeting = await child.join();
    const aliveAfter = child.isAlive;
    greetings.push({ ...greeting, aliveBefore: before[n]!, aliveAfter });
  }
  return greetings;
  // #endregion solution
}

/** Greetings as rows of a table. */
function rowsOf(greetings: readonly Greeting[]) {
  return greetings.map(({ message, pid, aliveBefore, aliveAfter }) => ({
    message,
    "process id": String(pid),
    "alive before join": aliveBefore,
    "alive after join": aliveAfter,
  }));
}

/** Prints a line. */
function printHello(): string {
  console.log("Hello from a worker");
  return "printed";
}

/** Runs a worker to its end. */
function startAndJoin<T>(worker: FunctionWorker<[], T>): Promise<T> {
  worker.start();
  return worker.join();
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

/** Counts in the memory of its process, and prints who it is. */
function introduce(n: number, forever: boolean): void {
  const memory = globalThis as { counter?: number };
  memory.counter = (memory.counter ?? 0) + 1;
  const ids = `process ${Deno.pid} of parent ${Deno.ppid}`;
  console.log(`Hello from child #${n},`, ids, "counts to", memory.counter);
  while (forever);
}

/** Runs three processes, and terminates the second one. */
export async function threeProcesses() {
  const printed = ["", "", ""];
  const all = Promise.withResolvers<void>();
  const children = printed.map((_, n) =>
    new FunctionProcess(introduce, {
      name: `child #${n}`,
      args: [n, n === 1],
      onOutput: (text) => {
        printed[n] += text;
        if (printed.every(Boolean)) all.resolve();
      },
    })
  );
  for (const child of children) child.start();
  const ends = children.map((child) => child.join());
  await Promise.race([all.promise, Promise.all(ends)]);
  children[1]!.terminate();
  const aliveAfterTerminate = children[1]!.isAlive;
  await Promise.allSettled(ends);
  return {
    aliveAfterTerminate,
    children: children.map((child, n) => ({
      child: child.name,
      printed: printed[n]!.trim(),
      state: child.state,
      alive: child.isAlive,
      "exit code": String(child.exitCode),
      signal: child.signal ?? "none",
    })),
  };
}
