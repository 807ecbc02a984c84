/**
 * Grades a class: each lesson of each submission in a sandbox of its own, by
 * what the lesson's own solution does there.
 *
 * @module
 */

import { type MapOptions, Pool, type PoolOptions } from "../../mod.ts";
import { starterOf } from "../exercise/regions.ts";
import type { LessonResult, Report, SimilarPair } from "../reports/report.ts";
import {
  besideEach,
  gradeLesson,
  type Plan,
  planOf,
  type Submitted,
} from "./grade_lesson.ts";
import {
  findFatal,
  findTypeErrors,
  type Inspected,
} from "../sandbox/inspect.ts";
import {
  endRuns,
  findLessons,
  type Kit,
  lessonFile,
  makeCopy,
  makeKit,
  removeKit,
} from "../sandbox/kit.ts";
import type { RunLessonOptions } from "../sandbox/run_lesson.ts";
import { usageOf } from "../sandbox/watch.ts";
import { type Earlier, earlierIn, fingerprintOf } from "./earlier.ts";
import { runOf } from "./run.ts";
import { seedOf, type Shard, shardOf } from "./shard.ts";
import { similarPairs } from "./similar.ts";
import {
  findClass,
  type Submission,
  type SubmittedFile,
} from "./submissions.ts";
import { UsageError } from "./usage.ts";
import { differencesOf } from "./written.ts";

/** The memory of one sandbox in megabytes, and what it may print in bytes. */
const limits = { memory: 1_024, output: 1_000_000 };

/** Where the grader's own side of each sandbox runs. */
const poolOptions: PoolOptions = {
  isolation: "process",
  module: import.meta.resolve("./grade_lesson.ts"),
  permissions: {
    read: true,
    write: true,
    run: true,
    env: ["SystemRoot", "TEMP", "TMP"],
  },
};

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
  /** Which part of the class to grade. */
  readonly shard?: Shard;
  /** The students to grade, a name or several with commas; all unless given. */
  readonly only?: readonly string[];
  /** An earlier report: what it says of unchanged lessons is taken over. */
  readonly since?: Report;
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
  /** How many lessons of submissions were taken over from an earlier report. */
  readonly takenOver: number;
}

/**
 * Grades a class.
 *
 * @param folder The folder with the submissions.
 * @param options What to grade, and how.
 * @returns What was found.
 * @throws {UsageError} If there is no such folder or lesson.
 * @throws {Error} If grading itself fails: a lesson's own solution does not pass.
 */
export async function grade(
  folder: string,
  options: GradeOptions = {},
): Promise<Graded> {
  const { shard, signal } = options;
  const there = findLessons();
  const { students, notes } = await findClass(folder, there);
  const all: Submission[] = [];
  for (const student of students) all.push(await student.read());
  // Of the whole class, also for a shard of it.
  const lessons = chosenLessons(there, all, options.lessons);
  const seed = options.seed ?? options.since?.run.seed ?? seedOf(all);
  const submissions = chosenStudents(shardOf(all, shard), options.only);
  const said: string[] = [];
  const onNote = (note: string) => {
    said.push(note);
    options.onNote?.(note);
  };
  for (const note of [...notes, ...submissions.flatMap(notesOf)]) onNote(note);
  const weight = await usageOf(Deno.pid).catch(() => undefined);
  if (weight === undefined) onNote(unwatched);
  const kit = await makeKit(lessons);
  try {
    const run = await runOf(kit, all, seed);
    const earlier = earlierIn(options.since, run);
    const graded = { ...options, seed, earlier, onNote };
    const { results, takenOver } = await gradeAll(kit, submissions, graded);
    signal?.throwIfAborted();
    const report: Report = {
      version: 2,
      run: { ...run, date: new Date().toISOString() },
      lessons: [...lessons.keys()],
      ...(shard ? { shard } : {}),
      students: submissions.map(({ student }, i) => ({
        student,
        lessons: results[i]!,
      })),
      ...(said.length > 0 ? { notes: said } : {}),
      similar: await compareAll(all, lessons),
    };
    return { report, takenOver };
  } finally {
    await endRuns(kit);
    const left = await removeKit(kit);
    if (left !== undefined) options.onNote?.(left);
  }
}

const unwatched =
  "how much memory submissions take is not watched, as nothing here tells: " +
  "there is neither /proc nor ps. V8's heap has its limit all the same";

/** What the teacher should know of a submission, in words. */
function notesOf({ student, notes }: Submission): string[] {
  return notes.map((note) => `${student}: ${note}`);
}

function chosenStudents(
  submissions: readonly Submission[],
  only?: readonly string[],
): readonly Submission[] {
  if (only === undefined) return submissions;
  const names = new Set(submissions.map(({ student }) => student));
  // A name may have a comma itself.
  const chosen = only.flatMap((name) =>
    names.has(name) ? name : name.split(",").map((name) => name.trim())
  );
  const other = chosen.find((name) => !names.has(name));
  if (other === undefined) {
    return submissions.filter(({ student }) => chosen.includes(student));
  }
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

/** A lesson of a submission. */
interface Work {
  /** The submission's place, and the lesson's number. */
  readonly name: string;
  readonly lesson: string;
  /** What was submitted, or why there is nothing, in words. */
  readonly file: SubmittedFile;
  readonly fingerprint: string;
  /** What an earlier run found out, if that still holds. */
  readonly earlier?: LessonResult | undefined;
}

/** Grades every lesson of every submission; the results by submission. */
async function gradeAll(
  kit: Kit,
  submissions: readonly Submission[],
  options: GradeOptions & { readonly earlier: Earlier },
): Promise<{ results: LessonResult[][]; takenOver: number }> {
  const all = submissions.map((submission, i) =>
    [...kit.lessons].map(([lesson, name]): Work => {
      const { student, files, notes } = submission;
      const missing = [`lessons/${name}.ts is missing`, ...notes];
      const file = files.get(lesson) ?? { problem: missing.join("; ") };
      const fingerprint = fingerprintOf(file, howToRun(lesson, options));
      const earlier = options.earlier(student, lesson, fingerprint);
      return { name: `${i}-${lesson}`, lesson, file, fingerprint, earlier };
    })
  );
  const left = all.flat().filter(({ earlier }) => earlier === undefined);
  const graded = await gradeAnew(kit, left, options);
  return {
    results: all.map((works) =>
      works.map(({ name, earlier }) => earlier ?? graded.get(name)!)
    ),
    takenOver: all.flat().length - left.length,
  };
}

/** Grades lessons of submissions; the results by name. */
async function gradeAnew(
  kit: Kit,
  works: readonly Work[],
  options: GradeOptions,
): Promise<Map<string, LessonResult>> {
  const { signal, onProgress } = options;
  onProgress?.(0, works.length);
  const call = { chunkSize: 1, ...(signal ? { signal } : {}) };
  using pool = new Pool({
    ...poolOptions,
    workers: options.jobs ?? navigator.hardwareConcurrency,
  });
  const numbers = new Set(works.map(({ lesson }) => lesson));
  const lessons = await planAll(kit, pool, call, options, numbers);
  const files = await copyAll(kit, works);
  const fatal = await findFatal(kit, files);
  const sound = files.filter(({ copy }) => !fatal.has(copy));
  // Types are checked meanwhile; what is found decides no point.
  const checking = findTypeErrors(kit, sound, signal);
  checking.catch(() => {});

  const byName = new Map(files.map((file) => [file.name, file]));
  const tasks = works.map(({ name, lesson, file }): Submitted => {
    const { plan, source } = lessons.get(lesson)!;
    const copied = byName.get(name);
    const found = copied && fatal.get(copied.copy);
    const known = "problem" in file ? file.problem : found;
    return {
      plan,
      ...(copied && !found ? { copy: copied.copy } : {}),
      problems: known === undefined ? [] : [known],
      hints: copied ? differencesOf(source, textOf(copied.source)) : [],
      options: optionsFor(lesson, source, kit, options),
    };
  });
  const results = await pool.map(gradeLesson, tasks, {
    ...call,
    onProgress: ({ done }) => onProgress?.(done, tasks.length),
  });
  const typeErrors = await checking;
  return new Map(works.map(({ name, file, fingerprint }, i) => {
    const copied = byName.get(name);
    const error = copied && typeErrors.get(copied.copy);
    const problems = [
      ...(error === undefined ? [] : [error]),
      ...results[i]!.problems,
      ...("notes" in file ? file.notes : []),
    ];
    return [name, { ...results[i]!, problems, submitted: fingerprint }];
  }));
}

/** What of the options decides a result. */
function howToRun(
  lesson: string,
  { timeout = 10_000, trust = [] }: GradeOptions,
) {
  return {
    limits: { ...limits, time: timeout },
    trusted: trust.includes(lesson),
  };
}

/** How a lesson is run. */
function optionsFor(
  lesson: string,
  source: string,
  { folder }: Kit,
  options: GradeOptions,
): RunLessonOptions {
  return {
    lesson,
    regions: besideEach(source),
    seed: options.seed ?? 0,
    folder,
    ...howToRun(lesson, options),
  };
}

/** A lesson of the project: what it says, and what its solution does. */
interface PlannedLesson extends Inspected {
  readonly source: string;
  readonly plan: Plan;
}

/** Runs the solutions of some lessons as submissions will be run. */
async function planAll(
  kit: Kit,
  pool: Pool,
  call: MapOptions,
  options: GradeOptions,
  numbers: ReadonlySet<string>,
): Promise<Map<string, PlannedLesson>> {
  const lessons: Omit<PlannedLesson, "plan">[] = [];
  for (const [lesson, name] of kit.lessons) {
    if (!numbers.has(lesson)) continue;
    const bytes = await Deno.readFile(lessonFile(name));
    const copy = await makeCopy(kit, `solution-${lesson}`, lesson, bytes);
    lessons.push({ copy, lesson, source: textOf(bytes) });
  }
  const args = lessons.map(({ copy, lesson, source }): Parameters<
    typeof planOf
  > => [copy, source, optionsFor(lesson, source, kit, options)]);
  const planned = await pool.starmap(planOf, args, call);
  for (const { notes } of planned) {
    for (const note of notes) options.onNote?.(note);
  }
  return new Map(
    lessons.map((lesson, i) =>
      [lesson.lesson, { ...lesson, plan: planned[i]!.plan }] as const
    ),
  );
}

/** A submitted file, copied to where it will run. */
interface SubmittedCopy extends Inspected {
  /** The submission's place and the lesson's number. */
  readonly name: string;
  readonly source: Uint8Array;
}

async function copyAll(
  kit: Kit,
  works: readonly Work[],
): Promise<SubmittedCopy[]> {
  const copies: SubmittedCopy[] = [];
  for (const { name, lesson, file } of works) {
    if ("problem" in file) continue;
    const { source, helpers } = file;
    const copy = await makeCopy(kit, name, lesson, source, helpers);
    copies.push({ name, lesson, source, copy });
  }
  return copies;
}

function textOf(source: Uint8Array): string {
  return new TextDecoder().decode(source);
}

/** The pairs of students of a class that share the rarest code. */
async function compareAll(
  submissions: readonly Submission[],
  lessons: ReadonlyMap<string, string>,
): Promise<SimilarPair[]> {
  const known: string[] = [];
  for (const name of lessons.values()) {
    const own = await Deno.readTextFile(lessonFile(name));
    known.push(own, starterOf(own));
  }
  const submitted = shardOf(submissions).map(({ student, files }) => {
    const own = new Map<string, string>();
    for (const [lesson, name] of lessons) {
      const file = files.get(lesson);
      if (file === undefined || "problem" in file) continue;
      own.set(`${name}.ts`, textOf(file.source));
      for (const [name, text] of file.helpers) own.set(name, textOf(text));
    }
    return { student, files: own };
  });
  return similarPairs(submitted, known);
}
