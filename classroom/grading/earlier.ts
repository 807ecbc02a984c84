/**
 * What an earlier run found out, for what is the same as it was then.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { LessonResult, Report, Run } from "../reports/report.ts";
import type { RunLessonOptions } from "../sandbox/run_lesson.ts";
import type { SubmittedFile } from "./submissions.ts";

/**
 * A hash of what was submitted for a lesson, and of how it is run.
 *
 * @param file The submitted file, or why there is none.
 * @param options How it is run.
 * @returns The hash; another one for every change that could change the result.
 */
export function fingerprintOf(
  file: SubmittedFile | { readonly problem: string },
  { limits, trusted }: Pick<RunLessonOptions, "limits" | "trusted">,
): string {
  const hash = createHash("sha256");
  // With its length in front, no text can be taken for the end of another.
  const add = (text: string | Uint8Array) =>
    hash.update(`${text.length} `).update(text);
  add(JSON.stringify([limits, trusted]));
  if ("problem" in file) {
    add(file.problem);
  } else {
    add(JSON.stringify(file.notes));
    add(file.source);
    for (const [name, source] of file.helpers) add(name), add(source);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Finds an earlier result of a student's lesson that still holds. */
export type Earlier = (
  student: string,
  lesson: string,
  fingerprint: string,
) => LessonResult | undefined;

/**
 * Looks results up in an earlier report. None of them holds if the tests, the
 * fresh inputs or the versions are others.
 *
 * @param report The earlier report, if there is one.
 * @param run What decides the results of this run.
 * @returns The look-up.
 */
export function earlierIn(
  report: Report | undefined,
  run: Run | Omit<Run, "date">,
): Earlier {
  const found = new Map<string, LessonResult>();
  const isSame = report !== undefined &&
    (["seed", "tests", "deno", "course"] as const)
      .every((what) => report.run[what] === run[what]);
  const keyOf = (...parts: unknown[]) => JSON.stringify(parts);
  for (const { student, lessons } of isSame ? report.students : []) {
    for (const result of lessons) {
      found.set(keyOf(student, result.lesson, result.submitted), result);
    }
  }
  return (...parts) => found.get(keyOf(...parts));
}
