import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Barrier, FunctionProcess, FunctionWorker } from "../mod.ts";
import {
  greet,
  greetFromChildren,
  incrementEverywhere,
  lifecycle,
  meetAndStay,
  threeProcesses,
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

Deno.test("a new worker has not started yet", () => {
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

Deno.test("a worker that has to be stopped does not end by itself", async () => {
  const both = new Barrier(2);
  using endless = new FunctionWorker(meetAndStay, { args: [both] });
  endless.start();
  await both.waitAsync();
  // Meanwhile, two others are made, run, and end.
  await greetFromChildren(2);
  assertEquals(endless.state, "started");
});

Deno.test("main greets with its own process id", () => {
  assertEquals(greet("This is the main program."), {
    message: "This is the main program.",
    pid: Deno.pid,
  });
});

Deno.test("greetFromChildren: each of three sends back its greeting, in order", async () => {
  const greetings = await greetFromChildren(3);
  assertEquals(greetings.map(({ message }) => message), [
    "Hello from child #0",
    "Hello from child #1",
    "Hello from child #2",
  ]);
});

Deno.test("greetFromChildren: a child is alive before its join and not after it", async () => {
  for (const greeting of await greetFromChildren(3)) {
    assertEquals([greeting.aliveBefore, greeting.aliveAfter], [true, false]);
  }
});

testWatching(
  "greetFromChildren: all are started, and seen, before the first is joined",
  async () => {
    const journal = await journalOf(() => greetFromChildren(3));
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
  for (const { pid } of await greetFromChildren(2)) {
    assertEquals(pid, Deno.pid);
  }
});

Deno.test("greetFromChildren: no children, no greetings", async () => {
  assertEquals(await greetFromChildren(0), []);
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

testWith(
  ["run"],
  "child processes have ids and memory of their own, and main as their parent",
  async () => {
    const { children } = await threeProcesses();
    const ids = children.map(({ printed }, n) => {
      const [, pid, parent] = /process (\d+) of parent (\d+)/.exec(printed)!;
      assertEquals(
        printed,
        `Hello from child #${n}, process ${pid} of parent ${parent} counts to 1`,
      );
      assertEquals(parent, String(Deno.pid));
      return pid;
    });
    assertEquals(new Set([String(Deno.pid), ...ids]).size, 4);
  },
);

testWith(
  ["run"],
  "a child process can be terminated while it is in a loop",
  async () => {
    const { children, aliveAfterTerminate } = await threeProcesses();
    const [first, second, third] = children;
    for (const child of [first!, third!]) {
      assertEquals([child.state, child["exit code"]], ["finished", "0"]);
      assertEquals(child.signal, "none");
    }
    assertEquals([second!.state, aliveAfterTerminate], ["terminated", false]);
    assertEquals(children.map(({ alive }) => alive), [false, false, false]);
    if (Deno.build.os !== "windows") {
      assertEquals([second!.signal, second!["exit code"]], ["SIGTERM", "143"]);
    }
  },
);

Deno.test("a new child process has no id", () => {
  const child = new FunctionProcess(() => {}, { name: "new" });
  assertEquals([child.state, child.pid], ["initial", undefined]);
});

Deno.test("the lesson says what a thread, a process and a worker are", async () => {
  const text = await said();
  for (
    const sentence of [
      "A thread carries out instructions, one after another.",
      "Each process (lesson 1) contains at least one thread, the main thread",
      "In Python, the threads of a process share its memory. They can use the same data, and so they need synchronisation",
      "Processes share no memory, and are isolated from each other.",
      "A worker is a thread of main's process, but it has its own memory",
      "doubler.postMessage(21);",
      "worker.onmessage = (event) => resolve(event.data);",
      "answer → 42",
      "Only the text can be sent: the function itself is in main's memory",
    ]
  ) assertStringIncludes(text, sentence);
});

Deno.test("the lesson shows the states of a worker, and what changes them", async () => {
  const text = await said();
  for (
    const part of [
      'Its state is "initial": it has not started.',
      "Python also prints the id of the parent, the process that makes a new one. A worker is in main's process, so it has no parent to print.",
      'worker → FunctionWorker { name: "Worker-A", state: "initial" } worker.isAlive → false',
      'worker.start(); worker → FunctionWorker { name: "Worker-A", state: "started" } worker.isAlive → true',
      "join() makes main wait for the end of the worker, and gives it what the function returned.",
      'worker.join() → "done" worker → FunctionWorker { name: "Worker-A", state: "finished" } worker.isAlive → false',
      'lifecycle() → [ "initial", "started", "terminated" ]',
      '"terminated" means that the worker was stopped before its function returned.',
      "In Python, is_alive() may still be true for a moment after terminate()",
      "stopped.start(); stopped.isAlive → true stopped.terminate(); stopped.isAlive → false stopped.join() → AbortError: Worker-B was terminated",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("the lesson shows three children, and says when all have finished", async () => {
  const text = await said();
  for (
    const part of [
      `greet("This is the main program.") → { message: "This is the main program.", pid: ${Deno.pid} }`,
      "Then main starts three workers, its children, which call greet too. It keeps them in a list.",
      "message process id alive before join alive after join",
      ...[0, 1, 2].map((n) => `Hello from child #${n} ${Deno.pid} yes no`),
      "yes no All children have finished.",
      `All have the process id of main, because workers are threads of main's process.`,
      `Deno.pid → ${Deno.pid}`,
      "In Python's notebook, a child process cannot print to the output of main. A worker of Deno can",
      'console.log("Hello from a worker"); return "printed";',
      'startAndJoin(printer) → "printed"',
      "memory.counter = (memory.counter ?? 0) + 1;",
      "Both count to 1, so there are two counters: the worker has its own memory. incrementEverywhere() → { main: 1, worker: 1 }",
      "runs in a new process, with its own id, its own memory and its own main thread.",
      "It cannot print to main's output: main gets the text.",
      "SIGTERM, number 15, tells a process to end. Then its exit code is 128 + 15 = 143.",
    ]
  ) assertStringIncludes(text, part);
});

testWith(["run"], "the lesson shows three child processes", async () => {
  const text = await said();
  assertStringIncludes(text, `Main is process ${Deno.pid}. This is what the`);
  assertMatch(text, /child #0 Hello from child #0, process \d+ of parent \d+ /);
  for (
    const part of [
      "Each counted to 1, and not to 2 or 3: each process has its own memory.",
      "isAlive of the second child was false.",
      "child state alive exit code signal",
      "All child processes have finished.",
    ]
  ) assertStringIncludes(text, part);
  if (Deno.build.os !== "windows") {
    assertMatch(text, /finished no 0 none child #1 terminated no 143 SIGTERM/);
  }
});

testWith(["run"], "what a worker prints reaches main's output", async () => {
  const { code, stdout } = await deno("run", "lessons/02_workers.ts");
  assertEquals(code, 0);
  assertMatch(stdout, /\nHello from a worker\n.*startAndJoin\(printer\) → /);
});

testWith(
  ["run"],
  "without permission, the lesson says how to see processes",
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
