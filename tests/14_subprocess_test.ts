import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { run, spawn } from "../mod.ts";
import {
  currentDirectory,
  endlessProgram,
  isRunning,
  pidAndOutput,
  program,
  shell,
  ticking,
} from "../lessons/14_subprocess.ts";
import { deno, testWith, transcript } from "./helper.ts";

const isWindows = Deno.build.os === "windows";

let told: Promise<string> | undefined;
const said = () => told ??= transcript("14_subprocess");

/** Gives up on a solution that waits for ever. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not in ${ms} ms`)), ms);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

testWith(
  ["run", "read"],
  "currentDirectory: that of this script, without the end of the line",
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
  "pidAndOutput: the id that the program says it has, and both outputs",
  async () => {
    const { pid, stdout, stderr } = await pidAndOutput();
    assertEquals([stdout, stderr], [`I am process ${pid}\n`, "a warning\n"]);
    assertNotEquals(pid, Deno.pid);
  },
);

testWith(["run"], "pidAndOutput: a new process each time", async () => {
  const [a, b] = await Promise.all([pidAndOutput(), pidAndOutput()]);
  assertNotEquals(a.pid, b.pid);
});

testWith(
  ["run"],
  "endlessProgram: three lines, and the system knows it until it is stopped",
  async () => {
    const { pid, lines, runsBefore, runsAfter, code } = await within(
      10_000,
      endlessProgram(),
    );
    assertEquals(lines, ["tick", "tick", "tick"]);
    assertEquals([runsBefore, runsAfter], [true, false]);
    assertEquals(await isRunning(pid), false);
    assertEquals(code, isWindows ? 1 : 128 + 15);
  },
);

testWith(["run"], "given isRunning: finds a process by its id", async () => {
  assertEquals(await isRunning(Deno.pid), true);
  const ended = await pidAndOutput();
  assertEquals(await isRunning(ended.pid), false);
});

testWith(
  ["run"],
  "given: a ticking program runs until it is terminated",
  async () => {
    await using child = spawn(ticking);
    const lines = child.lines();
    assertEquals((await lines.next()).value, "tick");
    // It runs on while another program starts and ends.
    assertEquals((await run(program("console.log(6 * 7)"))).stdout, "42\n");
    assertEquals([await isRunning(child.pid), child.poll()], [true, null]);
  },
);

testWith(
  ["run"],
  "given: the shell executes a line, and ends by itself",
  async () => {
    const { code, stdout, stderr } = await run(shell("echo hello"));
    assertEquals([code, stdout.trim(), stderr], [0, "hello", ""]);
    assertEquals((await run(shell("exit 3"))).code, 3);
  },
);

testWith(
  ["run"],
  "given: the lesson runs a program that fails, and captures its text",
  async () => {
    const text = await said();
    for (
      const part of [
        "A process that a program starts is called a subprocess, or child process.",
        "run() starts a program and waits for its end.",
        "By custom, 0 means success, so it has failed.",
        'done.code → 3 done.stdout → "42\\n"',
        "With `check: true`, run() looks, and throws an error unless the code is 0. It is the same in Python. run(failing, { check: true }) → CalledProcessError: run: ",
        '"console.log(6 * 7); Deno.exit(3);" failed with exit code 3',
        "You name a program by a command: a list of the program and its arguments.",
        'execPath() is the path to it. function program(code) { return [Deno.execPath(), "eval", code]; }',
        "run() captures as text what is printed: the standard output (stdout), which is for results, and the standard error (stderr)",
        `currentDirectory() → ${JSON.stringify(await currentDirectory())}`,
        isWindows
          ? 'command → [ "cmd", "/c", "echo hello" ]'
          : 'command → [ "sh", "-c", "echo hello" ]',
        'stdout.trimEnd() → "hello"',
      ]
    ) assertStringIncludes(text, part);
  },
);

testWith(
  ["run"],
  "given: the lesson collects the id and both outputs",
  async () => {
    const text = await said();
    for (
      const part of [
        "If you need the process id (pid), or want to deal with the program while it runs, use spawn(), which is Popen in Python.",
        "communicate() waits for the end, and collects both outputs.",
        "await using child = spawn(program(print + warn));",
      ]
    ) assertStringIncludes(text, part);
    const found =
      /\{ pid: (\d+), stdout: "I am process (\d+)\\n", stderr: "a warning\\n" \}/
        .exec(text);
    assertEquals(found?.[1], found?.[2] ?? "no such line");
  },
);

testWith(
  ["run"],
  "given: the lesson finds an endless program, and stops it",
  async () => {
    const text = await said();
    for (
      const part of [
        'This program prints "tick" about ten times a second, for ever.',
        "terminate() asks the program to end, and wait() waits until it has. Before and after that, isRunning asks the operating system whether a process with this id runs.",
        'lines: [ "tick", "tick", "tick" ], runsBefore: true, runsAfter: false, code: ',
        "So the program kept running until it was terminated. While it ran, you could have found its id in Task Manager (Windows), Activity Monitor (macOS) or top (Linux).",
        "On macOS and Linux, terminate() sends the signal SIGTERM, number 15, which asks a process to end; a program may ignore it. The exit code is 128 + 15. Python gives -15. On Windows, the program is ended directly, with the exit code 1.",
        "run(ticking, { timeout: 500 }) → TimeoutExpired: run: ",
        "console.log('tick'), 100)\" has not ended after 500 ms",
      ]
    ) assertStringIncludes(text, part);
  },
);

testWith(
  ["run"],
  "given: the lesson says what else can go wrong, and gives input",
  async () => {
    const text = await said();
    for (
      const part of [
        'NotFound: run: no program named "gitt"',
        "A program can also read its standard input. Every system has a program `sort`, which prints lines in order.",
        'sorted.stdout.slice(0, 5) → "apple"',
      ]
    ) assertStringIncludes(text, part);
  },
);

testWith(
  ["run"],
  "given: refused, the lesson says why and how to run it, and exits with 1",
  async () => {
    const lesson = "lessons/14_subprocess.ts";
    // A permission for another program does not help. It has to be there: Deno
    // says so where it is not.
    for (const some of [[], [`--allow-run=${isWindows ? "cmd" : "sh"}`]]) {
      const { code, stdout, stderr } = await deno("run", ...some, lesson);
      assertEquals([code, stdout], [1, ""]);
      assert(stderr.startsWith("This lesson starts programs."), stderr);
      assert(stderr.endsWith(`\ndeno run --allow-run ${lesson}\n`), stderr);
    }
  },
);
