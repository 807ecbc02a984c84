/**
 * Grades a class: a folder with a submission in each subfolder or archive.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type MapOptions, Pool, type PoolOptions } from "../../mod.ts";
import { regionsOf, starterOf } from "../exercise/regions.ts";
import type {
  LessonResult,
  Report,
  SimilarPair,
  StudentResult,
} from "../reports/report.ts";
import {
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
import {
  checkOutputs,
  outputHelp,
  outputOptions,
  type Outputs,
  outputsOf,
  printTable,
  writeOutputs,
} from "../reports/outputs.ts";
import type { RunLessonOptions } from "../sandbox/run_lesson.ts";
import { runOf } from "./run.ts";
import { parseShard, seedOf, type Shard, shardOf } from "./shard.ts";
import { similarPairs } from "./similar.ts";
import { findClass, type Submission } from "./submissions.ts";
import { UsageError } from "./usage.ts";
import { differencesOf } from "./written.ts";

const help = `\
Grades a class: SUBMISSIONS has a folder or an archive (.zip, .tar.gz, .tgz) for
each student, or is what Moodle or Canvas gives for download.

deno task grade SUBMISSIONS [options]

  --lessons L  the lessons to grade, such as 03,07 (default: all that somebody
               submitted)
  --jobs N     how many run at once (default: one for each processor)
  --timeout S  how long one lesson of one submission may take, in seconds
               (default: 60)
  --seed S     the number that decides the fresh inputs (default: what was
               submitted decides)
  --shard I/N  grade only part I of N of the class
  --trust L    let these lessons start programs. This gives up the sandbox: use
               it in a container only
${outputHelp}
  --help       this text

Ends with 0 when grading worked, whatever the students did; 1 when grading
itself failed; 2 for a wrong command line.`;

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
  /** How long a lesson of a submission may run, in milliseconds. */
  readonly timeout?: number;
  /** Decides the fresh inputs; by default what was submitted does. */
  readonly seed?: number;
  /** Which part of the class to grade. */
  readonly shard?: Shard;
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
  const { students, notes } = await findClass(folder, findLessons());
  const all: Submission[] = [];
  for (const student of students) all.push(await student.read());
  // Of the whole class, also for a shard of it.
  const lessons = chosenLessons(all, options.lessons);
  const seed = options.seed ?? seedOf(all);
  const submissions = shardOf(all, shard);
  for (const note of [...notes, ...submissions.flatMap(notesOf)]) {
    options.onNote?.(note);
  }
  const kit = await makeKit(lessons);
  try {
    const results = await gradeAll(kit, submissions, { ...options, seed });
    const students: StudentResult[] = submissions.map((submission, i) => ({
      student: submission.student,
      lessons: results[i]!,
    }));
    signal?.throwIfAborted();
    const report: Report = {
      version: 2,
      run: await runOf(kit, all, seed),
      lessons: [...lessons.keys()],
      ...(shard ? { shard } : {}),
      students,
      similar: await compareAll(all, lessons),
    };
    return { report };
  } finally {
    await endRuns(kit);
    await removeKit(kit);
  }
}

/** What the teacher should know of a submission, in words. */
function notesOf({ student, notes }: Submission): string[] {
  return notes.map((note) => `${student}: ${note}`);
}

function chosenLessons(
  submissions: readonly Submission[],
  chosen?: readonly string[],
): Map<string, string> {
  const all = findLessons();
  for (const number of chosen ?? []) {
    if (!all.has(number)) throw new UsageError(`there is no lesson ${number}`);
  }
  const submitted = (number: string) =>
    submissions.some(({ files }) => files.has(number));
  const isChosen = (number: string) =>
    chosen ? chosen.includes(number) : submitted(number);
  return new Map([...all].filter(([number]) => isChosen(number)));
}

/** Grades every lesson of every submission; the results by submission. */
async function gradeAll(
  kit: Kit,
  submissions: readonly Submission[],
  options: GradeOptions,
): Promise<LessonResult[][]> {
  const { signal } = options;
  const call = { chunkSize: 1, ...(signal ? { signal } : {}) };
  using pool = new Pool({
    ...poolOptions,
    workers: options.jobs ?? navigator.hardwareConcurrency,
  });
  const lessons = await planAll(kit, pool, call, options);
  const files = await copyAll(kit, submissions);
  const own = [...lessons.values()];
  const fatal = await findFatal(kit, own, files);
  const sound = files.filter(({ copy }) => !fatal.has(copy));
  // Types are checked meanwhile; what is found decides no point.
  const checking = findTypeErrors(kit, sound, signal);
  checking.catch(() => {});

  const byName = new Map(files.map((file) => [file.name, file]));
  const tasks = submissions.flatMap((submission, i) =>
    own.map(({ lesson, plan, source }): Submitted => {
      const file = byName.get(`${i}-${lesson}`);
      const found = file && fatal.get(file.copy);
      const known = problemOf(submission, lesson, kit) ?? found;
      return {
        plan,
        ...(file && !found ? { copy: file.copy } : {}),
        problems: known === undefined ? [] : [known],
        hints: file ? differencesOf(source, textOf(file.source)) : [],
        options: optionsFor(lesson, source, kit, options),
      };
    })
  );
  const results = await pool.map(gradeLesson, tasks, {
    ...call,
    onProgress: ({ done }) => options.onProgress?.(done, tasks.length),
  });
  const typeErrors = await checking;
  return submissions.map(({ files }, i) =>
    results.slice(i * own.length, (i + 1) * own.length).map((result) => {
      const file = byName.get(`${i}-${result.lesson}`);
      const error = file && typeErrors.get(file.copy);
      const submitted = files.get(result.lesson);
      const notes = submitted && "notes" in submitted ? submitted.notes : [];
      const first = error === undefined ? [] : [error];
      return { ...result, problems: [...first, ...result.problems, ...notes] };
    })
  );
}

/** How a lesson is run. */
function optionsFor(
  lesson: string,
  source: string,
  { folder }: Kit,
  { timeout = 60_000, seed = 0, trust = [] }: GradeOptions,
): RunLessonOptions {
  return {
    lesson,
    regions: regionsOf(source).map(({ name }) => name),
    seed,
    limits: { ...limits, timeout, testTimeout: timeout / 3 },
    folder,
    trusted: trust.includes(lesson),
  };
}

/** A lesson of the project: what it says, and what its solution does. */
interface PlannedLesson extends Inspected {
  readonly source: string;
  readonly plan: Plan;
}

/** Runs every lesson's own solution as submissions will be run. */
async function planAll(
  kit: Kit,
  pool: Pool,
  call: MapOptions,
  options: GradeOptions,
): Promise<Map<string, PlannedLesson>> {
  const lessons: Omit<PlannedLesson, "plan">[] = [];
  for (const [lesson, name] of kit.lessons) {
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
  submissions: readonly Submission[],
): Promise<SubmittedCopy[]> {
  const copies: SubmittedCopy[] = [];
  for (const [i, { files }] of submissions.entries()) {
    for (const lesson of kit.lessons.keys()) {
      const file = files.get(lesson);
      if (file === undefined || !("source" in file)) continue;
      const { source, helpers } = file;
      const name = `${i}-${lesson}`;
      const copy = await makeCopy(kit, name, lesson, source, helpers);
      copies.push({ name, lesson, source, copy });
    }
  }
  return copies;
}

function textOf(source: Uint8Array): string {
  return new TextDecoder().decode(source);
}

/** Why there is nothing to look at, in words. */
function problemOf(
  { files, notes }: Submission,
  lesson: string,
  { lessons }: Kit,
): string | undefined {
  const file = files.get(lesson);
  if (file !== undefined) return "problem" in file ? file.problem : undefined;
  const missing = `lessons/${lessons.get(lesson)}.ts is missing`;
  return [missing, ...notes].join("; ");
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

interface CommandLine {
  readonly folder: string;
  readonly options: GradeOptions;
  readonly outputs: Outputs;
}

function parse(args: readonly string[]): CommandLine | "help" {
  const names = ["lessons", "jobs", "timeout", "seed", "shard", "trust"];
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["_", ...names, ...outputOptions],
    alias: { help: "h" },
    unknown: (option, key) => {
      if (key === undefined) return;
      throw new UsageError(`there is no option ${option}`);
    },
  });
  if (parsed["help"]) return "help";
  const [folder, ...others] = parsed._.map(String);
  if (folder === undefined) throw new UsageError("name the folder to grade");
  if (others.length > 0) throw new UsageError(`one folder, not ${others[0]}`);
  const text = (name: string) => {
    const value = parsed[name];
    if (value === undefined) return undefined;
    if (typeof value === "string" && value !== "") return value;
    throw new UsageError(`--${name} needs one value`);
  };
  const number = (name: string, least: number, most: number) => {
    const value = text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isInteger(number) && number >= least && number <= most) {
      return number;
    }
    throw new UsageError(
      `--${name} is a whole number from ${least} to ${most}, not ${value}`,
    );
  };
  const lessons = (name: string) =>
    text(name)?.split(",").map((number) => number.trim().padStart(2, "0"));
  const timeout = number("timeout", 1, 86_400);
  const shard = text("shard");
  const options = {
    lessons: lessons("lessons"),
    jobs: number("jobs", 1, 1_024),
    timeout: timeout && timeout * 1_000,
    seed: number("seed", 0, 2 ** 32 - 1),
    shard: shard === undefined ? undefined : shardOfText(shard),
    trust: lessons("trust"),
  };
  return {
    folder,
    // What was not given is left out.
    options: Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as GradeOptions,
    outputs: outputsOf(parsed),
  };
}

function shardOfText(text: string): Shard {
  try {
    return parseShard(text);
  } catch (error) {
    throw new UsageError(`--shard: ${(error as Error).message}`);
  }
}

/** Ends grading when the user does, so that it can clean up. */
function interruption(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = () => controller.abort(new Interrupted());
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
    },
  };
}

/** Why grading ended early. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
  override readonly message = "interrupted; nothing was written";
}

/**
 * Runs the command.
 *
 * @param args The command line, without the program's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  const isTerminal = Deno.stderr.isTerminal();
  const clear = isTerminal ? "\r\x1b[K" : "";
  const tell = (text: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  try {
    const parsed = parse(args);
    if (parsed === "help") {
      console.log(help);
      return 0;
    }
    await checkOutputs(parsed.outputs);
    using ending = interruption();
    const { report } = await grade(parsed.folder, {
      ...parsed.options,
      signal: ending.signal,
      onNote: (text) => tell(`${clear}${text}\n`),
      onProgress: (done, total) => {
        if (isTerminal) tell(`${clear}graded ${done} of ${total}`);
      },
    });
    tell(clear);
    printTable(report);
    for (const file of await writeOutputs(report, parsed.outputs)) {
      console.log(`wrote ${file}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    tell(`${clear}grade: ${error.message}\n`);
    if (error instanceof Interrupted) return 130;
    if (!(error instanceof UsageError)) return 1;
    tell('"deno task grade --help" says how it is used\n');
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
