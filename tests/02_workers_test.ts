import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Barrier, FunctionProcess, FunctionWorker } from "../mod.ts";
import {
  greet,
  greeters,
  greetFromChildren,
  incrementEverywhere,
  lifecycle,
  meetAndStay,
} from "../lessons/02_workers.ts";
import { deno, testWith, transcript } from "./helper.ts";

let told: Promise<string> | undefined;
const said = () => told ??= transcript("02_workers");

/** Notes what is asked of workers while `fn` runs, by their order of starting. */
async function journalOf(fn: () => Promise<unknown>): Promise<string[]> {
  const prototype = FunctionWorker.prototype;
  const { start, join } = prototype;
  const isAlive = Object.getOwnPropertyDescriptor(prototype, "isAlive")!;
  const started: unknown[] = [];
  const journal: string[] = [];
  const note = (what: string, worker: unknown) =>
    void journal.push(`${what} ${started.indexOf(worker)}`);
  try {
    prototype.start = function () {
      started.push(this);
      note("start", this);
      return start.call(this);
    };
    prototype.join = function (options) {
      note("join", this);
      return join.call(this, options);
    };
    Object.defineProperty(prototype, "isAlive", {
      configurable: true,
      get() {
        note("look at", this);
        return isAlive.get!.call(this);
      },
    });
    await fn();
  } finally {
    Object.assign(prototype, { start, join });
    Object.defineProperty(prototype, "isAlive", isAlive);
  }
  return journal;
}

/** Adds 41 to what every worker returns while `fn` runs. */
async function withMore<T>(fn: () => Promise<T>): Promise<T> {
  const { join } = FunctionWorker.prototype;
  try {
    FunctionWorker.prototype.join = async function () {
      return await join.call(this) as number + 41;
    };
    return await fn();
  } finally {
    FunctionWorker.prototype.join = join;
  }
}

/** A test that watches workers; where they are frozen, nothing can. */
function testWatching(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Object.isFrozen(FunctionWorker.prototype), fn });
}

Deno.test("given: a new worker has not started yet", () => {
  const worker = new FunctionWorker(() => {}, { name: "new" });
  assertEquals([worker.state, worker.isAlive], ["initial", false]);
  assertEquals(
    Deno.inspect(worker),
    'FunctionWorker { name: "new", state: "initial" }',
  );
});

Deno.test("lifecycle: a worker is initial, started, and then terminated", async () => {
  assertEquals(await lifecycle(), ["initial", "started", "terminated"]);
});

testWatching(
  "lifecycle: the states are those of a worker that was started",
  async () => {
    assertEquals(await journalOf(lifecycle), ["start 0"]);
  },
);

Deno.test("given: a worker that has to be stopped does not end by itself", async () => {
  const both = new Barrier(2);
  using endless = new FunctionWorker(meetAndStay, { args: [both] });
  endless.start();
  await both.waitAsync();
  // Meanwhile, two others are made, run, and end.
  await greetFromChildren(greeters(2));
  assertEquals(endless.state, "started");
});

Deno.test("given: main greets with its own process id", () => {
  assertEquals(greet("This is the main program."), {
    message: "This is the main program.",
    pid: Deno.pid,
  });
});

Deno.test("greetFromChildren: each of three sends back its greeting, in order", async () => {
  const greetings = await greetFromChildren(greeters(3));
  assertEquals(greetings.map(({ message }) => message), [
    "Hello from child #0",
    "Hello from child #1",
    "Hello from child #2",
  ]);
});

Deno.test("greetFromChildren: a child is alive before its join and not after it", async () => {
  for (const greeting of await greetFromChildren(greeters(3))) {
    assertEquals([greeting.aliveBefore, greeting.aliveAfter], [true, false]);
  }
});

testWatching(
  "greetFromChildren: all are started, and seen, before the first is joined",
  async () => {
    const journal = await journalOf(() => greetFromChildren(greeters(3)));
    assertEquals(journal, [
      ...["start 0", "start 1", "start 2"],
      ...["look at 0", "look at 1", "look at 2"],
      ...["join 0", "look at 0"],
      ...["join 1", "look at 1"],
      ...["join 2", "look at 2"],
    ]);
  },
);

Deno.test("greetFromChildren: a worker is a thread: its process id is its parent's", async () => {
  for (const { pid } of await greetFromChildren(greeters(2))) {
    assertEquals(pid, Deno.pid);
  }
});

Deno.test("greetFromChildren: no children, no greetings", async () => {
  assertEquals(await greetFromChildren(greeters(0)), []);
});

Deno.test("incrementEverywhere: main's counter is not the worker's", async () => {
  assertEquals(await incrementEverywhere(), { main: 1, worker: 1 });
  assertEquals(await incrementEverywhere(), { main: 1, worker: 1 });
});

testWatching(
  "incrementEverywhere: the worker's count is what the worker returned",
  async () => {
    assertEquals(await withMore(incrementEverywhere), { main: 1, worker: 42 });
  },
);

Deno.test("given: a new child process has no id", () => {
  const child = new FunctionProcess(() => {}, { name: "new" });
  assertEquals([child.state, child.pid], ["initial", undefined]);
});

Deno.test("given: the lesson says what a thread, a process and a worker are", async () => {
  const text = await said();
  for (
    const sentence of [
      "A thread carries out instructions, one after another.",
      "Each process (lesson 1) contains at least one thread, the main thread",
      "In Python, the threads of a process share its memory. They can use the same data, and so they need synchronisation",
      "Processes share no memory by default: they are isolated.",
      "A worker is a thread of main's process, but it has its own memory",
      "doubler.postMessage(21);",
      "worker.onmessage = (event) => resolve(event.data);",
      "answer → 42",
      "Only the text can be sent: the function itself is in main's memory",
    ]
  ) assertStringIncludes(text, sentence);
});

Deno.test("given: the lesson shows the states of a worker, and what changes them", async () => {
  const text = await said();
  for (
    const part of [
      'Its state is "initial": it has not started.',
      "Python also prints the id of the parent, the process that makes a new one. A worker is in main's process, so it has no parent to print.",
      'worker → FunctionWorker { name: "Worker-A", state: "initial" } worker.isAlive → false',
      'worker.start(); worker → FunctionWorker { name: "Worker-A", state: "started" } worker.isAlive → true',
      "join() makes main wait for the end of the worker, and gives it what the function returned.",
      'worker.join() → "done" worker → FunctionWorker { name: "Worker-A", state: "finished" } worker.isAlive → false',
      'The state "started" and isAlive mean that the worker runs, beside main.',
      "terminate() only stops a worker that waits. In Deno 2.9, a worker in a loop goes on using a processor until the whole program ends.",
      'lifecycle() → [ "initial", "started", "terminated" ]',
      '"terminated" means that the worker was stopped before its function returned.',
      "In Python, is_alive() may still be true for a moment after terminate()",
      "stopped.start(); stopped.isAlive → true stopped.terminate(); stopped.isAlive → false stopped.join() → AbortError: Worker-B was terminated",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson shows three children, and says when all have finished", async () => {
  const text = await said();
  for (
    const part of [
      `greet("This is the main program.") → { message: "This is the main program.", pid: ${Deno.pid} }`,
      "Then main makes three workers, its children, and keeps them in a list.",
      "const children = greeters(3);",
      "Every child was alive before join(). As join() waits for the end of the child, it is not alive after that. message pid alive before join alive after join",
      ...[0, 1, 2].map((n) => `Hello from child #${n} ${Deno.pid} yes no`),
      "yes no All children have finished.",
      `All have the process id of main, because workers are threads of main's process.`,
      `Deno.pid → ${Deno.pid}`,
      "In a notebook, Python may lose what a child process prints: that depends on the system. A worker of Deno has no output of its own, so what it prints appears in main's.",
      'console.log("Hello from a worker"); return "printed";',
      'printer.start(); printer.join() → "printed"',
      "memory.counter = (memory.counter ?? 0) + 1;",
      "Both count to 1, so there are two counters: the worker has its own memory. incrementEverywhere() → { main: 1, worker: 1 }",
      "runs in a new process, with its own id, its own memory and its own main thread.",
      "It does not print to main's output: main gets the text, through onOutput.",
      "Printed, a process object shows its name, the id of its parent (main), its state, and its own process id (pid), which it has once it is started.",
      `child → FunctionProcess { name: "Process-A", parent: ${Deno.pid}, state: "initial", pid: undefined } child.isAlive → false`,
      "Main also starts three processes with greetFromChildren. It keeps them in a list, as it kept the workers.",
      "SIGTERM, number 15, asks a process to end. Deno then gives the exit code 128 + 15 = 143, as shells do; Python gives -15.",
    ]
  ) assertStringIncludes(text, part);
});

testWith(
  ["run"],
  "given: the lesson shows the life of a process: started, alive, terminated in a loop",
  async () => {
    const text = await said();
    const object = `FunctionProcess { name: "Process-A", parent: ${Deno.pid},`;
    const [, started, terminated] = text.match(
      /child FunctionProcess .*?: "started", pid: (\d+) \} isAlive yes child .*?: "terminated", pid: (\d+) \} isAlive no /,
    ) ?? [];
    assert(started !== undefined, text);
    assertEquals(started, terminated);
    for (
      const part of [
        `child ${object} state: "started", pid: ${started} } isAlive yes`,
        `child ${object} state: "terminated", pid: ${started} } isAlive no`,
        'After start(), the state is "started" and isAlive is true: the process runs. It printed: I loop for ever. After terminate(), isAlive is false',
      ]
    ) assertStringIncludes(text, part);
    const end = Deno.build.os === "windows" ? /code is \d+\./ : /code is 143\./;
    assertMatch(text, end);
  },
);

testWith(["run"], "given: the lesson shows three child processes", async () => {
  const text = await said();
  for (
    const part of [
      `Main is process ${Deno.pid}: message pid parent counter alive before join alive after join -`,
      "They have different process ids, and main is the parent of all. Each counted to 1, and not to 2 or 3: each process has its own memory.",
      "Before join() the processes were alive, and after it they are not. All child processes have finished.",
    ]
  ) assertStringIncludes(text, part);
  const rows = [...text.matchAll(/Hello from #(\d) (\d+) (\d+) (.*?no)/g)];
  assertEquals(
    rows.map(([, n, , parent, rest]) => [n, parent, rest]),
    [0, 1, 2].map((n) => [String(n), String(Deno.pid), "1 yes no"]),
  );
  const ids = rows.map(([, , pid]) => pid);
  assertEquals(new Set([String(Deno.pid), ...ids]).size, 4);
});

testWith(
  ["run"],
  "given: what a worker prints reaches main's output",
  async () => {
    const { code, stdout } = await deno("run", "lessons/02_workers.ts");
    assertEquals(code, 0);
    assertMatch(stdout, /\nHello from a worker\n.*printer\.join\(\) → /);
  },
);

testWith(
  ["run"],
  "given: without permission, the lesson says how to see processes",
  async () => {
    const { code, stdout } = await deno("run", "lessons/02_workers.ts");
    assertEquals(code, 0);
    assertStringIncludes(
      stdout,
      "\n  deno run --allow-run lessons/02_workers.ts\n",
    );
    assert(!stdout.includes("Main is process"), stdout);
  },
);
