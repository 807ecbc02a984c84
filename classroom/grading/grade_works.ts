/**
 * Grades lessons of submissions, several at a time. Each result is kept as soon
 * as it is there.
 *
 * @module
 */

import { isNotWritten, sayingsOf, shortened } from "../exercise/explain.ts";
import type {
  LessonResult,
  RegionResult,
  TestResult,
} from "../reports/report.ts";
import {
  findFatal,
  findTypeErrors,
  type Inspected,
  partsToCheck,
} from "../sandbox/inspect.ts";
import { type Kit, lessonFile, makeCopy, url } from "../sandbox/kit.ts";
import type { RunLessonOptions } from "../sandbox/run_lesson.ts";
import { besideEach, gradeLesson, type Plan, planOf } from "./grade_lesson.ts";
import type { Results } from "./results.ts";
import type { SubmittedFile } from "./submissions.ts";
import { differencesOf } from "./written.ts";

/** A lesson of a submission. */
export interface Work {
  readonly lesson: string;
  /** What was submitted, or why there is nothing, in words. */
  readonly file: SubmittedFile;
  readonly how: Pick<RunLessonOptions, "lesson" | "limits" | "trusted">;
  /** The name of its result. */
  readonly key: string;
}

/** What grading works with. */
export interface Working {
  readonly kit: Kit;
  readonly seed: number;
  readonly results: Results;
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onNote: (text: string) => void;
}

/**
 * Grades lessons of submissions; what two of them have in common, once.
 *
 * @param works What to grade.
 * @param working What it works with, which gets the results.
 * @param checksTypes Whether to tell of errors in types.
 * @returns What could not be graded, and why, in words.
 */
export async function gradeWorks(
  works: readonly Work[],
  working: Working,
  checksTypes = true,
): Promise<string[]> {
  const { kit, results, signal, onProgress } = working;
  const all = [...new Map(works.map((work) => [work.key, work])).values()];
  onProgress?.(0, all.length);
  const { planned, failures } = await planAll(all, working);
  const files = await copyAll(kit, all);
  const fatal = await findFatal(kit, files, signal);
  // What is found decides no point.
  const sound = files.filter(({ copy }) => checksTypes && !fatal.has(copy));
  const mistyped = await findMistyped(sound, working);

  const byKey = new Map(files.map((file) => [file.work.key, file]));
  let done = 0;
  const tasks = all.map((work) => async () => {
    const lesson = planned.get(work.lesson);
    const copied = byKey.get(work.key);
    if (lesson !== undefined) {
      const looked = { copied, fatal, mistyped };
      const found = await gradeOne(work, lesson, looked, working);
      // What was ended with the run says nothing of the submission.
      signal?.throwIfAborted();
      if (typeof found === "string") failures.push(found);
      else results.set(work.key, found);
    }
    onProgress?.(done += 1, all.length);
  });
  await inTurns(tasks, working);
  return failures;
}

/** The first error in the types of each file that has one, in words. */
async function findMistyped(
  files: readonly CopiedWork[],
  working: Working,
): Promise<Map<unknown, string | undefined>> {
  const { kit, signal } = working;
  const mistyped = new Map<unknown, string | undefined>();
  const tasks = (await partsToCheck(kit, files)).map((part) => async () => {
    const found = await findTypeErrors(kit, part, signal);
    for (const [copy, error] of found) mistyped.set(copy, error);
  });
  await inTurns(tasks, working);
  return mistyped;
}

/** Does things, some at a time; once it is to end, it begins nothing more. */
async function inTurns(
  things: readonly (() => Promise<void>)[],
  { signal, jobs = navigator.hardwareConcurrency }: Working,
): Promise<void> {
  // On Windows each pipe that is read takes a thread, of which there are few.
  const most = Deno.build.os === "windows"
    ? Math.min(jobs, navigator.hardwareConcurrency)
    : jobs;
  const left = things.values();
  const work = async () => {
    for (const thing of left) {
      signal?.throwIfAborted();
      await thing();
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: most }, work));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}

/** A lesson of the project: what it says, and what its solution does. */
interface PlannedLesson {
  readonly source: string;
  readonly plan: Plan;
}

/** Runs the solutions of lessons as submissions will be run. */
async function planAll(
  works: readonly Work[],
  working: Working,
): Promise<{ planned: Map<string, PlannedLesson>; failures: string[] }> {
  const { kit, onNote, signal } = working;
  const planned = new Map<string, PlannedLesson>();
  const failures: string[] = [];
  const hows = new Map(works.map(({ lesson, how }) => [lesson, how]));
  const tasks = [...hows].map(([lesson, how]) => async () => {
    planned.delete(lesson);
    try {
      const bytes = await Deno.readFile(lessonFile(kit.lessons.get(lesson)!));
      const name = `solution-${crypto.randomUUID()}`;
      const copy = await makeCopy(kit, name, lesson, bytes);
      const source = textOf(bytes);
      const options = optionsFor(how, source, working);
      const { plan, notes } = await planOf(copy, source, options);
      for (const note of notes) onNote(note);
      planned.set(lesson, { source, plan });
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`lesson ${lesson} is not graded: ${errorText(error)}`);
    }
  });
  await inTurns(tasks, working);
  return { planned, failures };
}

function optionsFor(
  how: Work["how"],
  source: string,
  { kit: { folder }, seed, signal }: Working,
): RunLessonOptions {
  return { ...how, regions: besideEach(source), seed, folder, signal };
}

/** A submitted file, copied to where it will run. */
interface CopiedWork extends Inspected {
  readonly work: Work;
  readonly source: string;
}

async function copyAll(
  kit: Kit,
  works: readonly Work[],
): Promise<CopiedWork[]> {
  const copies: CopiedWork[] = [];
  for (const work of works) {
    const { lesson, file, key } = work;
    if ("problem" in file) continue;
    const { source, helpers } = file;
    const copy = await makeCopy(kit, key, lesson, source, helpers);
    copies.push({ work, lesson, source: textOf(source), copy });
  }
  return copies;
}

/** What was seen of a submitted file before it is run. */
interface Looked {
  /** The file, if there is one that can be read. */
  readonly copied: CopiedWork | undefined;
  /** Why copies cannot be run, in words. */
  readonly fatal: ReadonlyMap<unknown, string>;
  /** The first errors in types, in words. */
  readonly mistyped: ReadonlyMap<unknown, string | undefined>;
}

/** Grades one lesson of a submission; a text says why that failed. */
async function gradeOne(
  { lesson, file, how }: Work,
  { plan, source }: PlannedLesson,
  { copied, fatal, mistyped }: Looked,
  working: Working,
): Promise<LessonResult | string> {
  const found = copied && fatal.get(copied.copy);
  const known = "problem" in file ? file.problem : found;
  try {
    const result = await gradeLesson({
      plan,
      ...(copied && !found ? { copy: copied.copy } : {}),
      problems: known === undefined ? [] : [known],
      hints: copied ? differencesOf(source, copied.source) : [],
      options: optionsFor(how, source, working),
    });
    const notes = "notes" in file ? file.notes : [];
    const types = copied && mistyped.get(copied.copy);
    const problems = [types ?? [], result.problems, notes].flat();
    return tidied({ ...result, problems }, copied?.source ?? "", working.kit);
  } catch (error) {
    return `lesson ${lesson} of somebody is not graded: ${errorText(error)}`;
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function textOf(source: Uint8Array): string {
  return new TextDecoder().decode(source);
}

/** How much is kept of what a submission causes. */
const most = { problems: 5, text: 2_000, lines: 30, line: 160 };

/** A result that is limited in size, and says what there is to say of it. */
function tidied(result: LessonResult, source: string, kit: Kit): LessonResult {
  const problems = result.problems.slice(0, most.problems)
    .map((problem) => bounded(problem, kit));
  const regions = result.regions.map((region): RegionResult => {
    const { name, solved } = region;
    const tests = region.tests.map((test) => explained(test, name, kit));
    if (solved) return { ...region, tests };
    const [first] = tests.filter(({ status }) => status !== "passed");
    const isBegun = !isNotWritten(first?.reason ?? "", name);
    const code = isBegun ? codeOf(source, name) : undefined;
    return { ...region, tests, ...(code === undefined ? {} : { code }) };
  });
  return { ...result, problems, regions };
}

/** A test with what is to be said of it in plain words. */
function explained(test: TestResult, name: string, kit: Kit): TestResult {
  if (test.reason === undefined) return test;
  const reason = bounded(test.reason, kit);
  const said = test.status === "failed"
    ? sayingsOf({ name: test.name, message: reason }, name, linesOf)
    : [{ text: reason }];
  return { ...test, reason, said };
}

/** A text that is not too long, and names no folder that only grading knows. */
function bounded<T extends string | undefined>(text: T, { folder }: Kit): T {
  if (text === undefined) return text;
  const inside = /^\/?(kit\/refused\/|kit\/|copies\/[^/]+\/)?/;
  const parts = [url(`${folder}/`).slice(0, -1), folder].reduce(
    (parts, path) => parts.flatMap((part) => part.split(path)),
    [shortened(text, most.text)],
  );
  return parts.map((part, i) => i === 0 ? part : part.replace(inside, ""))
    .join("") as T;
}

/** The lines of a test of the project. */
function linesOf(path: string): string[] | undefined {
  try {
    const file = new URL(`../../${path}`, import.meta.url);
    return Deno.readTextFileSync(file).split(/\r?\n/);
  } catch {
    // Whoever wrote the message made the name up.
    return undefined;
  }
}

/**
 * The lines of a function or class in a submitted file.
 *
 * @param source The file.
 * @param name The function, the class, or one of its methods.
 * @returns Its first lines, if it is there.
 */
export function codeOf(source: string, name: string): string | undefined {
  const lines = source.split(/\r?\n/);
  const head = new RegExp(
    `^(export )?(default )?(async )?(abstract )?(function *\\*? *|class |const |let )${name}\\b`,
  );
  const method = new RegExp(`^ +[\\w* ]*\\b${name}(<.*>)?\\(.*[{,(]$`);
  const start = [head, method].map((it) =>
    lines.findIndex((line) => it.test(line.slice(0, 500)))
  ).find((i) => i >= 0);
  if (start === undefined) return undefined;
  const [indent = ""] = /^ */.exec(lines[start]!)!;
  const length = lines.slice(start).findIndex((line) =>
    new RegExp(`^${indent}[}\\])]+;?$`).test(line)
  );
  const all = lines.slice(start, length < 0 ? start + 1 : start + length + 1);
  const shown = all.slice(0, most.lines).map((line) =>
    shortened(line, most.line)
  );
  if (all.length > shown.length) {
    shown.push(`… ${all.length - shown.length} more lines`);
  }
  return shown.map((line) => line.slice(indent.length)).join("\n");
}
