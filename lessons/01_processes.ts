/**
 * Lesson 1: Programs and processes
 *
 * What a process is, seen on the one that runs this lesson: its number, its
 * parent, what it uses, and how to find it from outside. And what is particular
 * to Deno: a program may do nothing to the rest of the system unless allowed.
 *
 * @run deno run lessons/01_processes.ts
 * @test deno test tests/01_processes_test.ts
 *
 * @hint osName There are two answers, and one question decides between them.
 * @hint osName Deno.build.os is "windows" on Windows.
 * @hint osName return Deno.build.os === … ? … : …;
 * @hint describeProcess Each field is one property or call of the Deno global.
 * @hint describeProcess Look at pid, ppid, cwd(), build, memoryUsage(), and at navigator.hardwareConcurrency.
 * @hint describeProcess return { osName: …, system: Deno.build.…, pid: …, parentPid: Deno.…, … };
 * @hint howToFind Write one text for each system, with the id in it.
 * @hint howToFind A switch over the system has one case for each.
 * @hint howToFind For windows: return { tool: …, command: … }; for the others likewise.
 */
import { bytes, flags, section, show, title } from "../lib/lesson.ts";

/** What a process can tell of itself. */
export interface ProcessDescription {
  /** What Python's `os.name` says: "nt" on Windows, "posix" elsewhere. */
  osName: "nt" | "posix";
  /** What Deno calls the system: "windows", "darwin", "linux" … */
  system: typeof Deno.build.os;
  /** The number by which the operating system knows this process. */
  pid: number;
  /** The number of the process that started this one. */
  parentPid: number;
  /** The folder that relative paths start from. */
  workingDirectory: string;
  /** How many pieces of code can run at the same moment. */
  logicalProcessors: number;
  /** How much memory the process uses, in bytes. */
  memory: number;
}

/** The system's name as Python gives it: NT is Windows New Technology. */
export function osName(): "nt" | "posix" {
  // #region solution: nt on Windows, posix on every other system
  return Deno.build.os === "windows" ? "nt" : "posix";
  // #endregion solution
}

/** What the operating system knows about the process that calls this. */
export function describeProcess(): ProcessDescription {
  // #region solution: fill in every field of a ProcessDescription
  return {
    osName: osName(),
    system: Deno.build.os,
    pid: Deno.pid,
    parentPid: Deno.ppid,
    workingDirectory: Deno.cwd(),
    logicalProcessors: navigator.hardwareConcurrency,
    memory: Deno.memoryUsage().rss,
  };
  // #endregion solution
}

/** The program that shows processes, and a command that shows just this one. */
export function howToFind(
  system: typeof Deno.build.os,
  pid: number,
): { tool: string; command: string } {
  // #region solution: Task Manager, Activity Monitor or top, and a command
  switch (system) {
    case "windows":
      return { tool: "Task Manager", command: `tasklist /fi "PID eq ${pid}"` };
    case "darwin":
      return { tool: "Activity Monitor", command: `top -pid ${pid}` };
    default:
      return { tool: "top", command: `top -p ${pid}` };
  }
  // #endregion solution
}

/**
 * What Deno says when this process starts another, without permission.
 *
 * In a terminal Deno asks before it refuses. It never asks about programs that
 * get LD_PRELOAD, because that slips foreign code into them: it refuses at once.
 */
export function refusal(): string {
  try {
    const env = { LD_PRELOAD: "none" };
    new Deno.Command(Deno.execPath(), { args: ["-V"], env }).outputSync();
    return "allowed";
  } catch (error) {
    return String(error);
  }
}

if (import.meta.main) {
  flags(import.meta);
  title("Programs and processes");

  // Starting a program makes the operating system create a process: memory, a
  // share of the processor, entries in the kernel's tables. The system keeps
  // track of it under a number, the process id, and under its parent's.
  const me = describeProcess();
  show(() => me.pid); // ≈ 5542
  show(() => me.parentPid); // ≈ 5541
  show(() => me.workingDirectory); // ≈ "/home/ada/course"

  // Each system has its own name, and Python groups them in two families.
  show(() => me.osName); // ≈ "posix"
  show(() => me.system); // ≈ "linux"

  // There are far more processes than processors. The system gives each a short
  // slice of time, then turns to the next, so that all of them go forward.
  show(() => me.logicalProcessors); // ≈ 8

  // The memory is this process's alone: no other can read or change it.
  show(() => bytes(me.memory)); // ≈ "61 MB"

  section("Find this process from outside");

  // The process ends with the lesson, so the answer comes from a program that
  // lives long enough to be looked at, such as `deno repl`.
  const { tool, command } = howToFind(me.system, me.pid);
  console.log(`Open ${tool}, or type in another terminal: ${command}`);

  section("What a process may do");

  // Nothing above needed a permission. To start another program does, and what
  // Deno refuses arrives as an error that can be caught like any other.
  show(() => refusal()); // ≈ "NotCapable: Requires --allow-run …"
}
