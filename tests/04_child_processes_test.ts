import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  type Child,
  crashBeside,
  describeExit,
  introduceAll,
  looper,
  newChild,
} from "../lessons/04_child_processes.ts";
import { deno, runProgram, testWith, transcript } from "./helper.ts";

const isWindows = Deno.build.os === "windows";

let told: Promise<string> | undefined;
const said = () => told ??= transcript("04_child_processes");

/** Processes that introduce themselves, not started. */
function childrenOf(count: number): Child[] {
  return Array.from(
    ...[
      { length: count },
      (_: unknown, n: number) => newChild(`Hello from #${n}`),
    ] as const,
  );
}

Deno.test("describeExit: 0 is success", () => {
  assertEquals(describeExit(0), "success");
});

Deno.test("describeExit: from 129 on, a signal has ended the process", () => {
  assertEquals(
    [129, 137, 143, 159].map(describeExit),
    ["signal 1", "signal 9", "signal 15", "signal 31"],
  );
});

Deno.test("describeExit: every other code is a failure", () => {
  assertEquals([1, 3, 127, 128].map(describeExit), Array(4).fill("failure"));
});

Deno.test("given: a new process object has not started, and has no id", () => {
  const { child } = looper("new");
  assertEquals(
    [child.state, child.isAlive, child.pid, child.exitCode],
    ["initial", false, undefined, undefined],
  );
});

testWith(
  ["run"],
  "crashBeside: the child has no note, and its crash is its own",
  async () => {
    globalThis.note = "mine";
    assertEquals(await crashBeside(), {
      printed: "My note: undefined",
      error: "Error: I crash",
      exitCode: 1,
    });
    assertEquals(globalThis.note, "mine");
  },
);

testWith(
  ["run"],
  "introduceAll: each of three says its greeting, in order, and its own id",
  async () => {
    const children = childrenOf(3);
    const said = await introduceAll(children);
    assertEquals(
      said.map(({ message, pid, parent, counter }) => (
        { message, pid, parent, counter }
      )),
      children.map(({ pid }, n) => ({
        message: `Hello from #${n}`,
        pid: String(pid),
        parent: String(Deno.pid),
        counter: 1,
      })),
    );
    const ids = [Deno.pid, ...children.map(({ pid }) => pid)];
    assertEquals(new Set(ids).size, 4);
  },
);

testWith(
  ["run"],
  "introduceAll: a child is alive before its join and not after it",
  async () => {
    for (const child of await introduceAll(childrenOf(2))) {
      assertEquals([child.aliveBefore, child.aliveAfter], [true, false]);
    }
    assertEquals(await introduceAll([]), []);
  },
);

testWith(
  ["run"],
  "given: a launcher starts the three children, and they do the same",
  async () => {
    // It starts what it is given behind the first word, as ssh does elsewhere.
    const program = `const { code } = await new Deno.Command(Deno.execPath(), {
      args: Deno.args.slice(1),
    }).spawn().status;
    Deno.exit(code);`;
    const deno = Deno.execPath().includes(" ") ? "deno" : Deno.execPath();
    const address = `data:text/javascript,${encodeURIComponent(program)}`;
    const launcher = `${deno} run -A --no-config ${address}`;
    const [said] = await introduceAll([newChild("far away", launcher)]);
    assertEquals([said?.message, said?.counter], ["far away", 1]);
    // Its parent is what the launcher has started, and not this process.
    assertNotEquals(said?.parent, String(Deno.pid));
  },
);

/** A child that notes what is asked of it. */
function watched(n: number, journal: string[]): Child {
  let isAlive = false;
  const child = {
    start: () => {
      isAlive = true;
      journal.push(`start ${n}`);
    },
    get isAlive() {
      journal.push(`look at ${n}`);
      return isAlive;
    },
    join: () => {
      isAlive = false;
      journal.push(`join ${n}`);
      return Promise.resolve({
        message: `${n}`,
        pid: "",
        parent: "",
        counter: 1,
      });
    },
  };
  return child as unknown as Child;
}

Deno.test("introduceAll: all are started, and seen, before the first is joined", async () => {
  const journal: string[] = [];
  await introduceAll([watched(0, journal), watched(1, journal)]);
  assertEquals(journal, [
    ...["start 0", "start 1", "look at 0", "look at 1"],
    ...["join 0", "look at 0", "join 1", "look at 1"],
  ]);
});

testWith(
  ["run"],
  "given: a process is ended inside a loop, and its exit code says how",
  async () => {
    const { child, looping } = looper("loops");
    child.start();
    assertMatch(await looping, /^I loop for ever\.\s*$/);
    // Meanwhile, two others are made, run, and end.
    await introduceAll(childrenOf(2));
    assertEquals([child.state, child.isAlive], ["started", true]);
    child.terminate();
    assertEquals([child.state, child.isAlive], ["terminated", false]);
    const ended = await child.join().catch(String);
    assertEquals(ended, "AbortError: loops was terminated");
    assertEquals(child.exitCode, isWindows ? 1 : 143);
  },
);

testWith(
  ["run"],
  "given: the lesson shows a crash that harms nobody",
  async () => {
    const text = await said();
    for (
      const part of [
        "A process can start other processes, its children.",
        "But a worker is a thread of main's process, and a child is another process. In Python, it is a multiprocessing.Process.",
        'globalThis.note = "mine"; function lookAround() { console.log(`My note: ${globalThis.note}`); globalThis.note = "changed"; throw new Error("I crash"); }',
        'crashBeside() → { printed: "My note: undefined", error: "Error: I crash", exitCode: 1 } The child found no note: its `note` is another variable, in another memory.',
        'globalThis.note → "mine" So processes are isolated: neither the change nor the crash reached main. What a child prints does not reach main\'s standard output either: the line stands only in `printed`, from onOutput. (Without that, it goes to the standard error, the output for messages.) In a Python notebook, it may be lost.',
      ]
    ) assertStringIncludes(text, part);
  },
);

testWith(["run"], "given: the lesson shows the life of a process", async () => {
  const text = await said();
  const object =
    `child → FunctionProcess { name: "Process-A", parent: ${Deno.pid},`;
  const [, pid] = /state: "started", pid: (\d+) \}/.exec(text) ?? [];
  for (
    const part of [
      'A new process object has not started: its state is "initial". Printed, it shows its name, the id of its parent (main), its state, and its own process id (pid)',
      `${object} state: "initial", pid: undefined } child.isAlive → false`,
      "start() has the operating system make the process.",
      `child.start(); ${object} state: "started", pid: ${pid} } child.isAlive → true`,
      "terminate() ends the process, even inside a loop",
      'await looping; child.terminate(); child.isAlive → false child.join() → AbortError: Process-A was terminated child.state → "terminated"',
      "In Python, is_alive() may say True for a moment after terminate().",
      "A process ends with an exit code: 0 means success. On macOS and Linux, terminate() sends a signal, a message of the system: SIGTERM, number 15, asks it to end. The exit code is then 128 + 15 = 143 (in Python -15). If it goes on, SIGKILL ends it. On Windows, terminate() ends it directly, with 1.",
      'describeExit(0) → "success" describeExit(1) → "failure" describeExit(143) → "signal 15"',
      `Process-A ended with the exit code ${isWindows ? 1 : 143}.`,
    ]
  ) assertStringIncludes(text, part);
});

testWith(["run"], "given: the lesson shows three child processes", async () => {
  const text = await said();
  for (
    const part of [
      `First, main calls it, and prints its own message and id: introduce("This is the main program.") → { message: "This is the main program.", pid: "${Deno.pid}", parent: "${Deno.ppid}", counter: `,
      "Main makes three child processes for introduce, and keeps them in a list.",
      "children.push(newChild(`Hello from child #${n}`, launcher));",
      "join() makes main wait until that child has ended. message pid parent counter aliveBefore aliveAfter -",
      "All child processes have finished. Before join() they were alive, and after it they are not. They have different process ids, and here main is the parent of all. In one memory, they would count to 2, 3 and 4: each process has its own memory.",
      'With --launcher "ssh ada", the three children run on the machine ada: a launcher is a command that starts Deno there. Messages then take longer. The line can fail. A child may have done its task although its answer is lost: a task that is tried again may run more than once.',
    ]
  ) assertStringIncludes(text, part);
  const rows = [
    ...text.matchAll(/Hello from child #(\d) (\d+) (\d+) (\d yes no)/g),
  ];
  assertEquals(
    rows.map(([, n, , parent, rest]) => [n, parent, rest]),
    [0, 1, 2].map((n) => [String(n), String(Deno.pid), "1 yes no"]),
  );
  const ids = rows.map(([, , pid]) => pid);
  assertEquals(new Set([String(Deno.pid), ...ids]).size, 4);
});

testWith(
  ["run"],
  "given: what a child prints goes to the standard error without onOutput",
  async () => {
    const ran = await runProgram(
      `
      import { FunctionProcess } from "mod.ts";
      const child = new FunctionProcess(() => console.log("from a child"));
      child.start();
      await child.join();
    `,
      ["--allow-run"],
    );
    assertEquals(ran, { code: 0, stdout: "", stderr: "from a child\n" });
  },
);

testWith(
  ["run"],
  "given: without permission, the lesson says which command to use, and ends with 1",
  async () => {
    const { code, stdout, stderr } = await deno(
      ...["run", "--no-prompt", "lessons/04_child_processes.ts"],
    );
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(
      stderr,
      "deno run --allow-run lessons/04_child_processes.ts",
    );
  },
);
