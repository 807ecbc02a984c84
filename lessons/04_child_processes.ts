/**
 * Lesson 4: Child processes
 *
 * How to run a function in a process of its own. You will see one that crashes
 * and harms nobody, one that loops for ever and is stopped, and three that
 * count, each in its own memory.
 *
 * @run deno run --allow-run lessons/04_child_processes.ts
 * @test deno test --allow-run tests/04_child_processes_test.ts
 */
import { FunctionProcess } from "../mod.ts";
import { code, lesson, say, section } from "../lib/lesson.ts";
import { show, showError, table } from "../lib/lesson.ts";

lesson(import.meta, async ({ launcher }) => {
  // A process can start other processes, its children. FunctionProcess sends
  // the text of a function to a child, as FunctionWorker does to a worker
  // (lesson 2). But a worker is a thread of main's process, and a child is
  // another process. In Python, it is a multiprocessing.Process.

  section("A crash that harms nobody");
  // Main puts "mine" into the variable `note`. Then the child runs lookAround:
  // it prints its `note`, changes it, and crashes. (`throw` is Python's raise.)
  globalThis.note = "mine";
  code(lookAround);

  // join() waits for the end of the child and throws its error, which
  // catch(String) turns into a text. onOutput gets what the child prints.
  code(crashBeside);
  await show(() => crashBeside()); // { printed: "My note: undefined", error: "Error: I crash", exitCode: 1 }

  // The child found no note: its `note` is another variable, in another memory.
  // (undefined means that it has no value.) Main still runs, with its own note:
  show(() => globalThis.note); // "mine"

  // So processes are isolated: neither the change nor the crash reached main.
  // What a child prints does not reach main's standard output either: the line
  // stands only in `printed`, from onOutput. (Without that, it goes to the
  // standard error, the output for messages.) In a Python notebook, it may be
  // lost.

  section("The life of a process");
  // This child loops for ever. The promise `looping` gets a value when it has
  // printed its line.
  code(loop);
  const { child, looping } = looper("Process-A");

  // A new process object has not started: its state is "initial". Printed, it
  // shows its name, the id of its parent (main), its state, and its own process
  // id (pid), which it gets when it starts.
  show(() => child); // ≈ FunctionProcess { name: "Process-A", parent: 5542, state: "initial", pid: undefined }
  show(() => child.isAlive); // false

  // start() has the operating system make the process. Main goes on at once,
  // beside it.
  child.start();
  show(() => child); // ≈ FunctionProcess { name: "Process-A", parent: 5542, state: "started", pid: 5543 }
  show(() => child.isAlive); // true

  // Main waits until the child loops. terminate() ends the process, even inside
  // a loop, where a worker would go on. After that, join() throws an error.
  await looping;
  child.terminate();
  show(() => child.isAlive); // false
  await showError(() => child.join()); // AbortError: Process-A was terminated
  show(() => child.state); // "terminated"

  // In Python, is_alive() may say True for a moment after terminate().
  //
  // A process ends with an exit code: 0 means success. On macOS and Linux,
  // terminate() sends a signal, a message of the system: SIGTERM, number 15,
  // asks it to end. The exit code is then 128 + 15 = 143 (in Python -15). If it
  // goes on, SIGKILL ends it. On Windows, terminate() ends it directly, with 1.
  show(() => describeExit(0)); // "success"
  show(() => describeExit(1)); // "failure"
  show(() => describeExit(143)); // "signal 15"
  say(`Process-A ended with the exit code ${child.exitCode}.`);

  section("Three children");
  // introduce adds 1 to a counter, and says who counts.
  code(introduce);

  // First, main calls it, and prints its own message and id:
  show(() => introduce("This is the main program.")); // ≈ { message: "This is the main program.", pid: "5542", parent: "5541", counter: 1 }

  // Main makes three child processes for introduce, and keeps them in a list.
  const children: Child[] = [];
  for (let n = 0; n < 3; n++) {
    children.push(newChild(`Hello from child #${n}`, launcher));
  }

  // introduceAll starts all, notes which are alive, and joins one after the
  // other: join() makes main wait until that child has ended.
  table(await introduceAll(children));
  say("All child processes have finished.");

  // Before join() they were alive, and after it they are not. They have
  // different process ids, and here main is the parent of all. In one memory,
  // they would count to 2, 3 and 4: each process has its own memory.

  section("Children on another machine");
  // With --launcher "ssh ada", the three children run on the machine ada: a
  // launcher is a command that starts Deno there. Messages then take longer.
  // The line can fail. A child may have done its task although its answer is
  // lost: a task that is tried again may run more than once.
}, {
  needsRun: true,
  options: {
    launcher: { default: "", help: 'starts the three, such as "ssh ada"' },
  },
  readOn: {
    "Processes in Python":
      "https://docs.python.org/3/library/multiprocessing.html",
    "Exit codes": "https://en.wikipedia.org/wiki/Exit_status",
  },
});

declare global {
  /** Variables that all the code of a process can use. */
  var note: string | undefined, counter: number | undefined;
}

/** What the child does that crashes. */
function lookAround(): void {
  console.log(`My note: ${globalThis.note}`);
  globalThis.note = "changed";
  throw new Error("I crash");
}

/** A child's output, its error, and its exit code. */
export async function crashBeside(): Promise<Record<string, unknown>> {
  let printed = "";
  const onOutput = (text: string) => printed += text.trim();
  const child = new FunctionProcess(lookAround, { onOutput });
  // #region solution: start the child; join it, and catch its error as a text; return { printed, error, exitCode }
  child.start();
  const error = await child.join().catch(String);
  return { printed, error, exitCode: child.exitCode };
  // #endregion solution
}

/** Prints a line, and never returns. */
function loop(): void {
  console.log("I loop for ever.");
  while (true);
}

/** A child that loops, not started, and a promise for when it does. */
export function looper(name: string) {
  const { promise: looping, resolve } = Promise.withResolvers<string>();
  const child = new FunctionProcess(loop, { name, onOutput: resolve });
  return { child, looping };
}

/** What an exit code of Deno means. */
export function describeExit(code: number): string {
  // #region solution: "success" for 0, "signal 15" for 128 + 15 and so on, "failure" for every other code
  if (code === 0) return "success";
  return code > 128 ? `signal ${code - 128}` : "failure";
  // #endregion solution
}

/** Counts in the memory of its process, and says who it is. */
export function introduce(message: string) {
  const counter = globalThis.counter = (globalThis.counter ?? 0) + 1;
  return { message, pid: `${Deno.pid}`, parent: `${Deno.ppid}`, counter };
}

/** A process that introduces itself. */
export type Child = FunctionProcess<[string], ReturnType<typeof introduce>>;

/** A child that introduces itself, not started; the launcher says where. */
export function newChild(message: string, launcher = ""): Child {
  const where = launcher ? { launcher: launcher.split(" ") } : {};
  return new FunctionProcess(introduce, { args: [message], ...where });
}

/** What it said, and whether it was alive before and after its join. */
export type Said = ReturnType<typeof introduce> & Alive;
type Alive = { aliveBefore: boolean; aliveAfter: boolean };

/** Starts children, joins them in order, and says which were alive when. */
export async function introduceAll(
  children: readonly Child[],
): Promise<Said[]> {
  // #region solution: start all; note isAlive of each; then join one after the other; return what each returned, with aliveBefore and aliveAfter
  for (const child of children) child.start();
  const alive = children.map((child) => child.isAlive);
  const said: Said[] = [];
  for (const [n, child] of children.entries()) {
    const introduced = await child.join();
    const aliveBefore = alive[n]!;
    const aliveAfter = child.isAlive;
    said.push({ ...introduced, aliveBefore, aliveAfter });
  }
  return said;
  // #endregion solution
}
