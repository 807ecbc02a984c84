import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  describeProcess,
  howToFind,
  megabytesSince,
  osName,
  waysToFind,
} from "../lessons/01_processes.ts";
import { deno, testWith, transcript } from "./helper.ts";

let told: Promise<string> | undefined;
const said = () => told ??= transcript("01_processes", { wait: 0 });

Deno.test("osName: nt on Windows, and posix elsewhere", () => {
  assertEquals(osName("windows"), "nt");
  assertEquals([osName("darwin"), osName("linux")], ["posix", "posix"]);
});

Deno.test("describeProcess: a process can tell its id, its parent, its folder and its system", () => {
  const me = describeProcess();
  assertEquals(me.pid, Deno.pid);
  assertEquals(me.parentPid, Deno.ppid);
  assertEquals(me.workingDirectory, Deno.cwd());
  assertEquals(me.system, Deno.build.os);
  assertEquals(me.osName, Deno.build.os === "windows" ? "nt" : "posix");
});

Deno.test("describeProcess: it can count the logical processors", () => {
  const { logicalProcessors } = describeProcess();
  assertEquals(logicalProcessors, navigator.hardwareConcurrency);
});

Deno.test("describeProcess: its memory is what the system has given to the process", () => {
  const { memory } = describeProcess();
  const { rss } = Deno.memoryUsage();
  assertAlmostEquals(memory, rss, rss / 5);
});

Deno.test("howToFind: with Task Manager, Activity Monitor or top, or a command", () => {
  assertEquals(howToFind("windows", 1140), {
    tool: "Task Manager",
    command: 'tasklist /fi "PID eq 1140"',
  });
  assertEquals(howToFind("darwin", 1140), {
    tool: "Activity Monitor",
    command: "ps -p 1140",
  });
  assertEquals(howToFind("linux", 7), { tool: "top", command: "ps -p 7" });
});

Deno.test("howToFind: the lesson says it of three systems", () => {
  assertEquals(waysToFind(1140), [
    {
      "operating system": "Windows",
      program: "Task Manager",
      command: 'tasklist /fi "PID eq 1140"',
    },
    {
      "operating system": "macOS",
      program: "Activity Monitor",
      command: "ps -p 1140",
    },
    { "operating system": "Linux", program: "top", command: "ps -p 1140" },
  ]);
});

Deno.test("given: memory is counted in whole megabytes, from a number of bytes on", () => {
  const { rss } = Deno.memoryUsage();
  assertAlmostEquals(megabytesSince(rss - 3e9), 3000, 30);
  assertAlmostEquals(megabytesSince(rss + 3e9), -3000, 30);
  assertEquals(megabytesSince(rss) % 1, 0);
});

testWith(
  ["run"],
  "given: an array uses memory only when something is written into it",
  async () => {
    // In a process of its own: memory that others use is not counted.
    const { stdout } = await deno("run", "lessons/01_processes.ts");
    const grown = [...stdout.matchAll(/megabytesSince\(before\) → (\d+)/g)];
    const [before, after] = grown.map(([, megabytes]) => Number(megabytes));
    assert(before! < 25, `${before} MB for an array that nobody uses`);
    assertAlmostEquals(after! - before!, 50, 10);
  },
);

Deno.test("given: the lesson says what a process is, and what it can tell of itself", async () => {
  const text = await said();
  for (
    const part of [
      "When you run it, the operating system makes a process: a program that is being run.",
      "makes an array, a list of 50 million bytes.",
      "const array = new Uint8Array(50_000_000); How many megabytes (MB, millions of bytes) more does the process use now? The arrow (→) shows the value of the code before it. megabytesSince(before) → ",
      "it gives memory when the process first uses it. So this line writes a 1 into each byte. array.fill(1); megabytesSince(before) → ",
      "a number, the process id (pid). It also notes which process started it: the parent process.",
      `const me = describeProcess(); me.pid → ${Deno.pid} me.parentPid → ${Deno.ppid}`,
      "its current working directory.",
      `me.workingDirectory → ${JSON.stringify(Deno.cwd())}`,
      'Deno names the operating system "windows", "darwin" (which is macOS) or "linux".',
      '"nt" (New Technology) on Windows, and "posix" (Portable Operating System Interface) on macOS and Linux.',
      `me.system → "${Deno.build.os}" me.osName → "${osName(Deno.build.os)}"`,
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what a process uses, and that processors are shared", async () => {
  const text = await said();
  for (
    const part of [
      "A process uses resources of the computer: processor time, memory, space on the disk.",
      "also notes which files and network connections it has open, and how much it has used",
      "Each works for one process at a time, and there are many more processes.",
      "slice of processor time, and then lets another one run. This is called scheduling.",
      `The number of logical processors here: me.logicalProcessors → ${navigator.hardwareConcurrency}`,
    ]
  ) assertStringIncludes(text, part);
  assertMatch(
    text,
    /The memory that this process uses, the array and Deno itself included: bytes\(me\.memory\) → "[\d.]+ [MG]B"/,
  );
});

Deno.test("given: the lesson says how to find its process, and waits for who looks", async () => {
  const text = await said();
  for (
    const part of [
      "a program that shows the running processes, and a command that shows one of them",
      `Windows Task Manager tasklist /fi "PID eq ${Deno.pid}" macOS Activity Monitor ps -p ${Deno.pid} Linux top ps -p ${Deno.pid} `,
      "It finds only a process that runs.",
      "until you press Enter, but not longer than 20 seconds. Look now",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says that processes are isolated", async () => {
  const text = await said();
  for (
    const part of [
      "Each process is isolated from the others. It has its own memory, and the system keeps other processes out of it.",
      "if one crashes, the others go on. Lesson 4 shows that.",
    ]
  ) assertStringIncludes(text, part);
});

/** A command that starts what `howToFind` tells to type. */
function commandFor(pid: number): [string, ...string[]] {
  return Deno.build.os === "windows"
    ? ["tasklist", "/fi", `PID eq ${pid}`]
    : ["sh", "-c", howToFind(Deno.build.os, pid).command];
}

testWith(
  ["run"],
  "howToFind: the system knows a process by the command",
  async () => {
    const [program, ...args] = commandFor(Deno.pid);
    const { stdout } = await new Deno.Command(program, { args }).output();
    const answer = new TextDecoder().decode(stdout);
    assertMatch(answer, new RegExp(`\\b${Deno.pid}\\b`));
  },
);

testWith(
  ["run"],
  "given: the lesson needs no permission, and each run is a process of its own",
  async () => {
    const pids = [];
    for (let run = 0; run < 2; run++) {
      const { code, stdout, stderr } = await deno(
        ...["run", "--no-prompt", "lessons/01_processes.ts"],
      );
      assertEquals([code, stderr], [0, ""]);
      pids.push(/me\.pid → (\d+)/.exec(stdout)?.[1]);
    }
    assertNotEquals(pids[0], pids[1]);
  },
);
