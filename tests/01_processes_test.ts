import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  describeProcess,
  howToFind,
  osName,
  refusal,
} from "../lessons/01_processes.ts";
import { deno, testWith } from "./helper.ts";

Deno.test("osName: nt on Windows, and posix elsewhere", () => {
  assertEquals(osName(), Deno.build.os === "windows" ? "nt" : "posix");
});

Deno.test("describeProcess: a process can tell its id, its parent, its folder and its system", () => {
  const me = describeProcess();
  assertEquals(me.pid, Deno.pid);
  assertEquals(me.parentPid, Deno.ppid);
  assertEquals(me.workingDirectory, Deno.cwd());
  assertEquals(me.system, Deno.build.os);
  assertEquals(me.osName, osName());
});

Deno.test("describeProcess: it can count the logical processors and its own memory", () => {
  const me = describeProcess();
  assertEquals(me.logicalProcessors, navigator.hardwareConcurrency);
  assert(me.logicalProcessors >= 1);
  // No Deno runs in less than a megabyte.
  assert(me.memory > 1e6, `${me.memory} bytes`);
});

Deno.test("howToFind: with Task Manager, Activity Monitor or top", () => {
  assertEquals(howToFind("windows", 1140).tool, "Task Manager");
  assertEquals(howToFind("darwin", 1140).tool, "Activity Monitor");
  assertEquals(howToFind("linux", 1140).tool, "top");
});

Deno.test("howToFind: the command holds the id of the process", () => {
  for (const system of ["windows", "darwin", "linux"] as const) {
    assertMatch(howToFind(system, 1140).command, /\b1140\b/);
  }
});

Deno.test("what Deno refuses is an error that can be caught", () => {
  const { state } = Deno.permissions.querySync({ name: "run" });
  assertMatch(refusal(), state === "granted" ? /^allowed$/ : /^NotCapable: /);
});

testWith(
  ["run"],
  "two processes have different ids, and one parent",
  async () => {
    const script = "data:,console.log(Deno.pid, Deno.ppid)";
    const children = await Promise.all([
      deno("run", script),
      deno("run", script),
    ]);
    const [a, b] = children.map(({ stdout }) => stdout.trim().split(" "));
    assert(a![0] !== b![0], `both have the id ${a![0]}`);
    assertEquals([a![1], b![1]], [String(Deno.pid), String(Deno.pid)]);
  },
);

testWith(["run"], "a process does not see the memory of another", async () => {
  (globalThis as { secret?: string }).secret = "ours";
  const { stdout } = await deno("run", "data:,console.log(globalThis.secret)");
  assertEquals(stdout.trim(), "undefined");
});
