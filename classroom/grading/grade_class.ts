/**
 * Grades a class: each lesson of each submission in a sandbox of its own, by
 * what the lesson's own solution does there.
 *
 * @module
 */

import { answersTo, filesOf } from "../exercise/answers.ts";
import { findLesson, lessonsIn } from "../exercise/regions.ts";
import type { LessonResult, Report, StudentResult } from "../reports/report.ts";
import {
  findLessons,
  type Kit,
  lessonFile,
  makeKit,
  removeKit,
} from "../sandbox/kit.ts";
import { usageOf } from "../sandbox/watch.ts";
import { gradeWorks, type Work, type Working } from "./grade_works.ts";
import { type MistakeGroup, mistakeOf, mistakesIn } from "./mistakes.ts";
import { keyOf, Results, runKeyOf, seedOf } from "./results.ts";
import {
  findClass,
  type Submission,
  type SubmittedFile,
} from "./submissions.ts";
import { UsageError } from "./usage.ts";

const root = new URL("../../", import.meta.url);

/** The memory of one sandbox, in megabytes. */
const memory = 1_024;

/** What to grade, and how. */
export interface GradeOptions {
  /** The numbers of the lessons; by default those that somebody submitted. */
  readonly lessons?: readonly string[];
  /** How many run at once; the number of processors by default. */
  readonly jobs?: number;
  /** How long a test may compute, or wait without computing, in milliseconds. */
  readonly timeout?: number;
  /** Decides the fresh inputs; by default what was submitted does. */
  readonly seed?: number;
  /** The students to grade again; all whose files are others unless given. */
  readonly only?: readonly string[];
  /** The folder of the results, where a run goes on that was ended. */
  readonly out?: string;
  /** The lessons that may start programs. */
  readonly trust?: readonly string[];
  /** Ends grading early. */
  readonly signal?: AbortSignal;
  /** Told how far it has come. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told what the teacher should know, in words. */
  readonly onNote?: (text: string) => void;
}

/** What came of grading. */
export interface Graded {
  readonly report: Report;
  /** The mistakes that were made. */
  readonly mistakes: readonly MistakeGroup[];
  /** How many lessons of submissions were known from an earlier run. */
  readonly takenOver: number;
  /** Why some could not be graded, if grading itself failed. */
  readonly failures: readonly string[];
}

/**
 * Grades a class. What one submission does, or a failure on the way, keeps nobody
 * else from being graded.
 *
 * @param folder The folder with the submissions.
 * @param options What to grade, and how.
 * @returns What was found.
 * @throws {UsageError} If there is no such folder or lesson.
 * @throws {Error} What `options.signal` gives as its reason.
 */
export async function grade(
  folder: string,
  options: GradeOptions = {},
): Promise<Graded> {
  const there = findLessons();
  const { students, notes } = await findClass(folder, there);
  const all: Submission[] = [];
  for (const student of students) all.push(await student.read());
  const lessons = chosenLessons(there, all, options.lessons);
  const only = chosenStudents(all, options.only);
  const said: string[] = [];
  const onNote = (note: string) => {
    said.push(note);
    options.onNote?.(note);
  };
  for (const note of [...notes, ...all.flatMap(noteOf)]) onNote(note);
  if (await usageOf(Deno.pid).catch(() => undefined) === undefined) {
    onNote(unwatched);
  }
  using results = await Results.open(options.out);
  const seed = options.seed ?? results.seed ?? seedOf(all);
  results.seed = seed;
  const kit = await makeKit(lessons);
  try {
    const working = { ...options, kit, seed, results, onNote };
    const graded = await gradeWith(working, all, only);
    const notes = said.length > 0 ? { notes: said } : {};
    return { ...graded, report: { ...graded.report, ...notes } };
  } finally {
    const left = await removeKit(kit);
    if (left !== undefined) options.onNote?.(left);
  }
}

/** Grades a class with a kit. */
async function gradeWith(
  working: Working & GradeOptions,
  all: readonly Submission[],
  only: ReadonlySet<string> | undefined,
): Promise<Graded> {
  const { kit, seed, results } = working;
  const run = await runKeyOf(kit, seed);
  const workOf = (lesson: string, file: SubmittedFile): Work => {
    const how = howToRun(lesson, working);
    return { lesson, file, how, key: keyOf(run, how, file) };
  };
  const works = worksOf(all, kit, workOf);
  const graded = await gradeStudents(works, only, working);
  const found = {
    lessons: [...kit.lessons.keys()],
    students: studentsOf(works, results),
  };
  const known = await knownMistakes(found, workOf, working);
  const report: Report = {
    ...found,
    run: { ...run, date: new Date().toISOString() },
    titles: await titlesOf(kit.lessons),
  };
  return { ...graded, report, mistakes: mistakesIn(report, known) };
}

const unwatched =
  "how much memory submissions take is not watched, as nothing here tells: " +
  "there is neither /proc nor ps. V8's heap has its limit all the same";

/** What the teacher should know of a submission, in a line. */
function noteOf({ student, notes }: Submission): string[] {
  return notes.length === 0 ? [] : [`${student}: ${notes.join("; ")}`];
}

/** The names of the students to grade. */
function chosenStudents(
  submissions: readonly Submission[],
  only?: readonly string[],
): ReadonlySet<string> | undefined {
  if (only === undefined) return undefined;
  const names = new Set(submissions.map(({ student }) => student));
  // A name may have a comma itself.
  const chosen = only.map((name) => name.normalize("NFC")).flatMap((name) =>
    names.has(name) ? name : name.split(",").map((name) => name.trim())
  );
  const other = chosen.find((name) => !names.has(name));
  if (other === undefined) return new Set(chosen);
  throw new UsageError(
    `there is no student "${other}"; there are ${[...names].join(", ")}`,
  );
}

function chosenLessons(
  all: ReadonlyMap<string, string>,
  submissions: readonly Submission[],
  chosen?: readonly string[],
): Map<string, string> {
  for (const number of chosen ?? []) {
    if (!all.has(number)) throw new UsageError(`there is no lesson ${number}`);
  }
  const submitted = (number: string) =>
    submissions.some(({ files }) => files.has(number));
  const isChosen = (number: string) =>
    chosen ? chosen.includes(number) : submitted(number);
  return new Map([...all].filter(([number]) => isChosen(number)));
}

/** What of the options decides a result. */
function howToRun(
  lesson: string,
  { timeout = 10_000, trust = [] }: GradeOptions,
) {
  return {
    lesson,
    limits: { memory, time: timeout },
    trusted: trust.includes(lesson),
  };
}

/** A submission, and its lessons. */
interface StudentWorks extends Submission {
  readonly works: readonly Work[];
}

/** What there is to grade of each submission. */
function worksOf(
  submissions: readonly Submission[],
  kit: Kit,
  workOf: (lesson: string, file: SubmittedFile) => Work,
): StudentWorks[] {
  return submissions.map((submission) => ({
    ...submission,
    works: [...kit.lessons].map(([lesson, name]) => {
      const { files, notes } = submission;
      const missing = [`lessons/${name}.ts is missing`, ...notes];
      const file = files.get(lesson) ?? { problem: missing.join("; ") };
      return workOf(lesson, file);
    }),
  }));
}

/** Grades what is not known yet, or is to be graded again. */
async function gradeStudents(
  students: readonly StudentWorks[],
  only: ReadonlySet<string> | undefined,
  working: Working,
): Promise<{ takenOver: number; failures: string[] }> {
  const { results } = working;
  const failures: string[] = [];
  const left = students.flatMap(({ student, works }) =>
    only === undefined
      ? works.filter(({ key }) => results.get(key) === undefined)
      : only.has(student)
      ? works
      : []
  );
  const all = students.flatMap(({ works }) => works).length;
  try {
    failures.push(...await gradeWorks(left, working));
  } catch (error) {
    working.signal?.throwIfAborted();
    // What was found until now is not lost.
    failures.push((error as Error).message);
  }
  for (const failure of failures) working.onNote(failure);
  return { takenOver: all - left.length, failures };
}

/** What is known of each student. */
function studentsOf(
  students: readonly StudentWorks[],
  results: Results,
): StudentResult[] {
  return students.map(({ works, files: _, notes: __, ...who }) => ({
    ...who,
    lessons: works.flatMap(({ key }): LessonResult[] => {
      const result = results.get(key);
      return result === undefined ? [] : [result];
    }),
  }));
}

/**
 * Finds the names of mistakes that are known: the wrong answers that this project
 * has are graded as the class was, those to functions that somebody has wrong.
 */
async function knownMistakes(
  found: Pick<Report, "lessons" | "students">,
  workOf: (lesson: string, file: SubmittedFile) => Work,
  working: Working,
): Promise<Map<string, string>> {
  const { results } = working;
  const wrong = new Set(
    mistakesIn(found, new Map()).map((it) => `${it.lesson} ${it.region}`),
  );
  const known = new Map<string, string>();
  try {
    const files = wrongAnswers(found.lessons, wrong).map((file) => ({
      ...file,
      work: workOf(file.lesson, file),
    }));
    const left = files.map(({ work }) => work)
      .filter(({ key }) => results.get(key) === undefined);
    await gradeWorks(left, { ...working, onProgress: () => {} }, false);
    for (const { answers, work: { key, lesson } } of files) {
      for (const { region, what } of answers) {
        const result = results.get(key)?.regions
          .find(({ name }) => name === region);
        const mistake = result && mistakeOf(lesson, result);
        if (mistake === undefined) continue;
        const other = known.get(mistake);
        known.set(mistake, other ? `${other}, or ${what}` : what);
      }
    }
  } catch (error) {
    working.signal?.throwIfAborted();
    working.onNote(`mistakes have no names: ${(error as Error).message}`);
  }
  return known;
}

/** The wrong answers that this project has to some functions, as files. */
function wrongAnswers(
  lessons: readonly string[],
  functions: ReadonlySet<string>,
) {
  const all = lessonsIn(root);
  return lessons.flatMap((lesson) => {
    const files = findLesson(all, lesson);
    const own = answersTo(files).filter(({ isRight, region }) =>
      !isRight && functions.has(`${lesson} ${region}`)
    );
    return filesOf(files, own).map(({ answers, text }) => ({
      ...{ lesson, answers, helpers: new Map<string, Uint8Array>(), notes: [] },
      source: new TextEncoder().encode(text),
    }));
  });
}

/** The titles of lessons, by number. */
async function titlesOf(
  lessons: ReadonlyMap<string, string>,
): Promise<Record<string, string>> {
  const titles: Record<string, string> = {};
  for (const [number, name] of lessons) {
    const text = await Deno.readTextFile(lessonFile(name));
    titles[number] = /^ \* Lesson \d+: (.+?)\r?$/m.exec(text)?.[1] ?? name;
  }
  return titles;
}
