/**
 * One mistake is one mistake, however it is written: what shows it is what the
 * function does in its tests.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { isNotWritten } from "../exercise/explain.ts";
import type {
  RegionResult,
  Report,
  StudentResult,
  TestResult,
} from "../reports/report.ts";

/** A mistake, and who made it. */
export interface MistakeGroup {
  readonly key: string;
  readonly lesson: string;
  /** The function's name. */
  readonly region: string;
  /** The name of the mistake, if it is a known one. */
  readonly name?: string;
  readonly students: readonly string[];
  /** The first test that shows it. */
  readonly example: TestResult;
}

/**
 * What tells one mistake from another: which tests failed, on which inputs, and
 * with which values.
 *
 * @param lesson The lesson's number.
 * @param region What came of the function.
 * @returns A key; `undefined` where there is no mistake to speak of: it is solved,
 * not begun, or was not run.
 */
export function mistakeOf(
  lesson: string,
  { name, solved, tests }: RegionResult,
): string | undefined {
  const failed = tests.filter(({ status }) => status !== "passed");
  if (solved || failed.every(({ status }) => status === "missing")) {
    return undefined;
  }
  if (isBlank({ name, tests })) return undefined;
  const behaviour = failed.map((test) => [test.name, essenceOf(test)]);
  return createHash("sha256")
    .update(JSON.stringify([lesson, name, behaviour]))
    .digest("hex").slice(0, 10);
}

/** Whether nothing has been written yet in a function's place. */
export function isBlank(
  { name, tests }: Pick<RegionResult, "name" | "tests">,
): boolean {
  const first = tests.find(({ status }) => status === "failed");
  return first?.reason !== undefined && isNotWritten(first.reason, name);
}

/** What came of a test, without what depends on how the code is written. */
function essenceOf({ status, reason = "" }: TestResult): string {
  if (status === "missing") return status;
  const text = reason.replace(/\n +at [^\n]*/g, "");
  const [, thrown] = /^(\w+): /.exec(text) ?? [];
  const compares = /^(AssertionError|WrongAnswer)\b/.test(text);
  // The words of other errors have the names of variables in them.
  if (thrown !== undefined && !compares) return thrown;
  return text.replace(/\d+(\.\d+)?(?= ?(ms|seconds)\b)/g, "…");
}

/**
 * Which mistakes the students of a class made.
 *
 * @param report What grading found.
 * @param known The names of known mistakes, by key.
 * @returns The mistakes, lesson by lesson, those that most made first.
 */
export function mistakesIn(
  { lessons, students }: Pick<Report, "lessons" | "students">,
  known: ReadonlyMap<string, string>,
): MistakeGroup[] {
  const groups = new Map<string, MistakeGroup & { students: string[] }>();
  for (const student of students) {
    for (const [lesson, region] of regionsOf(student)) {
      const key = mistakeOf(lesson, region);
      if (key === undefined) continue;
      const name = known.get(key);
      const example = region.tests.find(({ status }) => status === "failed")!;
      const group = groups.get(key) ?? {
        ...{ key, lesson, region: region.name, students: [], example },
        ...(name === undefined ? {} : { name }),
      };
      group.students.push(student.student);
      groups.set(key, group);
    }
  }
  return [...groups.values()].sort((a, b) =>
    lessons.indexOf(a.lesson) - lessons.indexOf(b.lesson) ||
    b.students.length - a.students.length
  );
}

function regionsOf({ lessons }: StudentResult): [string, RegionResult][] {
  return lessons.flatMap(({ lesson, regions }) =>
    regions.map((region) => [lesson, region] as [string, RegionResult])
  );
}
