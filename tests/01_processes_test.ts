import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  askSystem,
  besideAnother,
  commandFor,
  describeProcess,
  howToFind,
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

Deno.test("given: each system is asked with the command that the lesson tells to type", () => {
  assertEquals(commandFor("windows", 1140), ["tasklist", "/fi", "PID eq 1140"]);
  assertEquals(commandFor("linux", 1140), ["sh", "-c", "ps -p 1140"]);
  assertEquals(commandFor("darwin", 1140), ["sh", "-c", "ps -p 1140"]);
});

testWith(["run"], "given: the system knows a process by its id", async () => {
  const [heads, line, ...rest] = await askSystem(Deno.pid);
  const name = howToFind(Deno.build.os, Deno.pid).command;
  assertEquals([Object.keys(heads!), rest], [[name], []]);
  assertMatch(String(line![name]), new RegExp(`\\b${Deno.pid}\\b`));
});

testWith(
  ["run"],
  "given: a process is isolated: another one does not see its memory, is refused a file, and fails alone",
  async () => {
    globalThis.note = "mine";
    const { rows, error, exitCode } = await besideAnother();
    const [here, there] = rows;
    const pid = String(Deno.pid);
    assertEquals(here, {
      process: "this one",
      "process id": pid,
      note: "mine",
    });
    assertEquals([there!.process, there!.note], ["the second", "undefined"]);
    assertMatch(there!["process id"], /^\d+$/);
    assertNotEquals(there!["process id"], pid);
    assertEquals([globalThis.note, exitCode], ["mine", 1]);
    assertEquals(
      error,
      'NotCapable: Requires read access to "notes.txt", run again with the --allow-read flag',
    );
  },
);

Deno.test("given: the lesson says what a process is, and what it uses", async () => {
  const text = await said();
  for (
    const sentence of [
      "When you run it, the operating system makes a process: a program that is being run.",
      `a number, the process id (pid). It also notes which process started it: the parent process. The arrow (→) shows the value of the code before it. me.pid → ${Deno.pid} me.parentPid → ${Deno.ppid}`,
      "its current working directory.",
      `me.workingDirectory → ${JSON.stringify(Deno.cwd())}`,
      'Deno names the operating system: "windows", "darwin" (which is macOS), "linux", or a rarer one.',
      `me.system → "${Deno.build.os}"`,
      '"nt" (New Technology) is Windows, and "posix" is every other system.',
      "A process uses resources of the computer: processor time, memory, space on the disk.",
      "the files and the network connections that it has open, and how much it has used",
      "Each works for one process at a time, and there are many more processes.",
      "slice of processor time, and then lets another one run. This is called scheduling.",
      `so many logical processors: me.logicalProcessors → ${navigator.hardwareConcurrency}`,
      'new Uint8Array(50_000_000).fill(1); bytes(array.length) → "50 MB"',
    ]
  ) assertStringIncludes(text, sentence);
  assertMatch(
    text,
    /uses so much memory\. bytes\(\) writes it in megabytes \(MB\), millions of bytes\. bytes\(me\.memory\) → "[\d.]+ [MG]B"/,
  );
});

Deno.test("given: the lesson says how to find its process, and waits for who looks", async () => {
  const text = await said();
  for (
    const part of [
      "a program that shows the running processes, and a command that shows one of them",
      `Windows Task Manager tasklist /fi "PID eq ${Deno.pid}" macOS Activity Monitor ps -p ${Deno.pid} Linux top ps -p ${Deno.pid} `,
      "It finds a process only while the process lives.",
      "until you press Enter, but not longer than 20 seconds. Look now",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says that processes are isolated, and what a permission is", async () => {
  const text = await said();
  const { state } = Deno.permissions.querySync({ name: "run" });
  for (
    const part of [
      "only with a permission, which you give on the command line: --allow-read",
      '"prompt" means that Deno asks you first if there is a terminal, and refuses if there is none.',
      `Deno.permissions.querySync({ name: "run" }).state → "${state}"`,
      "Each process is isolated from the others. It has its own memory: the system lets no other process read or change it, unless it is allowed to.",
      "By default, no process can interfere with the work of another: if one fails, the others go on",
      'this process puts "mine" into the variable `note`.',
      'globalThis.note = "mine"; Then besideAnother starts a second process, which calls lookAround.',
      'console.log(globalThis.note); globalThis.note = "changed"; Deno.readTextFileSync("notes.txt");',
    ]
  ) assertStringIncludes(text, part);
});

testWith(
  ["run"],
  "given: the lesson shows two processes, and a refusal",
  async () => {
    const text = await said();
    for (
      const part of [
        `This process runs the command itself. The operating system answers with a line of its own for this process: its id, and its program. ${
          howToFind(Deno.build.os, Deno.pid).command
        } -`,
        `process process id note ---------- ---------- --------- this one`,
        "The second process did not find the note of this one",
        "It is undefined, which means that it has no value.",
        'Then Deno refused to read the file. It threw an error: NotCapable: Requires read access to "notes.txt"',
        "It ended with the exit code 1, where 0 means success. That did not interfere with this process",
      ]
    ) assertStringIncludes(text, part);
    assertMatch(text, /this one \d+ mine the second \d+ undefined/);
  },
);

testWith(
  ["run"],
  "given: without a permission the lesson asks for none, and says how to see the rest",
  async () => {
    const { code, stdout, stderr } = await deno(
      "run",
      "lessons/01_processes.ts",
    );
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /→ "prompt"\n/);
    assertStringIncludes(
      stdout,
      "\n  deno run --allow-run lessons/01_processes.ts\n",
    );
    assert(!stdout.includes("The second process has failed"), stdout);
  },
);
