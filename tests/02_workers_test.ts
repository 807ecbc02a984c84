import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { FunctionWorker } from "../mod.ts";
import {
  greetFromChildren,
  incrementEverywhere,
  lifecycle,
  threeProcesses,
} from "../lessons/02_workers.ts";
import { deno, testWith } from "./helper.ts";

Deno.test("a new worker has not started yet", () => {
  const worker = new FunctionWorker(() => {});
  assertEquals(worker.state, "initial");
  assertEquals(worker.isAlive, false);
});

Deno.test("lifecycle: a worker is initial, started, and then terminated", async () => {
  assertEquals(await lifecycle(), ["initial", "started", "terminated"]);
});

Deno.test("greetFromChildren: each of three sends back its own greeting, in order", async () => {
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

Deno.test("greetFromChildren: the children have names of their own", async () => {
  const [a, b] = await greetFromChildren(2);
  assertNotEquals(a!.name, b!.name);
});

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
});

testWith(["run"], "what a worker prints reaches the terminal", async () => {
  const { code, stdout } = await deno("run", "lessons/02_workers.ts");
  assertEquals(code, 0);
  assert(stdout.includes("\nprinted by a worker\n"), stdout);
});

testWith(
  ["run"],
  "children that are processes have ids of their own",
  async () => {
    const children = await threeProcesses();
    assertEquals(children.map(({ hasSaidSo }) => hasSaidSo), [
      true,
      true,
      true,
    ]);
    const pids = new Set([Deno.pid, ...children.map(({ pid }) => pid)]);
    assertEquals(pids.size, 4);
  },
);

testWith(["run"], "a process can be killed while it computes", async () => {
  const [first, second, third] = await threeProcesses();
  assertEquals([first!.state, first!.exitCode], ["finished", 0]);
  assertEquals(second!.state, "terminated");
  if (Deno.build.os !== "windows") assertEquals(second!.signal, "SIGTERM");
  assertEquals([third!.state, third!.exitCode], ["finished", 0]);
});

testWith(
  ["run"],
  "without permission, the lesson says how to see processes",
  async () => {
    const args = ["run", "--no-prompt", "lessons/02_workers.ts"];
    const { code, stdout } = await deno(...args);
    assertEquals(code, 0);
    assert(
      stdout.includes("deno run --allow-run lessons/02_workers.ts"),
      stdout,
    );
    const allowed = await deno("run", "--allow-run", "lessons/02_workers.ts");
    assert(allowed.stdout.includes("terminated"), allowed.stdout);
  },
);
