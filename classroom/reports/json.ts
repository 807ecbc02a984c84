/**
 * The report as JSON, and back.
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

/**
 * The report as JSON: what shards are merged from.
 *
 * @param report What grading found.
 * @returns JSON, indented, with a newline at its end.
 */
export function formatJson(report: Report): string {
  return JSON.stringify(report, null, 2) + "\n";
}

/**
 * Reads a report back. Nothing of it is taken on trust: every field is looked
 * at, and what does not belong to a report is dropped.
 *
 * @param text JSON, as {@linkcode formatJson} writes it.
 * @returns The report.
 * @throws {SyntaxError} If the text is no JSON.
 * @throws {TypeError} If it is something else than a report; the message names
 * the place.
 */
export function parseReport(text: string): Report {
  let value: unknown;
  try {
    // Editors on Windows may put a byte order mark in front.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`not JSON: ${(error as Error).message}`);
  }
  const report = object(value, "the report");
  if (report.version !== 1) {
    throw new TypeError(
      `a report of version 1 was expected: received version ${
        describe(report.version)
      }`,
    );
  }
  const lessons = array(report.lessons, "lessons", lessonNumber);
  const students = array(report.students, "students", student);
  checkUnique(lessons, "lessons");
  checkUnique(students.map(({ student }) => student), "students");
  for (const { student, lessons: results } of students) {
    for (const { lesson } of results) {
      if (lessons.includes(lesson)) continue;
      throw new TypeError(
        `the report grades lessons ${lessons.join(", ") || "none"}: ` +
          `${describe(student)} has lesson ${lesson}`,
      );
    }
  }
  return {
    version: 1,
    lessons,
    ...(report.shard === undefined ? {} : { shard: shard(report.shard) }),
    students,
  };
}

function shard(value: unknown): { index: number; count: number } {
  const { index, count } = object(value, "shard");
  if (!isPositive(count) || !isPositive(index) || index > count) {
    throw wrong("shard", "an index from 1 to count", value);
  }
  return { index, count };
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function student(value: unknown, where: string): StudentResult {
  const { student, lessons } = object(value, where);
  const results = array(lessons, `${where}.lessons`, lesson);
  checkUnique(results.map(({ lesson }) => lesson), `${where}.lessons`);
  return { student: string(student, `${where}.student`), lessons: results };
}

function lesson(value: unknown, where: string): LessonResult {
  const found = object(value, where);
  const { elapsed } = found;
  if (typeof elapsed !== "number" || !(elapsed >= 0)) {
    throw wrong(`${where}.elapsed`, "milliseconds", elapsed);
  }
  return {
    lesson: lessonNumber(found.lesson, `${where}.lesson`),
    regions: array(found.regions, `${where}.regions`, region),
    problems: array(found.problems, `${where}.problems`, string),
    elapsed,
  };
}

function region(value: unknown, where: string): RegionResult {
  const { name, task, solved, tests } = object(value, where);
  if (typeof solved !== "boolean") {
    throw wrong(`${where}.solved`, "true or false", solved);
  }
  return {
    name: string(name, `${where}.name`),
    task: string(task, `${where}.task`),
    solved,
    tests: array(tests, `${where}.tests`, test),
  };
}

function test(value: unknown, where: string): TestResult {
  const { name, status, reason } = object(value, where);
  if (status !== "passed" && status !== "failed" && status !== "missing") {
    throw wrong(`${where}.status`, "passed, failed or missing", status);
  }
  return {
    name: string(name, `${where}.name`),
    status,
    ...(reason === undefined
      ? {}
      : { reason: string(reason, `${where}.reason`) }),
  };
}

function lessonNumber(value: unknown, where: string): string {
  if (typeof value === "string" && /^\d\d$/.test(value)) return value;
  throw wrong(where, 'a lesson\'s number, such as "07"', value);
}

function string(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw wrong(where, "a string", value);
}

function array<T>(
  value: unknown,
  where: string,
  item: (value: unknown, where: string) => T,
): T[] {
  if (!Array.isArray(value)) throw wrong(where, "an array", value);
  return value.map((each, i) => item(each, `${where}[${i}]`));
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw wrong(where, "an object", value);
}

function checkUnique(values: readonly string[], where: string): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) {
      throw new TypeError(`${where} has ${describe(value)} twice`);
    }
    seen.add(value);
  }
}

function wrong(where: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `${where} should be ${expected}: received ${describe(value)}`,
  );
}

/** A value in few words, for an error's message. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
