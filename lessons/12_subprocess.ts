/**
 * Lesson 12: Programs as subprocesses
 *
 * How a script starts other programs: one that ends, and is waited for; one
 * that is talked to while it runs; and one that never ends, and is stopped.
 *
 * @run deno run --allow-run lessons/12_subprocess.ts
 * @test deno test --allow-run tests/12_subprocess_test.ts
 *
 * @hint currentDirectory The program prints it; wait for the program to end.
 * @hint currentDirectory run() resolves to an object with what was printed, as stdout.
 * @hint currentDirectory const { stdout } = await run(…); return it without what trimEnd() takes away.
 * @hint pidAndOutput The id is there at once, the outputs only when it has ended.
 * @hint pidAndOutput A Subprocess has a pid; its communicate() collects both outputs.
 * @hint pidAndOutput const { … } = await child.communicate(); return { pid: …, … };
 * @hint endlessProgram Ask its output for one line at a time; look; stop; look again.
 * @hint endlessProgram child.lines() has next(); then isRunning(), terminate(), wait().
 * @hint endlessProgram Three times lines.push(`${(await output.…()).value}`); then found.push(…); end the child; …
 */
import { type Command, run, spawn } from "../mod.ts";
import {
  flags,
  refusal,
  section,
  show,
  showError,
  title,
} from "../lib/lesson.ts";

const isWindows = Deno.build.os === "windows";

/** The system's shell, asked for the directory it is in. */
export const shell: Command = isWindows
  ? ["cmd", "/c", "cd"]
  : ["sh", "-c", "pwd"];

/** Deno itself as a program that runs some code: it is on every system. */
export function program(code: string): Command {
  return [Deno.execPath(), "eval", code];
}

/** The directory that a program runs in is that of the script that starts it. */
export async function currentDirectory(): Promise<string> {
  // #region solution: run the shell, and return what it printed, without the line's end
  const { stdout } = await run(shell);
  return stdout.trimEnd();
  // #endregion solution
}

/** A program's id, and what it printed on both of its outputs. */
export async function pidAndOutput(): Promise<
  { pid: number; stdout: string; stderr: string }
> {
  await using child = spawn(
    program("console.log(`I am ${Deno.pid}`); console.error('and well')"),
  );
  // #region solution: return the child's id, and both outputs once it has ended
  const { stdout, stderr } = await child.communicate();
  return { pid: child.pid, stdout, stderr };
  // #endregion solution
}

/** Whether the system knows a running program by this id. */
export async function isRunning(pid: number): Promise<boolean> {
  if (!isWindows) return (await run(["sh", "-c", `kill -0 ${pid}`])).success;
  const { stdout } = await run(["tasklist", "/nh", "/fi", `pid eq ${pid}`]);
  return stdout.includes(` ${pid} `);
}

/** A program that never ends by itself. */
export const ticking: Command = program(
  "let i = 0; setInterval(() => console.log(`tick ${i += 1}`), 50)",
);

/** Watches a program that never ends for three lines, and stops it. */
export async function endlessProgram(): Promise<
  { pid: number; lines: string[]; found: boolean[]; code: number | null }
> {
  await using child = spawn(ticking);
  const lines: string[] = [];
  const found: boolean[] = [];
  // #region solution: take three lines; look whether it is running; end it, wait, and look again
  const output = child.lines();
  while (lines.length < 3) lines.push(`${(await output.next()).value}`);
  found.push(await isRunning(child.pid));
  child.terminate();
  await child.wait();
  found.push(await isRunning(child.pid));
  // #endregion solution
  return { pid: child.pid, lines, found, code: child.poll() };
}

if (import.meta.main) {
  flags(import.meta, {}, "--allow-run");
  // Deno's own question would come once for each program.
  const refused = refusal(import.meta, shell[0]!, Deno.execPath());
  if (refused) {
    console.error(refused);
    Deno.exit(1);
  }
  title("Programs as subprocesses");

  // run() is what suits most cases. Here the system's shell opens, executes the
  // command, and exits; run() waits for that, and has collected what was
  // printed. It comes as text; { encoding: "bytes" } would leave it as it is.
  await show(() => currentDirectory()); // ≈ "/home/ada/course"

  // spawn() is for a program that one deals with while it runs, which starts
  // with its process id. communicate() waits for the end and collects both the
  // standard output and the standard error. All of it is over so quickly that
  // no task manager would have shown the program.
  await show(() => pidAndOutput()); // ≈ { pid: 5542, stdout: "I am 5542\n", stderr: "and well\n" }

  section("A program that never ends");

  // Waiting for this one would take for ever, so its lines are read as they
  // come. While it runs the system finds it by its id, as a task manager would;
  // once terminate() has ended it, no longer. An exit code of 143 is 128 + 15,
  // and 15 is the number of the signal that asks a program to end.
  await show(() => endlessProgram()); // ≈ { pid: 5543, lines: [ "tick 1", "tick 2", "tick 3" ], found: [ true, false ], code: 143 }

  // Where it is known beforehand how long is too long, run() does all of that.
  await showError(() => run(ticking, { timeout: 500 })); // ≈ TimeoutExpired: run: deno eval … has not ended after 500 ms

  section("What can go wrong");

  // A program says how it went with its exit code, and 0 is "well". Another
  // code is no error for this script, unless it asks for that with `check`.
  const failing = program("console.error('no luck'); Deno.exit(3)");
  await show(() => run(failing).then(({ code }) => code)); // 3
  await showError(() => run(failing, { check: true })); // ≈ CalledProcessError: run: deno eval … failed with exit code 3

  // A program that does not exist has no exit code: it was never started.
  await showError(() => run(["gitt", "status"])); // NotFound: run: no program named "gitt" (is it installed, and on PATH?)

  section("Input for a program");

  // What is given as input, the program reads from its standard input. Both
  // outputs are read meanwhile, so neither side ever waits for the other.
  const upper = program(
    "console.log((await new Response(Deno.stdin.readable).text()).toUpperCase())",
  );
  await show(() => run(upper, { input: "hello" }).then((it) => it.stdout)); // "HELLO\n"
}
