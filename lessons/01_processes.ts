/**
 * Lesson 1: Programs and processes
 *
 * What a process is, what it uses, and how the operating system keeps processes
 * apart. You will see it on the process that runs this lesson: its memory, its
 * number, and how to find it from outside.
 *
 * @run deno run lessons/01_processes.ts
 * @test deno test tests/01_processes_test.ts
 */
import {
  bytes,
  lesson,
  pause,
  type Row,
  section,
  show,
  table,
} from "../lib/lesson.ts";

lesson(import.meta, async ({ wait }) => {
  // A program is a file with instructions for the computer. When you run it,
  // the operating system makes a process: a program that is being run. This
  // lesson is a program, and what you read is printed by its process.
  //
  // Deno, the program that runs this one, can tell how much memory the process
  // uses. The code below makes an array, a list of 50 million bytes. Each byte
  // is 0. (`const` gives a name to a value, and `new` makes an object.)
  const before = memoryInUse();
  const array = new Uint8Array(50_000_000);

  // How many megabytes (MB, millions of bytes) more does the process use now?
  // The arrow (→) shows the value of the code before it.
  show(() => megabytesSince(before)); // ≈ 0

  // It uses next to nothing. The operating system has only noted that the
  // process may use so much; it gives memory when the process first uses it. So
  // this line writes a 1 into each byte.
  array.fill(1);
  show(() => megabytesSince(before)); // ≈ 50

  section("What a process can tell of itself");
  // The operating system gives each process a number, the process id (pid). It
  // also notes which process started it: the parent process. Run this lesson
  // again, and the same program is another process, with another id.
  const me = describeProcess();
  show(() => me.pid); // ≈ 5542
  show(() => me.parentPid); // ≈ 5541

  // A process works in a folder, its current working directory. The name of a
  // file without a folder means a file in there.
  show(() => me.workingDirectory); // "…"

  // Deno names the operating system "windows", "darwin" (which is macOS) or
  // "linux". Python's os.name gives only its family: "nt" (New Technology) on
  // Windows, and "posix" (Portable Operating System Interface) on macOS and
  // Linux.
  show(() => me.system); // "…"
  show(() => me.osName); // "…"

  section("What a process uses");
  // A process uses resources of the computer: processor time, memory, space on
  // the disk. The operating system also notes which files and network
  // connections it has open, and how much it has used. When a
  // process ends, the system takes back its memory, and closes its files and
  // connections.
  //
  // The memory that this process uses, the array and Deno itself included:
  show(() => bytes(me.memory)); // ≈ "111 MB"

  // Processor time is shared too. A computer has several logical processors:
  // what the system counts as processors. (One core of a chip may count as
  // two.) Each works for one process at a time, and there are many more
  // processes. So the system gives a process a short slice of processor time,
  // and then lets another one run. This is called scheduling. All processes make
  // progress, and the computer keeps responding.
  //
  // The number of logical processors here:
  show(() => me.logicalProcessors); // ≈ 8

  section("Find this process from outside");
  // Every operating system has a program that shows the running processes, and
  // a command that shows one of them. The number in the command is the process
  // id of this lesson.
  table(waysToFind(me.pid));

  // Such a command prints a line with the process id and the name of the
  // program, which is deno. It finds only a process that runs. So in a
  // terminal, the window for commands, this lesson waits here until you press
  // Enter, but not longer than 20 seconds. Look now, in another terminal.
  await pause(wait * 1000);

  section("Processes are isolated");
  // Each process is isolated from the others. It has its own memory, and the
  // system keeps other processes out of it. (A process can share some of it,
  // and the system may let a debugger in.) So a process cannot disturb the work
  // of another one by mistake: if one crashes, the others go on. Lesson 4 shows
  // that.
}, {
  options: {
    wait: { default: 20, help: "seconds to wait for Enter", max: 3600 },
  },
  readOn: {
    "What a process is": "https://en.wikipedia.org/wiki/Process_(computing)",
    "What Deno lets a process do":
      "https://docs.deno.com/runtime/fundamentals/security/",
  },
});

/** The memory that the system has given to this process, in bytes. */
function memoryInUse(): number {
  return Deno.memoryUsage().rss;
}

/** How much more memory this process uses than before, in megabytes. */
export function megabytesSince(before: number): number {
  return Math.round((memoryInUse() - before) / 1_000_000);
}

/** What a process can tell of itself. */
export interface ProcessDescription {
  pid: number;
  parentPid: number;
  workingDirectory: string;
  system: typeof Deno.build.os;
  /** What Python's `os.name` says. */
  osName: "nt" | "posix";
  logicalProcessors: number;
  /** In bytes. */
  memory: number;
}

/** What can be known of the process that calls this. */
export function describeProcess(): ProcessDescription {
  // #region solution: fill in every field of a ProcessDescription; memory is the rss of Deno.memoryUsage()
  return {
    pid: Deno.pid,
    parentPid: Deno.ppid,
    workingDirectory: Deno.cwd(),
    system: Deno.build.os,
    osName: osName(Deno.build.os),
    logicalProcessors: navigator.hardwareConcurrency,
    memory: Deno.memoryUsage().rss,
  };
  // #endregion solution
}

/** The name of the system's family, as Python's `os.name` gives it. */
export function osName(system: typeof Deno.build.os): "nt" | "posix" {
  // #region solution: "nt" for "windows", "posix" for every other system
  return system === "windows" ? "nt" : "posix";
  // #endregion solution
}

/** The program that shows processes, and a command that shows just one. */
export function howToFind(
  system: typeof Deno.build.os,
  pid: number,
): { tool: string; command: string } {
  // #region solution: Task Manager and tasklist /fi "PID eq 5542" for "windows", Activity Monitor for "darwin", top for the others, both with ps -p 5542
  if (system === "windows") {
    return { tool: "Task Manager", command: `tasklist /fi "PID eq ${pid}"` };
  }
  const tool = system === "darwin" ? "Activity Monitor" : "top";
  return { tool, command: `ps -p ${pid}` };
  // #endregion solution
}

/** How to find a process on three systems. */
export function waysToFind(pid: number): Row[] {
  const systems = {
    Windows: "windows",
    macOS: "darwin",
    Linux: "linux",
  } as const;
  return Object.entries(systems).map(([name, system]) => {
    const { tool, command } = howToFind(system, pid);
    return { "operating system": name, program: tool, command };
  });
}
