/**
 * A class graded beside what a teacher would do without the command: put each
 * file into a project and run `deno test`, one after another.
 *
 * Then once more with one submission that never ends, to see what it costs.
 *
 * @example Run it; 100 students, of whom 3 loop, take some minutes
 * ```sh
 * deno run --no-lock --allow-run --allow-read --allow-write --allow-env bench/grade_bench.ts 100
 * ```
 *
 * @module
 */

import { markdownTable } from "./measure.ts";
import { blank, lessonsIn, regionsOf } from "../classroom/exercise/regions.ts";
import type { Report } from "../classroom/reports/report.ts";
import { run } from "../mod.ts";

const numbers = ["03", "09", "12"];
const timeout = 15;
const students = Number(Deno.args[0] ?? 100);
const root = new URL("../", import.meta.url);
const rootPath = await Deno.realPath(root);
const lessons = lessonsIn(root).filter(({ number }) =>
  numbers.includes(number)
);

/** What a student hands in: every second one has left out a region. */
function submitted(source: string, student: number): string {
  const regions = regionsOf(source);
  const region = regions[student % regions.length]!;
  const text = student % 2 === 0 ? source : blank(source, region);
  return `// Student ${student}\n${text}`;
}

/** A solution whose first function never ends. */
function endless(source: string): string {
  const [region] = regionsOf(source);
  const starter = blank(source, region!);
  return starter.replace(/throw new Error\(\s*"TODO/, "for (;;);\n$&");
}

async function writeSubmission(
  folder: string,
  edit: (source: string) => string,
): Promise<void> {
  await Deno.mkdir(`${folder}/lessons`, { recursive: true });
  for (const { path } of lessons) {
    const source = await Deno.readTextFile(new URL(path, root));
    await Deno.writeTextFile(`${folder}/${path}`, edit(source));
  }
}

interface Measured {
  readonly seconds: number;
  /** The most that a program and all it started had in memory, in bytes. */
  readonly memory: number;
}

/** Does something, and weighs this program's descendants meanwhile. */
async function measured(doing: () => Promise<unknown>): Promise<Measured> {
  let memory = 0;
  let isOver = false;
  const weighing = (async () => {
    while (!isOver) {
      memory = Math.max(memory, await weighDescendants());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const start = performance.now();
  try {
    await doing();
  } finally {
    isOver = true;
    await weighing;
  }
  return { seconds: (performance.now() - start) / 1000, memory };
}

/**
 * The memory that all programs started by this one have now. What they share is
 * counted for each.
 */
async function weighDescendants(): Promise<number> {
  if (Deno.build.os === "windows") return NaN;
  const { stdout } = await run(["ps", "-A", "-o", "pid=,ppid=,rss=,comm="]);
  const rows = stdout.trim().split("\n").map((line) =>
    line.trim().split(/\s+/)
  );
  const family = new Set([String(Deno.pid)]);
  let total = 0;
  // Ids grow, so that nearly all come after their parents; a second look finds
  // the rest.
  for (const isLast of [false, true]) {
    for (const [pid = "", parent = "", rss, name] of rows) {
      if (!family.has(parent) || name === "ps") continue;
      family.add(pid);
      if (isLast) total += Number(rss) * 1024;
    }
  }
  return total;
}

async function gradeClass(folder: string): Promise<[Measured, Report]> {
  const out = await Deno.makeTempDir({ dir: temporary });
  const command = [Deno.execPath(), "task", "--quiet", "grade", folder];
  const options = ["--lessons", numbers.join(), "--timeout", String(timeout)];
  const result = await measured(() =>
    run([...command, ...options, "--seed", "1", "--out", out], {
      cwd: rootPath,
      check: true,
    })
  );
  return [result, JSON.parse(await Deno.readTextFile(`${out}/report.json`))];
}

/** Puts every file into a copy of the project, and runs the tests of it. */
async function gradeByHand(folder: string, project: string): Promise<Measured> {
  return await measured(async () => {
    for (let student = 0; student < students; student++) {
      for (const { path, test } of lessons) {
        await Deno.copyFile(
          `${folder}/${student}/${path}`,
          `${project}/${path}`,
        );
        // That tests fail is no reason to stop.
        await run([Deno.execPath(), "test", test], { cwd: project });
      }
    }
  });
}

/** The scores of everybody but the one who loops. */
function scores({ students }: Report): string {
  return JSON.stringify(
    students.filter(({ student }) => student !== "endless").map((one) => [
      one.student,
      one.lessons.map(({ regions }) => regions.map(({ solved }) => solved)),
    ]),
  );
}

const temporary = await Deno.makeTempDir({ prefix: "grade-bench-" });
try {
  const folder = `${temporary}/class`;
  for (let student = 0; student < students; student++) {
    const edit = (source: string) => submitted(source, student);
    await writeSubmission(`${folder}/${student}`, edit);
  }
  const project = `${temporary}/project`;
  await run(["git", "clone", "--quiet", rootPath, project], { check: true });

  const [graded, before] = await gradeClass(folder);
  const byHand = await gradeByHand(folder, project);
  await writeSubmission(`${folder}/endless`, endless);
  const [withLoop, after] = await gradeClass(folder);

  const inSeconds = ({ seconds }: Measured) => `${seconds.toFixed(1)} s`;
  const inMegabytes = ({ memory }: Measured) =>
    `${Math.round(memory / 1e6)} MB`;
  const row = (title: string, one: Measured) => [
    title,
    inSeconds(one),
    (one.seconds / graded.seconds).toFixed(2),
    inMegabytes(one),
  ];
  console.log(markdownTable([
    ["", "time", "ratio", "memory at most"],
    row(`${students} submissions of ${numbers.length} lessons, graded`, graded),
    row(`${students * numbers.length} × deno test`, byHand),
    row(`graded, with a submission of ${numbers.length} loops`, withLoop),
  ]));
  const { lessons: loops } = after.students
    .find(({ student }) => student === "endless")!;
  const seconds = loops.map(({ elapsed }) => (elapsed / 1000).toFixed(1));
  console.log(`\nEach loop took ${seconds.join(" s, ")} s of ${timeout} s.`);
  const isSame = scores(before) === scores(after);
  console.log(
    `The others' scores are ${isSame ? "the same" : "not the same"}.`,
  );
} finally {
  await Deno.remove(temporary, { recursive: true });
}
