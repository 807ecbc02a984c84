/**
 * Lesson 14: Programs as subprocesses
 *
 * How a script starts other programs. You will see one that ends by itself, one
 * whose process id and outputs are collected, and one that never ends and is
 * stopped; and how you notice that a program has failed.
 *
 * @run deno run --allow-run lessons/14_subprocess.ts
 * @test deno test --allow-run tests/14_subprocess_test.ts
 */
import { type Command, run, spawn } from "../mod.ts";
import { code, lesson, section, show, showError } from "../lib/lesson.ts";

const isWindows = Deno.build.os === "windows";

lesson(import.meta, async () => {
  // A program that another program starts is called a subprocess. It runs in a
  // process of its own, with its own id (lesson 1). It can be any
  // program of your computer. Python has the module subprocess for that.
  //
  // You name it with a command: a list of the program and its arguments. This
  // command starts a shell, the program that reads what you type in a terminal,
  // and gives it one line to execute: the one that prints the directory in
  // which it runs. The shell and this line are "sh" and "pwd" on macOS and
  // Linux, "cmd" and "cd" on Windows. (`a ? b : c` is b if a is true, else c.)
  const command = shell(isWindows ? "cd" : "pwd");
  show(() => command); // [ …, …, … ]

  // run() is the right choice in most cases. Here it starts the shell; the
  // shell executes the line, and ends at once; run() waits for that. Meanwhile
  // it captures what the program prints, as text: the standard output (stdout),
  // which is for results, and the standard error (stderr), for what went wrong.
  const done = await run(command);
  show(() => done.stdout); // "…\n"
  show(() => done.stderr); // ""

  // A program ends with an exit code, and 0 means that all went well.
  show(() => done.code); // 0

  // This function returns the directory without the end of the line. It is the
  // one in which you started this lesson.
  code(currentDirectory);
  await show(() => currentDirectory()); // "…"

  section("The process id and both outputs");
  // run() gives its answer only when the program has ended. If you need the
  // process id (pid), or want to deal with the program while it runs, use
  // spawn(), which is Popen in Python. It gives an object at once, which knows
  // the pid. communicate() waits for the end, and collects both outputs.
  //
  // program() makes a command: Deno executes the code that it is given. Deno is
  // a program that you have on every system; execPath() tells where its file
  // is.
  code(program);

  // The code prints the process id on the standard output, and a warning on the
  // standard error. `await using` stops the program if it still runs when the
  // function is left.
  code(pidAndOutput);
  await show(() => pidAndOutput()); // ≈ { pid: 5542, stdout: "I am process 5542\n", stderr: "a warning\n" }

  // The object and the program name the same id.

  section("A program that never ends");
  // This program prints "tick" ten times a second, for ever. The first item of
  // the command is the file of Deno.
  show(() => ticking); // [ "…", "eval", "setInterval(() => console.log('tick'), 100)" ]

  // Its end never comes, so endlessProgram does not wait for it. It reads the
  // standard output line by line while the program runs: next() gives the next
  // line, as its `value`.
  //
  // Then this lesson stops the program: terminate() asks it to end,
  // and wait() waits until it has ended. Before and after that, endlessProgram
  // asks the operating system whether a process with this id is running.
  code(endlessProgram);
  await show(() => endlessProgram()); // ≈ { pid: 5543, lines: [ "tick", "tick", "tick" ], runsBefore: true, runsAfter: false, code: 143 }

  // So the program kept running until it was terminated. While it ran, you
  // could have found its id in Task Manager (Windows), Activity Monitor (macOS)
  // or top (Linux). isRunning asks the system with a command: on Windows,
  // tasklist lists the processes. Elsewhere, kill sends a signal (a short
  // message with a number) to a process. The signal 0 does nothing: the exit
  // code is 0 if you could send a signal to such a process.
  code(isRunning);

  // The exit code 143 is 128 + 15. terminate() has sent the signal SIGTERM,
  // which has the number 15 and asks a process to end; a program may ignore it.
  // Deno and shells add 128; Python gives -15. Windows has no signals: there
  // the exit code is another one.
  //
  // run() can stop a program too. It does so after `timeout` milliseconds, and
  // throws an error.
  await showError(() => run(ticking, { timeout: 500 })); // TimeoutExpired: run: … eval "setInterval(() => console.log('tick'), 100)" has not ended after 500 ms

  section("What can go wrong");
  // A program that fails ends with another exit code than 0. This line for the
  // shell does nothing but end it, with the code 3. That is no error for this
  // lesson, which has to look at the code.
  const failing = shell("exit 3");
  const failed = await run(failing);
  show(() => failed.code); // 3

  // With `check: true`, run() checks the code, and throws an error unless it is
  // 0.
  await showError(() => run(failing, { check: true })); // CalledProcessError: run: … "exit 3" failed with exit code 3

  // A program that does not exist has no exit code, because it never started.
  await showError(() => run(["gitt", "status"])); // NotFound: run: no program named "gitt" (is it installed, and on PATH?)

  section("Input for a program");
  // A program can also read: from its standard input. `sort` is a program of
  // every system, which reads lines and prints them in order. Here it reads two
  // lines, pear and apple (\n is the end of a line), and prints apple first.
  const sorted = await run(["sort"], { input: "pear\napple\n" });
  show(() => sorted.stdout); // "apple…pear…"
}, {
  needsRun: true,
  readOn: {
    "Subprocesses in Deno": "https://docs.deno.com/api/deno/~/Deno.Command",
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
export const ticking = program("setInterval(() => console.log('tick'), 100)");

/** The directory in which a program runs: that of the script that starts it. */
export async function currentDirectory(): Promise<string> {
  const command = shell(isWindows ? "cd" : "pwd");
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
