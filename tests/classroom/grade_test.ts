/**
 * A class is graded end to end: every submission of `submissions.ts`, each in a
 * sandbox of its own, at the same time.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { grade, main } from "../../classroom/grade.ts";
import { UsageError } from "../../classroom/outputs.ts";
import type { LessonResult } from "../../classroom/report.ts";
import { testWith } from "../helper.ts";
import { lesson, submissions } from "./submissions.ts";

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

test("a class gets what it deserves: right, wrong, broken and hostile", async (folder) => {
  const students = Object.keys(submissions);
  await write(folder, students);
  const { report } = await grade(folder, { timeout: 30_000, seed: 1 });
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
    const { says } = submissions[student]!;
    if (says) {
      assertMatch(reasons(found.get(folderOf(student))!), says, student);
    }
  }
});
