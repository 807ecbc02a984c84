/**
 * Lesson 14: Programs as subprocesses
 *
 * How a script starts other programs. You will see one that fails and one that
 * never ends, how to collect what a program prints, how to give it input, and
 * how to stop it.
 *
 * @run deno run --allow-run lessons/14_subprocess.ts
 * @test deno test --allow-run tests/14_subprocess_test.ts
 */
import { type Command, run, spawn } from "../mod.ts";
import { code, lesson, section, show, showError } from "../lib/lesson.ts";

const isWindows = Deno.build.os === "windows";

lesson(import.meta, async () => {
  // A process that a program starts is called a subprocess, or child process.
  // It can run any program; in lesson 4, it ran a function. Python has the
  // module subprocess for that.
  //
  // run() starts a program and waits for its end. This one prints 42, and ends
  // with the exit code 3. By custom, 0 means success, so it has failed. Does
  // run() throw an error? (stdout is what a program printed, and \n is the end
  // of a line.)
  const failing = program("console.log(6 * 7); Deno.exit(3);");
  const done = await run(failing);
  show(() => done.code); // 3
  show(() => done.stdout); // "42\n"

  // It does not: you have to look at the code. With `check: true`, run() looks,
  // and throws an error unless the code is 0. It is the same in Python.
  await showError(() => run(failing, { check: true })); // CalledProcessError: run: … failed with exit code 3…

  section("A command");
  // You name a program by a command: a list of the program and its arguments.
  // program() makes one. You have Deno, so this runs everywhere; execPath() is
  // the path to it.
  code(program);

  // run() captures as text what is printed: the standard output (stdout), which
  // is for results, and the standard error (stderr), for messages. In Python
  // you have to ask for that: capture_output=True, text=True.
  code(currentDirectory);
  await show(() => currentDirectory()); // "…"

  // A shell is the program that reads what you type in a terminal: "sh" on
  // macOS and Linux, "cmd" on Windows. After "-c" or "/c", it executes one
  // line, and ends.
  const command = shell("echo hello");
  show(() => command); // [ …, …, "echo hello" ]
  const { stdout } = await run(command);
  show(() => stdout.trimEnd()); // "hello"

  section("The process id and both outputs");
  // run() answers only when the program has ended. If you need the process id
  // (pid), or want to deal with the program while it runs, use spawn(), which
  // is Popen in Python. It gives an object with the pid at once. communicate()
  // waits for the end, and collects both outputs. `await using` stops the
  // program if it still runs when the function is left.
  code(pidAndOutput);
  await show(() => pidAndOutput()); // ≈ { pid: 5542, stdout: "I am process 5542\n", stderr: "a warning\n" }

  // The object and the program name the same id.

  section("A program that never ends");
  // This program prints "tick" about ten times a second, for ever.
  show(() => ticking); // [ "…", "eval", "setInterval(() => console.log('tick'), 100)" ]

  // endlessProgram does not wait for its end. It reads the standard output line
  // by line: next() gives the next line, as its `value`. terminate() asks the
  // program to end, and wait() waits until it has. Before and after that,
  // isRunning asks the operating system whether a process with this id runs.
  code(endlessProgram);
  await show(() => endlessProgram()); // ≈ { pid: 5543, lines: [ "tick", "tick", "tick" ], runsBefore: true, runsAfter: false, code: 143 }

  // So the program kept running until it was terminated. While it ran, you
  // could have found its id in Task Manager (Windows), Activity Monitor (macOS)
  // or top (Linux).
  //
  // On macOS and Linux, terminate() sends the signal SIGTERM, number 15, which
  // asks a process to end; a program may ignore it. The exit code is 128 + 15.
  // Python gives -15. On Windows, the program is ended directly, with the exit
  // code 1.
  //
  // run() can stop a program too, after `timeout` milliseconds.
  await showError(() => run(ticking, { timeout: 500 })); // TimeoutExpired: run: … eval "setInterval(() => console.log('tick'), 100)" has not ended after 500 ms

  section("What else can go wrong");
  // A program that does not exist has no exit code, because it never started.
  // (PATH lists where the system looks for programs.)
  await showError(() => run(["gitt", "status"])); // NotFound: run: no program named "gitt" (is it installed, and on PATH?)

  section("Input for a program");
  // A program can also read its standard input. Every system has a program
  // `sort`, which prints lines in order. What are the first five letters?
  const sorted = await run(["sort"], { input: "pear\napple\n" });
  show(() => sorted.stdout.slice(0, 5)); // "apple"
}, {
  needsRun: true,
  readOn: {
    "Python's module subprocess":
      "https://docs.python.org/3/library/subprocess.html",
  },
});

/** A command that has the system's shell execute a line. */
export function shell(line: string): Command {
  return isWindows ? ["cmd", "/c", line] : ["sh", "-c", line];
}

/** A command that has Deno run some code. */
export function program(code: string): Command {
  return [Deno.execPath(), "eval", code];
}

/** A program that never ends by itself. */
export const ticking: Command = program(
  "setInterval(() => console.log('tick'), 100)",
);

/** The directory in which a program runs: that of the script that starts it. */
export async function currentDirectory(): Promise<string> {
  const command = program("console.log(Deno.cwd());");
  // #region solution: run the command, and return what it printed on its standard output, without the end of the line
  const { stdout } = await run(command);
  return stdout.trimEnd();
  // #endregion solution
}

/** A program's id, and what it printed on both of its outputs. */
export async function pidAndOutput(): Promise<
  { pid: number; stdout: string; stderr: string }
> {
  const print = "console.log(`I am process ${Deno.pid}`);";
  const warn = "console.error('a warning');";
  await using child = spawn(program(print + warn));
  // #region solution: wait for the end of the child, and return its pid and both outputs, as { pid, stdout, stderr }
  const { stdout, stderr } = await child.communicate();
  return { pid: child.pid, stdout, stderr };
  // #endregion solution
}

/** Whether the system knows a running process by this id. */
export async function isRunning(pid: number): Promise<boolean> {
  if (isWindows) {
    const command = ["tasklist", "/fi", `PID eq ${pid}`] as const;
    return (await run(command)).stdout.includes(` ${pid} `);
  }
  return (await run(shell(`kill -0 ${pid}`))).code === 0;
}

/** What was seen of a program that never ends. */
export interface Watched {
  pid: number;
  lines: string[];
  runsBefore: boolean;
  runsAfter: boolean;
  code: number | null;
}

/** Reads three lines of a program that never ends, and stops it. */
export async function endlessProgram(): Promise<Watched> {
  await using child = spawn(ticking);
  const output = child.lines();
  const lines: string[] = [];
  // #region solution: read three lines; ask isRunning for runsBefore; terminate the child and wait for its end; ask for runsAfter; code is what wait() returned
  while (lines.length < 3) lines.push(`${(await output.next()).value}`);
  const runsBefore = await isRunning(child.pid);
  child.terminate();
  const code = await child.wait();
  const runsAfter = await isRunning(child.pid);
  return { pid: child.pid, lines, runsBefore, runsAfter, code };
  // #endregion solution
}
