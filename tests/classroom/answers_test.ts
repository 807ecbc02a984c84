/**
 * The answers are graded, and tried as `exercise` tries them: right ones are
 * solved, wrong ones are not, and both say the same.
 */

import { assertEquals } from "@std/assert";
import { assign } from "../../classroom/exercise/assign.ts";
import { stepsIn } from "../../classroom/exercise/decide.ts";
import type { Exercises } from "../../classroom/exercise/graded.ts";
import {
  type LessonFiles,
  lessonsIn,
  regionsOf,
} from "../../classroom/exercise/regions.ts";
import { grade } from "../../classroom/grading/grade_class.ts";
import type { Report } from "../../classroom/reports/report.ts";
import { testWith } from "../helper.ts";
import { type AnsweredFile, answersTo, filesOf } from "./answers.ts";

const root = new URL("../../", import.meta.url);

testWith(
  ["read"],
  "answers: to each region there are three right ones and three wrong ones",
  () => {
    for (const lesson of lessonsIn(root)) {
      const source = Deno.readTextFileSync(new URL(lesson.path, root));
      const names = regionsOf(source).map(({ name }) => name);
      const answers = answersTo(lesson);
      assertEquals(
        new Set(answers.map(({ region }) => region)),
        new Set(names),
      );
      for (const name of names) {
        const own = answers.filter(({ region }) => region === name);
        const right = own.filter(({ isRight }) => isRight).length;
        const wrong = own.length - right;
        assertEquals([right >= 3, wrong >= 3], [true, true], name);
      }
    }
  },
);

testWith(
  ["run", "read", "write", "env"],
  "answers: grading and exercise call the right ones solved, and no wrong one",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "answers-" });
    try {
      const files = lessonsIn(root).flatMap((lesson) =>
        filesOf(lesson).map((file, i) => ({ ...file, lesson, student: `${i}` }))
      );
      const graded = await gradeFiles(`${folder}/class`, files);
      const tried = await tryFiles(new URL(`file://${folder}/project/`), files);
      assertEquals(
        [...mistakesIn(files, graded), ...mistakesIn(files, tried)],
        [],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** What somebody hands in of one lesson. */
interface File extends AnsweredFile {
  readonly lesson: LessonFiles;
  readonly student: string;
}

/** What is said of the regions of each file. */
type Verdicts = Map<File, readonly Verdict[]>;

interface Verdict {
  readonly name: string;
  readonly solved: boolean;
  /** Why it is not. */
  readonly reasons: readonly (string | undefined)[];
}

/** The answers of which something else is said than what they are. */
function mistakesIn(files: readonly File[], verdicts: Verdicts): unknown[] {
  return files.flatMap((file) =>
    file.answers.flatMap(({ region, isRight, what }) => {
      const { solved, reasons } = verdicts.get(file)!
        .find(({ name }) => name === region)!;
      if (solved === isRight) return [];
      return [{ answer: `${file.lesson.number} ${region}: ${what}`, reasons }];
    })
  );
}

/** Grades the files as those of a class. */
async function gradeFiles(
  folder: string,
  files: readonly File[],
): Promise<Verdicts> {
  for (const { student, lesson: { path }, text } of files) {
    await Deno.mkdir(`${folder}/${student}/lessons`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${student}/${path}`, text);
  }
  const { report } = await grade(folder, { trust: ["14"] });
  return new Map(files.map((file) => [file, verdictsIn(report, file)]));
}

function verdictsIn(report: Report, { student, lesson }: File): Verdict[] {
  const { regions, problems } = report.students
    .find((one) => one.student === student)!.lessons
    .find((one) => one.lesson === lesson.number)!;
  return regions.map(({ name, solved, tests }) => ({
    name,
    solved,
    reasons: [...problems, ...tests.map(({ reason }) => reason)],
  }));
}

/** Tries the files as `exercise` does, in a project for students. */
async function tryFiles(
  project: URL,
  files: readonly File[],
): Promise<Verdicts> {
  const lessons = lessonsIn(root);
  await assign(root, { lessons, out: project, force: false });
  const exercises: Exercises = JSON.parse(
    await Deno.readTextFile(new URL("classroom/exercises.json", project)),
  );
  const verdicts: Verdicts = new Map();
  // Each processor takes the next lesson, until there is none.
  const left = lessons.values();
  const work = async () => {
    for (const { number, path } of left) {
      const exercise = exercises[number]!;
      for (const file of files.filter(({ lesson }) => lesson.path === path)) {
        await Deno.writeTextFile(new URL(path, project), file.text);
        const look = { root: project, number, exercise, timeout: 30 };
        const steps = await stepsIn(look).catch((error) =>
          file.answers.map(({ region: name }) => ({
            name,
            solved: false,
            failing: [error as Error],
          }))
        );
        verdicts.set(
          file,
          steps.map(({ name, solved, failing }) => ({
            name,
            solved,
            reasons: failing.map(({ message }) => message),
          })),
        );
      }
    }
  };
  await Promise.all(
    Array.from({ length: navigator.hardwareConcurrency }, work),
  );
  return verdicts;
}
