/**
 * Grades a class: a folder with a submission in each subfolder or archive.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type MapOptions, Pool, type PoolOptions } from "../../mod.ts";
import { regionsOf, starterOf } from "../exercise/regions.ts";
import {
  type LessonResult,
  parseReport,
  type Report,
  type SimilarPair,
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
import {
  residentMemory,
  type RunLessonOptions,
} from "../sandbox/run_lesson.ts";
import { type Earlier, earlierIn, fingerprintOf } from "./earlier.ts";
import { runOf } from "./run.ts";
import { parseShard, seedOf, type Shard, shardOf } from "./shard.ts";
import { similarPairs } from "./similar.ts";
import {
  findClass,
  type Submission,
  type SubmittedFile,
} from "./submissions.ts";
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
  --only NAME  grade only these students: NAME,NAME, or --only for each
  --since F    grade only what is not as it was for the report F (of --json);
               the rest is taken over from it, and so is the seed
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
  const { students, notes } = await findClass(folder, findLessons());
  const all: Submission[] = [];
  for (const student of students) all.push(await student.read());
  // Of the whole class, also for a shard of it.
  const lessons = chosenLessons(all, options.lessons);
  const seed = options.seed ?? options.since?.run.seed ?? seedOf(all);
  const submissions = chosenStudents(shardOf(all, shard), options.only);
  const said: string[] = [];
  const onNote = (note: string) => {
    said.push(note);
    options.onNote?.(note);
  };
  for (const note of [...notes, ...submissions.flatMap(notesOf)]) onNote(note);
  const weight = await residentMemory(Deno.pid).catch(() => undefined);
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
    await removeKit(kit);
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
  { timeout = 60_000, trust = [] }: GradeOptions,
) {
  return {
    limits: { ...limits, timeout, testTimeout: timeout / 3 },
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
    regions: regionsOf(source).map(({ name }) => name),
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

interface CommandLine {
  readonly folder: string;
  readonly options: GradeOptions;
  readonly outputs: Outputs;
  /** The file of an earlier report. */
  readonly since?: string | undefined;
}

function parse(args: readonly string[]): CommandLine | "help" {
  const names = [
    "lessons",
    "jobs",
    "timeout",
    "seed",
    "shard",
    "trust",
    "since",
  ];
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["_", "only", ...names, ...outputOptions],
    collect: ["only"],
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
  const only = parsed["only"] as string[];
  const options = {
    lessons: lessons("lessons"),
    jobs: number("jobs", 1, 1_024),
    timeout: timeout && timeout * 1_000,
    seed: number("seed", 0, 2 ** 32 - 1),
    shard: shard === undefined ? undefined : shardOfText(shard),
    trust: lessons("trust"),
    only: only.length > 0 ? only : undefined,
  };
  return {
    folder,
    // What was not given is left out.
    options: Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as GradeOptions,
    outputs: outputsOf(parsed),
    since: text("since"),
  };
}

async function readReport(file: string): Promise<Report> {
  try {
    return parseReport(await Deno.readTextFile(file));
  } catch (error) {
    throw new UsageError(`--since ${file}: ${(error as Error).message}`);
  }
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
 * Tells how far it has come where lines stay: at the start, at each tenth, after
 * ten seconds without a line, and at the end.
 */
function nowAndThen(
  tell: (text: string) => void,
): (done: number, total: number) => void {
  let told = { tenth: -1, time: 0 };
  return (done, total) => {
    const tenth = Math.floor(done / total * 10);
    const time = performance.now();
    if (total === 0) return;
    if (tenth === told.tenth && time - told.time < 10_000) return;
    told = { tenth, time };
    tell(`graded ${done} of ${total}`);
  };
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
    const { folder, since } = parsed;
    using ending = interruption();
    const { report, takenOver } = await grade(folder, {
      ...parsed.options,
      ...(since ? { since: await readReport(since) } : {}),
      signal: ending.signal,
      onNote: (text) => tell(`${clear}${text}\n`),
      onProgress: isTerminal
        ? (done, total) => tell(`${clear}graded ${done} of ${total}`)
        : nowAndThen((text) => tell(`${text}\n`)),
    });
    tell(clear);
    printTable(report);
    if (since) {
      const count = report.students.flatMap(({ lessons }) => lessons).length;
      console.log(
        `\nLessons of submissions: ${count - takenOver} graded, ` +
          `${takenOver} taken over from ${since}.`,
      );
    }
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
