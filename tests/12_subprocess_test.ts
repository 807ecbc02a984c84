import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { run } from "../mod.ts";
import {
  currentDirectory,
  endlessProgram,
  isRunning,
  pidAndOutput,
  program,
  shell,
  ticking,
} from "../lessons/12_subprocess.ts";
import { deno, testWith } from "./helper.ts";

testWith(
  ["run", "read"],
  "currentDirectory() is that of this script, without the line's end",
  async () => {
    const directory = await currentDirectory();
    assertEquals(directory, directory.trimEnd());
    // One of the two may have come by a symbolic link.
    assertEquals(
      await Deno.realPath(directory),
      await Deno.realPath(Deno.cwd()),
    );
  },
);

testWith(
  ["run"],
  "the shell ends by itself, with exit code 0 and text",
  async () => {
    const { code, stdout, stderr } = await run(shell);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(typeof stdout, "string");
  },
);

testWith(
  ["run"],
  "pidAndOutput() has the id that the program says it has, and both outputs",
  async () => {
    const { pid, stdout, stderr } = await pidAndOutput();
    assertEquals([stdout, stderr], [`I am ${pid}\n`, "and well\n"]);
    assertNotEquals(pid, Deno.pid);
  },
);

testWith(["run"], "pidAndOutput() is of a new process each time", async () => {
  const [a, b] = await Promise.all([pidAndOutput(), pidAndOutput()]);
  assertNotEquals(a.pid, b.pid);
});

testWith(
  ["run"],
  "endlessProgram() sees three lines, and finds the program until it is stopped",
  async () => {
    const { pid, lines, found, code } = await endlessProgram();
    assertEquals(lines, ["tick 1", "tick 2", "tick 3"]);
    assertEquals(found, [true, false]);
    assertNotEquals(code, 0);
    assertEquals(await isRunning(pid), false);
  },
);

testWith(["run"], "endlessProgram() ends with the signal SIGTERM", async () => {
  if (Deno.build.os === "windows") return; // which has no signals
  assertEquals((await endlessProgram()).code, 128 + 15);
});

testWith(["run"], "isRunning() finds this very program", async () => {
  assertEquals(await isRunning(Deno.pid), true);
});

testWith(
  ["run"],
  "endlessProgram() is over while another ticking program still runs",
  async () => {
    const controller = new AbortController();
    const ending = run(ticking, { signal: controller.signal });
    try {
      const first = await Promise.race([
        ending.catch(() => "ended"),
        endlessProgram().then(() => "still running"),
      ]);
      assertEquals(first, "still running");
    } finally {
      controller.abort();
      await ending.catch(() => {});
    }
  },
);

testWith(["run"], "program() runs code in a Deno of its own", async () => {
  assertEquals((await run(program("console.log(6 * 7)"))).stdout, "42\n");
});

testWith(
  ["run"],
  "refused, the lesson says in two lines how to run it and why, and exits with 1",
  async () => {
    const lesson = "lessons/12_subprocess.ts";
    // A permission for another program does not help.
    for (const some of [[], ["--allow-run=git"]]) {
      const { code, stdout, stderr } = await deno("run", ...some, lesson);
      assertEquals([code, stdout], [1, ""]);
      const [command, why, ...rest] = stderr.trimEnd().split("\n");
      assert(command!.endsWith(`deno run --allow-run ${lesson}`), stderr);
      assert(why!.startsWith("Deno asks, because"), stderr);
      assertEquals(rest, []);
    }
  },
);
