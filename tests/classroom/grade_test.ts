/**
 * A class is graded end to end: every submission of `submissions.ts`, each in a
 * sandbox of its own, at the same time.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import {
  grade,
  type GradeOptions,
} from "../../classroom/grading/grade_class.ts";
import { lessonsIn, regionsOf } from "../../classroom/exercise/regions.ts";
import type { LessonResult } from "../../classroom/reports/report.ts";
import { findClass } from "../../classroom/grading/submissions.ts";
import { UsageError } from "../../classroom/grading/usage.ts";
import { usageOf } from "../../classroom/sandbox/watch.ts";
import { run, spawn } from "../../mod.ts";
import { deno, testWith } from "../helper.ts";
import { all, lesson, submissions } from "./submissions.ts";

const root = new URL("../../", import.meta.url);

const source = () =>
  Deno.readTextFile(new URL(`lessons/${lesson.name}.ts`, root));

/** A file name that every system takes; the students' names need not be. */
const isWindows = Deno.build.os === "windows";
const folderOf = (student: string) =>
  isWindows ? student.replace(/[<>:"/\\|?*]/g, "_") : student;

const test = (name: string, fn: (folder: string) => Promise<void>) =>
  testWith(["run", "read", "write", "env"], name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "class-" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

/** Writes the submissions of some students into a folder. */
async function write(folder: string, students: readonly string[]) {
  const text = await source();
  for (const student of students) {
    const { file, folder: inner = "." } = submissions[student]!;
    const path = `${folder}/${folderOf(student)}/${inner}/lessons`;
    await Deno.mkdir(path, { recursive: true });
    if (file) {
      await Deno.writeTextFile(`${path}/${lesson.name}.ts`, file(text));
    }
  }
}

const initials = (result: LessonResult) =>
  result.regions.filter(({ solved }) => solved)
    .map(({ name }) => name[0]).join("");

const reasons = (result: LessonResult) =>
  [
    ...result.problems,
    ...result.regions.flatMap(({ name, tests }) =>
      tests.map(({ reason = "" }) => `${name}: ${reason}`)
    ),
  ].join("\n");

/** Who has time until the limit of memory ends it, on a machine however slow. */
const fillsMemory = (student: string) =>
  /^hostile, fills (the heap|memory)$/.test(student);

test("a class gets what it deserves: right, wrong, broken and hostile", (folder) => {
  const students = Object.keys(submissions).filter((it) => !fillsMemory(it));
  // Those that are ended by a limit come to it at the same time.
  return getWhatTheyDeserve(folder, students, { timeout: 4_000, jobs: 6 });
});

test("who fills memory is ended by the limit of memory", (folder) => {
  const students = Object.keys(submissions).filter(fillsMemory);
  assertEquals(students.length, 2);
  return getWhatTheyDeserve(folder, students, { timeout: 120_000 });
});

async function getWhatTheyDeserve(
  folder: string,
  students: readonly string[],
  options: GradeOptions,
): Promise<void> {
  await write(folder, students);
  const { report } = await grade(folder, { ...options, seed: 1 });
  assertEquals(report.lessons, [lesson.number]);
  const found = new Map(
    report.students.map(({ student, lessons }) => [student, lessons[0]!]),
  );
  const solved = students.map((student) =>
    `${student}: ${initials(found.get(folderOf(student))!)}`
  );
  assertEquals(
    solved,
    students.map((student) => `${student}: ${submissions[student]!.solved}`),
  );
  for (const student of students) {
    const { says, solved } = submissions[student]!;
    const result = found.get(folderOf(student))!;
    if (says) assertMatch(reasons(result), says, student);
    else if (solved === all) assertEquals(result.problems, [], student);
  }
}

test("the lessons' own solutions pass in the sandbox, every region of them", async (folder) => {
  await Deno.mkdir(`${folder}/teacher/lessons`, { recursive: true });
  const lessons = lessonsIn(root);
  for (const { path } of lessons) {
    await Deno.copyFile(new URL(path, root), `${folder}/teacher/${path}`);
  }
  const notes: string[] = [];
  const onNote = (text: string) => void notes.push(text);
  const { report } = await grade(folder, { seed: 2, onNote });
  const results = report.students[0]!.lessons;
  for (const [i, { number, path }] of lessons.entries()) {
    const { regions, problems } = results[i]!;
    const source = await Deno.readTextFile(new URL(path, root));
    const names = regionsOf(source).map(({ name }) => name);
    // These start programs, and the sandbox lets nothing do that.
    const others = { "04": ["crashBeside"], "14": names };
    const left = others[number as keyof typeof others] ?? [];
    const expected = names.filter((name) => !left.includes(name));
    assertEquals(regions.map(({ name }) => name), expected, path);
    assertEquals(regions.filter(({ solved }) => !solved), [], path);
    assertEquals(problems, [], path);
  }
  assertEquals(notes.length, 2);
  assertMatch(notes[0]!, /^lesson 04: .*: not graded, .*--trust 04/);
  assertMatch(notes[1]!, /^lesson 14: .*: not graded, .*--trust 14/);
});

test("the same seed gives the same fresh inputs, another one others", async (folder) => {
  await write(folder, ["wrong, hard-coded"]);
  const reasonsOf = async (seed: number) => {
    const { report } = await grade(folder, { seed });
    return reasons(report.students[0]!.lessons[0]!);
  };
  const first = await reasonsOf(3);
  assertEquals(await reasonsOf(3), first);
  assertNotEquals(await reasonsOf(4), first);
});

test("what nobody can grade is an error in the use: no folder, no such lesson", async (folder) => {
  await assertRejects(
    () => grade(`${folder}/none`),
    UsageError,
    "there is no ",
  );
  await write(folder, ["right by calls"]);
  await assertRejects(
    () => grade(folder, { lessons: ["99"] }),
    UsageError,
    "there is no lesson 99",
  );
});

test("a second run grades what changed, and takes over the rest", async (folder) => {
  const students = ["right by calls", "wrong, hard-coded"];
  await write(`${folder}/class`, students);
  const out = `${folder}/out`;
  await Deno.mkdir(out);
  const grading = (options: GradeOptions = {}) =>
    grade(`${folder}/class`, { out, ...options });
  const first = await grading({ seed: 5 });
  assertEquals(first.takenOver, 0);
  const solved = ({ report }: typeof first) =>
    report.students.map(({ lessons }) => initials(lessons[0]!));
  assertNotEquals(solved(first)[1], all);
  const name = folderOf(students[1]!);
  const file = `${folder}/class/${name}/lessons/${lesson.name}.ts`;
  await Deno.writeTextFile(file, await source());
  const totals: number[] = [];
  const onProgress = (_: number, total: number) => void totals.push(total);
  const second = await grading({ onProgress });
  assertEquals(totals[0], 1);
  assertEquals(second.takenOver, 1);
  assertEquals(solved(second), [all, all]);
  assertEquals(second.report.run.seed, 5);
  assertEquals(second.report.students[0], first.report.students[0]);
  const third = await grading();
  assertEquals(third.takenOver, 2);
  assertEquals(third.report.students, second.report.students);
});

test("a result that was not written to its end is graded again", async (folder) => {
  await write(`${folder}/class`, ["right by calls", "wrong, hard-coded"]);
  const out = `${folder}/out`;
  await Deno.mkdir(out);
  const grading = () => grade(`${folder}/class`, { out });
  const first = await grading();
  const path = `${out}/results.jsonl`;
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  const results = lines.filter((line) => line.includes('"result":'));
  assert(results.length >= 2);
  // As it is where a run was killed while it wrote its second result.
  await Deno.writeTextFile(
    path,
    [lines[0], results[0], results[1]!.slice(0, 100)].join("\n"),
  );
  const second = await grading();
  assertEquals(second.takenOver, 1);
  const verdicts = ({ report }: typeof first) =>
    report.students.map(({ lessons }) => initials(lessons[0]!));
  assertEquals(verdicts(second), verdicts(first));
  assertEquals((await grading()).takenOver, 2);
});

test("--only grades whom it names, and leaves the others in the report", async (folder) => {
  const students = ["right by calls", "wrong, hard-coded"];
  await write(`${folder}/class`, students);
  const out = `${folder}/out`;
  await Deno.mkdir(out);
  const first = await grade(`${folder}/class`, { out });
  const only = [` ${students[0]!} `];
  const { report, takenOver } = await grade(`${folder}/class`, { out, only });
  assertEquals(takenOver, 1);
  assertEquals(report.students[1], first.report.students[1]);
  assertEquals(report.run.seed, first.report.run.seed);
  await assertRejects(
    () => grade(`${folder}/class`, { only: [`${students[0]},nobody`] }),
    UsageError,
    'there is no student "nobody"; there are ',
  );
});

testWith(
  ["run", "read", "env"],
  "usageOf() weighs a process and times it, and says when there is none",
  async () => {
    const { rss } = Deno.memoryUsage();
    const first = await usageOf(Deno.pid);
    assert(first !== undefined && first.memory > rss / 4, `${first?.memory}`);
    assert(first.memory < rss * 4, `${first.memory}`);
    if (!isWindows) {
      // More than a hundredth of a second of any processor.
      for (let i = 0, sum = 0; i < 3e8; i++) sum += i;
      const second = await usageOf(Deno.pid);
      assert(second!.computed! > first.computed!, `${first.computed}`);
    }
    // No system has as many.
    const none = await usageOf(2 ** 31 - 1).catch(() => undefined);
    assertEquals(none, undefined);
  },
);

testWith(
  ["run"],
  "usageOf() says of a process that has ended that it has no memory",
  async () => {
    if (isWindows) return; // where nothing is left of one
    // Its parent never asks how it ended.
    await using parent = spawn(
      ["sh", "-c", 'sleep 0.1 & echo "$!"; exec sleep 600'],
    );
    const { value: pid } = await parent.lines().next();
    let usage = await usageOf(Number(pid));
    while (usage!.memory > 0) usage = await usageOf(Number(pid));
    assert((usage?.computed ?? 0) < 100, `${usage?.computed} ms`);
    if (Deno.build.os === "linux") {
      assertEquals(typeof usage?.delayed, "number");
    }
  },
);

testWith(
  ["run", "read", "env"],
  "usageOf() tells a process whose child computes from one that waits for nothing",
  async () => {
    if (Deno.build.os !== "linux") return; // nothing else counts it
    const loop = "while :; do :; done";
    const parent = new Deno.Command("sh", {
      args: ["-c", `(${loop}) & echo $!; wait`],
      stdout: "piped",
    }).spawn();
    const reader = parent.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    const child = Number((await reader.read()).value);
    try {
      while ((await usageOf(parent.pid))!.delayed! < 500);
    } finally {
      Deno.kill(child, "SIGKILL");
      await parent.status;
      await reader.cancel();
    }
  },
);

testWith(
  ["run", "read", "env"],
  "usageOf() tells a process that waits for a processor from one that waits for nothing",
  async () => {
    if (Deno.build.os !== "linux") return; // nothing else counts it
    const start = (code: string) =>
      new Deno.Command(Deno.execPath(), { args: ["eval", code] }).spawn();
    // More than there are processors, so that each of them has to wait.
    const busy = Array.from(
      { length: navigator.hardwareConcurrency * 2 },
      () => start("for (;;);"),
    );
    const idle = start("setInterval(() => {}, 1e6);");
    try {
      const delayOf = async ({ pid }: Deno.ChildProcess) =>
        (await usageOf(pid))!.delayed!;
      while (await delayOf(busy[0]!) < 1_000);
      let before = await delayOf(idle);
      // Once it has begun, it does not want a processor any more.
      for (let now; (now = await delayOf(idle)) > before; before = now);
    } finally {
      for (const child of [...busy, idle]) child.kill("SIGKILL");
      for (const child of [...busy, idle]) await child.status;
    }
  },
);

const command = (...args: string[]) =>
  deno("task", "--quiet", "grade", ...args);

test("grade ends with 0 whatever the students did, and writes what it found", async (folder) => {
  const students = ["right by calls", "hostile, exits at import"];
  const submitted = `${folder}/class`;
  await write(submitted, students);
  await Deno.writeTextFile(`${submitted}/notes.txt`, "nobody's");
  const { code, stdout, stderr } = await command(submitted);
  assertEquals(code, 0, stderr);
  // Where no terminal is, progress is told in lines.
  const [note, ...progress] = stderr.trim().split("\n");
  assertMatch(note!, /^notes.txt is in nobody's folder or archive/);
  assertEquals(progress.slice(0, 3), [0, 1, 2].map((n) => `graded ${n} of 2`));
  assertMatch(stdout, /^right by calls +5\/5/m);
  assertMatch(stdout, /^hostile, exits at import +0\/5/m);
  assertMatch(stdout, /--seed \d+ repeats the fresh inputs/);
  const out = `${submitted}-graded`;
  const report = JSON.parse(await Deno.readTextFile(`${out}/report.json`));
  assertEquals(report.students.length, 2);
  assertEquals(report.notes, [note]);
  const files = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  assertEquals(files, [
    "comments.md",
    "feedback",
    "grades.csv",
    "points.json",
    "report.html",
    "report.json",
    "results.jsonl",
  ]);

  const again = await command(submitted);
  assertEquals(again.code, 0);
  assertMatch(again.stdout, /^2 lessons of submissions known from before/m);
});

test("grade ends with 2 for a wrong command line, and says what is wrong", async (folder) => {
  await write(folder, ["right by calls"]);
  await Deno.mkdir(`${folder}-out`);
  try {
    await Deno.writeTextFile(`${folder}-out/points.json`, '{"09 x": "two"}');
    const cases = [
      [[], "name the folder"],
      [[folder, "--jobs", "0"], "--jobs is a whole number from 1"],
      [[folder, "--timeout", "soon"], "--timeout is a whole number"],
      [[folder, "--lessons", "9,99"], "there is no lesson 99"],
      [[folder, "--fast"], "there is no option --fast"],
      [[folder, "--only", "nobody"], 'there is no student "nobody"'],
      [[folder, "--out", "deno.json"], ""],
      [[folder, "--roster", `${folder}/none`], ""],
      [[folder, "--out", `${folder}-out`], `${folder}-out/points.json: "09 x"`],
    ] as const;
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await command(...args);
      assertEquals([code, stdout], [2, ""], args.join(" "));
      assert(stderr.startsWith(`grade: ${message}`), stderr);
    }
  } finally {
    await Deno.remove(`${folder}-out`, { recursive: true });
    await Deno.remove(`${folder}-graded`, { recursive: true });
  }
});

test("a submission is a folder or an archive, and links in it are not followed", async (folder) => {
  await write(folder, ["right by calls"]);
  await Deno.mkdir(`${folder}/linked/lessons`, { recursive: true });
  const file = `lessons/${lesson.name}.ts`;
  if (!isWindows) {
    await Deno.symlink(
      `${folder}/right by calls/${file}`,
      `${folder}/linked/${file}`,
    );
    await Deno.symlink(`${folder}/right by calls`, `${folder}/copy`);
  }
  await Deno.writeTextFile(`${folder}/damaged.zip`, "PK and nothing else");
  await Deno.writeTextFile(`${folder}/notes.txt`, "not a submission");
  const { report } = await grade(folder, { lessons: [lesson.number] });
  const found = report.students.map(({ student, lessons }) => [
    student,
    initials(lessons[0]!),
    lessons[0]!.problems.join(),
  ]);
  assertEquals(found.map(([student]) => student), [
    "damaged",
    "linked",
    "right by calls",
  ]);
  assertMatch(found[0]![2]!, /is missing; damaged.zip cannot be unpacked: /);
  assertMatch(
    found[1]![2]!,
    isWindows ? /is missing/ : /is a link, and no file/,
  );
  assertEquals(found[2]![1], "skslj");
});

test("a submission that vanishes, or shares its name, is one of its own", async (folder) => {
  for (const name of ["same.zip", "same.ZIP", "gone.zip"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "PK and nothing else");
  }
  await Deno.mkdir(`${folder}/gone`);
  const { students } = await findClass(folder, new Map());
  await Deno.remove(`${folder}/gone`);
  await Deno.remove(`${folder}/gone.zip`);
  const found = await Promise.all(students.map(({ read }) => read()));
  assertEquals(new Set(found.map(({ student }) => student)).size, found.length);
  assertMatch(found[0]!.notes[0]!, /^gone\/ cannot be read: NotFound/);
  assertMatch(found[1]!.notes[0]!, /^gone.zip cannot be read: NotFound/);
});

/** Grades a lesson that begins with some code, in a temporary folder of its own. */
const withGrader = (
  name: string,
  code: string,
  fn: (grader: {
    readonly child: Deno.ChildProcess;
    readonly pids: readonly string[];
    readonly temp: string;
    readonly folder: string;
  }) => Promise<void>,
) =>
  test(name, async (folder) => {
    if (isWindows) return; // where a program cannot be sent a signal
    const temp = await Deno.makeTempDir({ prefix: "temp-" });
    try {
      const path = `${folder}/class/bad/lessons`;
      await Deno.mkdir(path, { recursive: true });
      const text = code + await source();
      await Deno.writeTextFile(`${path}/${lesson.name}.ts`, text);
      const child = new Deno.Command(Deno.execPath(), {
        // No limit ends it: nothing depends on how fast the test is.
        args: [
          ...["run", "-A", "classroom/grading/grade.ts", `${folder}/class`],
          "--timeout=600",
        ],
        cwd: root,
        env: { TMPDIR: temp, NO_COLOR: "1" },
        stdout: "null",
        stderr: "null",
      }).spawn();
      const pids = await sandboxesIn(temp);
      assert(pids.every(isRunning), "it runs");
      await fn({ child, pids, temp, folder });
      // What has been killed is gone when the system has got round to it.
      while (pids.some(isRunning)) {
        await new Promise((go) => setTimeout(go, 10));
      }
    } finally {
      await Deno.remove(temp, { recursive: true });
    }
  });

/** Whether a process runs; one that nobody has waited for yet does not. */
const isRunning = (pid: string) => {
  const { stdout } = new Deno.Command("ps", {
    args: ["-o", "stat=", "-p", pid],
  }).outputSync();
  return /^[^Z]/.test(new TextDecoder().decode(stdout));
};

withGrader(
  "Ctrl-C leaves nothing running and no folder behind, whatever ignores it",
  'for (const it of ["SIGINT", "SIGTERM", "SIGHUP"] as const)' +
    "Deno.addSignalListener(it, () => {});\nfor (;;);\n",
  async ({ child, temp }) => {
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    assertEquals([...Deno.readDirSync(temp)], []);
  },
);

withGrader(
  "a grader that is killed leaves nothing running, and the next one clears up",
  "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n",
  async ({ child, pids, temp, folder }) => {
    child.kill("SIGKILL");
    await child.status;
    while (pids.some(isRunning)) {
      await new Promise((go) => setTimeout(go, 10));
    }
    assertEquals([...Deno.readDirSync(temp)].length, 1);
    // Others may be grading, or keep something of that name.
    for (const name of ["grade-used", "grade-new", "grade-other"]) {
      await Deno.mkdir(`${temp}/${name}`);
    }
    await Deno.writeTextFile(`${temp}/grade-new/owner`, "");
    await Deno.writeTextFile(`${temp}/grade-used/owner`, "1\n");
    using used = await Deno.open(`${temp}/grade-used/owner`, { write: true });
    await used.lock(true);
    await Deno.remove(`${folder}/class/bad`, { recursive: true });
    await write(`${folder}/class`, ["right by calls"]);
    const next = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "classroom/grading/grade.ts", `${folder}/class`],
      cwd: root,
      env: { TMPDIR: temp },
      stdout: "null",
      stderr: "null",
    }).output();
    assertEquals(next.code, 0);
    const left = [...Deno.readDirSync(temp)].map(({ name }) => name);
    assertEquals(left.sort(), ["grade-new", "grade-other", "grade-used"]);
  },
);

/** Waits for a submission to run, and gives the ids of its processes. */
async function sandboxesIn(temp: string): Promise<string[]> {
  for (;;) {
    const { stdout } = await run(["ps", "-A", "-o", "pid=,args="]);
    // What is checked beside it, and the lesson's own solution, end by themselves.
    const pids = stdout.split("\n")
      .filter((line) =>
        line.includes(temp) &&
        / \S+\/copies\/(?!solution-)[^/ ]+\/main\.ts/.test(line)
      )
      .map((line) => line.trim().split(" ")[0]!);
    if (pids.length > 0) return pids;
  }
}
