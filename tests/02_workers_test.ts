import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { FunctionWorker } from "../mod.ts";
import {
  greet,
  greeters,
  greetFromChildren,
  incrementEverywhere,
  lifecycle,
  waitForEver,
} from "../lessons/02_workers.ts";
import { deno, runProgram, testWith, transcript } from "./helper.ts";

let told: Promise<string> | undefined;
const said = () => told ??= transcript("02_workers");

/** Notes what is asked of workers while `fn` runs, by their order of starting. */
async function journalOf(fn: () => Promise<unknown>): Promise<string[]> {
  const prototype = FunctionWorker.prototype;
  const { start, join, terminate } = prototype;
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
    prototype.terminate = function () {
      if (started.includes(this)) note("terminate", this);
      return terminate.call(this);
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
    Object.assign(prototype, { start, join, terminate });
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
    const journal = await journalOf(async () => await lifecycle());
    // Whoever also looks at it, or joins it at the end, is right too.
    const asked = journal.filter((what) => !/^(look at|join) 0$/.test(what));
    assertEquals(asked, ["start 0", "terminate 0"]);
  },
);

Deno.test("given: a worker that has to be stopped does not end by itself", async () => {
  using endless = new FunctionWorker(waitForEver);
  endless.start();
  // Meanwhile, two others are made, run, and end.
  await greetFromChildren(greeters(2));
  assertEquals(endless.state, "started");
});

Deno.test("given: main greets with its own process id", () => {
  assertEquals(greet("This is the main program."), {
    message: "This is the main program.",
    pid: String(Deno.pid),
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
    assertEquals(pid, String(Deno.pid));
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

Deno.test("given: a worker that waits for ever is stopped, and join() says so", async () => {
  const worker = new FunctionWorker(() => new Promise(() => {}), { name: "x" });
  worker.start();
  assert(worker.isAlive);
  worker.terminate();
  assert(!worker.isAlive);
  const error = await worker.join().catch(String);
  assertEquals(error, "AbortError: x was terminated");
});

Deno.test("given: the lesson says what a thread, a process and a worker are", async () => {
  const text = await said();
  for (
    const sentence of [
      "A thread carries out instructions, one after another. Each process (lesson 1) contains at least one thread, the main thread (main, for short).",
      "In Python, the threads of a process share its memory. They can use the same data, so they need synchronisation: rules for who may change it when.",
      "In JavaScript, the threads are workers. Do they share memory too?",
    ]
  ) assertStringIncludes(text, sentence);
});

Deno.test("given: the lesson says how to read its code, beside the same in Python", async () => {
  const text = await said();
  for (
    const row of [
      "JavaScript Python -",
      "- const n = 5; n = 5, and never another (n) => n * 2 lambda n: n * 2",
      '`child #${n}` f"child #{n}"',
      '{ size: 1, name } {"size": 1, "name": name}',
      'const { size } = it; size = it["size"]',
      '{ ...it, size: 1 } {**it, "size": 1} list.push(4) list.append(4) list.map(f) [f(x) for x in list] for',
      "for (const x of list) for x in list: for",
      "for (let i = 0; i < n; i++) for i in range(n): for",
      "for (const [i, x] of list.entries()) for i, x in enumerate(list): a",
      "a === b && c a == b and c a ? b : c b if a else c async",
      "async function f() async def f(): A",
      "A promise stands for a value that comes later. `await` waits for it, and so does the arrow (→) in the lessons.",
      "The file has types (`: number`, `<T>`) and `!`, too: they are not printed.",
    ]
  ) assertStringIncludes(text, row);
});

Deno.test("given: the lesson shows that there are two counters", async () => {
  const text = await said();
  for (
    const part of [
      "globalThis.counter = (globalThis.counter ?? 0) + 1; return globalThis.counter;",
      "const child = new FunctionWorker(increment); child.start(); return { main, worker: await child.join() };",
      "incrementEverywhere() → { main: 1, worker: 1 } With one counter, the worker would count to 2. There are two: a worker is a thread of main's process, and yet has its own memory.",
      "globalThis holds the variables that all code of a program can use.",
      "So FunctionWorker sends it the text of the function. The function can use its arguments and what every program has, such as globalThis, but no variable around it.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson shows the states of a worker, and what changes them", async () => {
  const text = await said();
  for (
    const part of [
      'A new FunctionWorker has not started: its state is "initial". Alive means that it has started and has not ended.',
      'worker → FunctionWorker { name: "Worker-A", state: "initial" } worker.isAlive → false',
      'worker.start(); worker.state → "started" worker.isAlive → true',
      "join() makes main wait for the end of the worker, and gives main what the function returned.",
      'worker.join() → "done" worker.state → "finished"',
      "waiting.start(); waiting.isAlive → true waiting.terminate(); waiting.isAlive → false",
      "waiting.join() → AbortError: Worker-B was terminated",
      'lifecycle() → [ "initial", "started", "terminated" ]',
      "terminate() stops a waiting worker. In Deno 2.9, an endless loop goes on, although isAlive says false, and the program does not end.",
      'Python does this differently: the last state is "stopped", and join() returns None. A Process has a terminate(), a Thread has none.',
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson shows three children, and says when all have finished", async () => {
  const text = await said();
  for (
    const part of [
      `First, main calls it, and prints its own message and id: greet("This is the main program.") → { message: "This is the main program.", pid: "${Deno.pid}" }`,
      "Main makes three workers, its children, and keeps them in a list.",
      "const children = greeters(3);",
      "for (const child of children) child.start();",
      "message pid aliveBefore aliveAfter -",
      ...[0, 1, 2].map((n) => `Hello from child #${n} ${Deno.pid} yes no`),
      "yes no All children have finished. Each was alive before join(), and not after it: join() waits for the end.",
      "All have the id of main's process, because workers are its threads.",
    ]
  ) assertStringIncludes(text, part);
});

testWith(["run"], "given: the lesson needs no permission", async () => {
  const { code, stdout, stderr } = await deno(
    ...["run", "--no-prompt", "lessons/02_workers.ts"],
  );
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /\nAll children have finished\.\n/);
});

testWith(
  ["run"],
  "given: what a worker prints appears where main prints",
  async () => {
    const { stdout } = await runProgram(`
      import { FunctionWorker } from "mod.ts";
      const worker = new FunctionWorker(() => console.log("from a worker"));
      worker.start();
      await worker.join();
      console.log("from main");
    `);
    assertEquals(stdout, "from a worker\nfrom main\n");
  },
);
