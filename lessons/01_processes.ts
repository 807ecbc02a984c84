/**
 * Lesson 1: Programs and processes
 *
 * What a process is, what it uses, and how the operating system keeps processes
 * apart. You will see it on the process that runs this lesson: its number, its
 * memory, how to find it from outside, and what Deno lets it do.
 *
 * @run deno run lessons/01_processes.ts
 * @test deno test tests/01_processes_test.ts
 */
import { type Command, FunctionProcess, run } from "../mod.ts";
import {
  bytes,
  code,
  lesson,
  mayStartPrograms,
  pause,
  type Row,
  say,
  section,
  show,
  table,
} from "../lib/lesson.ts";

lesson(import.meta, async ({ wait }) => {
  // A program is a file with instructions for the computer. When you run it,
  // the operating system makes a process: a program that is being run. This
  // lesson is a program, and what you read is printed by its process.
  //
  // The function describeProcess asks Deno, the program that runs TypeScript,
  // about the process it is called in.
  code(describeProcess);
  const me = describeProcess();

  // The operating system gives each process a number, the process id (pid). It
  // also notes which process started it: the parent process. The arrow (→)
  // shows the value of the code before it.
  show(() => me.pid); // ≈ 5542
  show(() => me.parentPid); // ≈ 5541

  // A process works in a folder, its current working directory. The name of a
  // file without a folder means a file in there.
  show(() => me.workingDirectory); // "…"

  // Deno names the operating system: "windows", "darwin" (which is macOS),
  // "linux", or a rarer one.
  show(() => me.system); // "…"

  // Python's os.name tells only which family the system belongs to: "nt" (New
  // Technology) is Windows, and "posix" is every other system. POSIX is the
  // standard that macOS and Linux share.
  show(() => me.osName); // "…"

  section("What a process uses");
  // A process uses resources of the computer: processor time, memory, space on
  // the disk. The operating system also keeps lists for it: the files and the
  // network connections that it has open, and how much it has used. When a
  // process ends, the system takes back the memory, and closes the files and
  // connections.
  //
  // A computer has several logical processors. Each works for one process at a
  // time, and there are many more processes. So the system gives a process a
  // short slice of processor time, and then lets another one run. This is
  // called scheduling. Every process goes forward, and the computer keeps
  // responding.
  //
  // This computer has so many logical processors:
  show(() => me.logicalProcessors); // ≈ 8

  // This process uses so much memory. bytes() writes it in megabytes (MB),
  // millions of bytes.
  show(() => bytes(me.memory)); // ≈ "61 MB"

  // When a process needs more memory, it gets more from the system. After this
  // array of 50 million bytes was made, it uses about 50 MB more.
  const array = new Uint8Array(50_000_000).fill(1);
  show(() => bytes(array.length)); // "50 MB"
  show(() => bytes(describeProcess().memory - me.memory)); // ≈ "50.1 MB"

  section("Find this process from outside");
  // Every operating system has a program that shows the running processes, and
  // a command that shows one of them. The number in the command is the process
  // id of this lesson.
  table(waysToFind(me.pid));

  // Such a command prints a line with the process id and the name of the
  // program, which is deno. It finds a process only while the process lives.
  // So in a terminal this lesson waits here until you press Enter, but not
  // longer than 20 seconds. Look now, in another terminal.
  await pause(wait * 1000);

  if (Deno.permissions.querySync({ name: "run" }).state === "granted") {
    say(
      "This process runs the command itself. The operating system answers with a line of its own for this process: its id, and its program.",
    );
    table(await askSystem(me.pid));
  }

  section("What Deno lets a process do");
  // The operating system lets a process do all that its user may do. Deno lets
  // a program do less: it may compute and print. It may read files, use the
  // network or start other programs only with a permission, which you give on
  // the command line: --allow-read, --allow-net, --allow-run.
  //
  // This is what Deno says about starting programs. "granted" means that this
  // process has the permission. "prompt" means that Deno asks you first if
  // there is a terminal, and refuses if there is none. "denied" means that it
  // refuses.
  show(() => Deno.permissions.querySync({ name: "run" }).state); // "…"

  section("Processes are isolated");
  // Each process is isolated from the others. It has its own memory: the system
  // lets no other process read or change it, unless it is allowed to. By
  // default, no process can interfere with the work of another: if one fails,
  // the others go on.
  //
  // To see it, this process puts "mine" into the variable `note`. (`globalThis`
  // holds the variables that all the code of a process can use.)
  globalThis.note = "mine";

  // Then besideAnother starts a second process, which calls lookAround. It
  // prints its `note`, changes it, and tries to read a file, for which Deno
  // gives it no permission.
  code(lookAround);
  if (mayStartPrograms(import.meta)) {
    const { rows, error, exitCode } = await besideAnother();
    say(
      "The second process did not find the note of this one: its `note` is another variable, in another memory. It is undefined, which means that it has no value.",
    );
    table(rows);
    say(`Then Deno refused to read the file. It threw an error: ${error}.`);
    say(
      `So the second process failed. It ended with the exit code ${exitCode}, where 0 means success. That did not interfere with this process: it goes on, and its note is still what it was.`,
    );
  }
}, {
  options: {
    wait: { default: 20, help: "seconds to wait for Enter", max: 3600 },
  },
  readOn: {
    "Deno's permissions":
      "https://docs.deno.com/runtime/fundamentals/security/",
    "What a process is": "https://en.wikipedia.org/wiki/Process_(computing)",
  },
});

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

/** A command that starts what `howToFind` tells to type. */
export function commandFor(system: typeof Deno.build.os, pid: number): Command {
  return system === "windows"
    ? ["tasklist", "/fi", `PID eq ${pid}`]
    : ["sh", "-c", howToFind(system, pid).command];
}

/** What the operating system answers when it is asked for a process. */
export async function askSystem(pid: number): Promise<Row[]> {
  const { system } = describeProcess();
  const { stdout, stderr } = await run(commandFor(system, pid));
  const { command } = howToFind(system, pid);
  const lines = (stdout + stderr).split(/\r?\n/).filter((line) => line.trim());
  return lines.map((line) => ({ [command]: line }));
}

declare global {
  /** A variable that all the code of a process can use. */
  var note: string | undefined;
}

/** What the second process does. */
function lookAround(): void {
  console.log(globalThis.note);
  globalThis.note = "changed";
  Deno.readTextFileSync("notes.txt");
}

/** Has a second process look for the note of this one, and fail. */
export async function besideAnother() {
  let found = "";
  const second = new FunctionProcess(lookAround, {
    onOutput: (text) => found += text.trim(),
  });
  second.start();
  const error = await second.join().catch(String);
  const rows = [
    {
      process: "this one",
      "process id": `${Deno.pid}`,
      note: `${globalThis.note}`,
    },
    { process: "the second", "process id": `${second.pid}`, note: found },
  ];
  return { rows, error, exitCode: second.exitCode };
}
