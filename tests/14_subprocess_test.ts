import {
  assertEquals,
  assertMatch,
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
    if (isWindows) assertNotEquals(code, 0);
    else assertEquals(code, 128 + 15);
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
  "given: the lesson runs a program and captures its text",
  async () => {
    const text = await said();
    const directory = JSON.stringify(await currentDirectory()).slice(0, -1);
    for (
      const part of [
        "A program that another program starts is called a subprocess.",
        "You name it with a command: a list of the program and its arguments.",
        isWindows
          ? 'command → [ "cmd", "/c", "cd" ]'
          : 'command → [ "sh", "-c", "pwd" ]',
        "Here it starts the shell; the shell executes the line, and ends at once; run() waits for that.",
        "it captures what the program prints, as text: the standard output (stdout), which is for results, and the standard error (stderr)",
        `done.stdout → ${directory}`,
        'done.stderr → ""',
        "A program ends with an exit code, and 0 means that all went well. done.code → 0",
        `currentDirectory() → ${directory}"`,
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
        "execPath() tells where its file is.",
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
        'This program prints "tick" ten times a second, for ever.',
        "Then this lesson stops the program: terminate() asks it to end, and wait() waits until it has ended.",
        "asks the operating system whether a process with this id is running",
        'lines: [ "tick", "tick", "tick" ], runsBefore: true, runsAfter: false, code: ',
        "So the program kept running until it was terminated. While it ran, you could have found its id in Task Manager (Windows), Activity Monitor (macOS) or top (Linux).",
        "kill -0 ${pid}",
        "The exit code 143 is 128 + 15. terminate() has sent the signal SIGTERM, which has the number 15 and asks a process to end; a program may ignore it. Deno and shells add 128; Python gives -15.",
        "run(ticking, { timeout: 500 }) → TimeoutExpired: run: ",
        "console.log('tick'), 100)\" has not ended after 500 ms",
      ]
    ) assertStringIncludes(text, part);
  },
);

testWith(
  ["run"],
  "given: the lesson says what can go wrong, and gives input",
  async () => {
    const text = await said();
    for (
      const part of [
        "A program that fails ends with another exit code than 0.",
        'const failing = shell("exit 3");',
        "failed.code → 3",
        "With `check: true`, run() checks the code, and throws an error unless it is 0. run(failing, { check: true }) → CalledProcessError: run: ",
        '"exit 3" failed with exit code 3',
        'NotFound: run: no program named "gitt"',
        "A program can also read: from its standard input.",
      ]
    ) assertStringIncludes(text, part);
    assertMatch(text, /sorted\.stdout → "apple(\\r)?\\npear(\\r)?\\n"/);
  },
);

testWith(
  ["run"],
  "given: refused, the lesson says why and how to run it, and exits with 1",
  async () => {
    const lesson = "lessons/14_subprocess.ts";
    // A permission for another program does not help.
    for (const some of [[], ["--allow-run=git"]]) {
      const { code, stdout, stderr } = await deno("run", ...some, lesson);
      assertEquals([code, stdout], [1, ""]);
      const [why, command, ...rest] = stderr.trimEnd().split("\n");
      assertStringIncludes(why!, "This lesson starts programs.");
      assertEquals([command, rest], [`deno run --allow-run ${lesson}`, []]);
    }
  },
);
