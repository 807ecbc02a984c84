/**
 * Counting: which regions a class was set, who solved them, and what went wrong
 * first.
 *
 * @module
 */

import type {
  LessonResult,
  RegionResult,
  Report,
  StudentResult,
  TestResult,
} from "./report.ts";
import type { Saying } from "../exercise/explain.ts";

/** A region that the class was set, and how many solved it. */
export interface RegionTally {
  readonly lesson: string;
  readonly name: string;
  readonly task: string;
  /** How many students solved it. */
  readonly solved: number;
  /** How many points it is worth. */
  readonly worth: number;
}

/** A student's points, of those that the class could get. */
export interface Score {
  readonly points: number;
  readonly of: number;
}

/**
 * The regions that the class was set, lesson by lesson. A submission that could
 * not be read may lack some of its own, so those of all students are joined.
 *
 * @param report What grading found.
 * @returns For each graded lesson, its regions in the lesson's order.
 */
export function talliesOf(report: Report): Map<string, RegionTally[]> {
  return new Map(report.lessons.map((lesson) => {
    const tasks = new Map<string, RegionResult>();
    const solvers = new Map<string, number>();
    for (const student of report.students) {
      for (const region of lessonOf(student, lesson)?.regions ?? []) {
        const { name, solved } = region;
        if (!tasks.has(name)) tasks.set(name, region);
        if (solved) solvers.set(name, (solvers.get(name) ?? 0) + 1);
      }
    }
    const tallies = [...tasks].map(([name, { task, worth = 1 }]) => ({
      lesson,
      name,
      task,
      solved: solvers.get(name) ?? 0,
      worth,
    }));
    return [lesson, tallies];
  }));
}

/**
 * What came of one lesson of a submission.
 *
 * @param student The submission.
 * @param lesson The lesson's number.
 * @returns The result, or `undefined` if the report has none.
 */
export function lessonOf(
  student: StudentResult,
  lesson: string,
): LessonResult | undefined {
  return student.lessons.find((result) => result.lesson === lesson);
}

/**
 * How many points a student has in some lessons.
 *
 * @param student The submission.
 * @param tallies What the class was set.
 * @param lessons The lessons to count; all of them, and what the teacher added,
 * unless given.
 * @returns The points, and how many there are.
 */
export function scoreOf(
  student: StudentResult,
  tallies: ReadonlyMap<string, readonly RegionTally[]>,
  lessons?: readonly string[],
): Score {
  const added = lessons === undefined ? student.added ?? [] : [];
  let points = added.reduce((sum, { points }) => sum + points, 0);
  let of = 0;
  for (const lesson of lessons ?? tallies.keys()) {
    for (const { worth } of tallies.get(lesson) ?? []) of += worth;
    for (const region of lessonOf(student, lesson)?.regions ?? []) {
      points += pointsOf(region);
    }
  }
  return { points: rounded(points), of: rounded(of) };
}

/**
 * How many points a function got.
 *
 * @param region What came of it.
 * @returns The points.
 */
export function pointsOf(
  { solved, worth = 1, points = solved ? worth : 0 }: RegionResult,
): number {
  return points;
}

/** Without what rounding leaves of sums of fractions. */
function rounded(points: number): number {
  return Math.round(points * 1_000) / 1_000;
}

/**
 * A score as it is shown.
 *
 * @param score The score.
 * @returns Such as `2/3`.
 */
export function fractionOf({ points, of }: Score): string {
  return `${points}/${of}`;
}

/**
 * What went wrong first in a lesson, in words.
 *
 * @param result What came of the lesson.
 * @returns The reason, or `undefined` if nothing went wrong.
 */
export function reasonOf(result: LessonResult): string | undefined {
  if (result.problems.length > 0) return result.problems[0];
  for (const { name, solved, tests } of result.regions) {
    if (solved) continue;
    const test = tests.find(({ status }) => status !== "passed");
    const reason = test ? shortReasonOf(test) : "was not graded";
    return reason.startsWith(name) ? reason : `${name}: ${reason}`;
  }
  return undefined;
}

function shortReasonOf(test: TestResult): string {
  const said = sayingsOf(test).slice(0, 3).map(({ label, text }) =>
    // What was asked speaks for itself.
    label === undefined || label === "it asked" ? text : `${label} ${text}`
  );
  return said.join("; ");
}

/**
 * Why a test did not pass, in plain words.
 *
 * @param test A test that failed or is missing.
 * @returns What was said of it, or what its status says.
 */
export function sayingsOf(test: TestResult): readonly Saying[] {
  if (test.said !== undefined) return test.said;
  if (test.reason) return [{ text: test.reason }];
  return [{
    text: test.status === "missing"
      ? `the run ended before "${test.name}"`
      : `"${test.name}" failed`,
  }];
}

/** Names in the order that readers expect, with numbers by their size. */
export const byName = new Intl.Collator(undefined, { numeric: true });

/**
 * Which run found it, in words.
 *
 * @param report What grading found.
 * @returns When, with what, and how to draw the same inputs again.
 */
export function describeRun({ run }: Report): string {
  const { date, deno, course, tests, seed } = run;
  const time = `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;
  return `Graded ${time} with Deno ${deno}, course ${course}, tests ${tests}; ` +
    `--seed ${seed} repeats the fresh inputs.`;
}

/**
 * A number and what is counted.
 *
 * @param count How many.
 * @param noun The word for one of them.
 * @returns Such as `1 student` or `2 students`.
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
