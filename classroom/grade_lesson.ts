/**
 * Grades one submitted lesson: runs it in a sandbox, and gives credit by region.
 *
 * @module
 */

import type { Outcome } from "./inputs.ts";
import type { Copy } from "./kit.ts";
import { freshInputs } from "./protocol.ts";
import type { LessonResult, RegionResult, TestResult } from "./report.ts";
import {
  runLesson,
  type RunLessonOptions,
  type TestRun,
} from "./run_lesson.ts";

/** What a lesson's own solution does in the sandbox: what others have to do. */
export interface Plan {
  /** The lesson's number, such as `"07"`. */
  readonly lesson: string;
  /** The regions that can be graded. */
  readonly regions: readonly PlannedRegion[];
}

/** One region, and the tests that grade it. */
export interface PlannedRegion {
  readonly name: string;
  readonly task: string;
  readonly tests: readonly string[];
  /** What fresh inputs have to give, if the function takes any. */
  readonly outcomes?: readonly Outcome[];
}

/** One submitted lesson to grade. */
export interface Submitted {
  readonly plan: Plan;
  /** The copy to run; absent if there is nothing to run. */
  readonly copy?: Copy;
  /** What is known of the file before it runs, in words. */
  readonly problems: readonly string[];
  /** What to say besides if something fails. */
  readonly hints: readonly string[];
  readonly options: RunLessonOptions;
}

/**
 * Grades one submitted lesson. It is a task of the grader's pool.
 *
 * @param submitted What was submitted, and how to run it.
 * @returns What came of it.
 */
export async function gradeLesson(
  submitted: Submitted,
): Promise<LessonResult> {
  const { plan, copy, options, problems, hints } = submitted;
  if (copy === undefined) {
    return resultOf(plan, new Map(), problems, 0);
  }
  const groups = plan.regions.map((
    { name, tests },
  ) => [...tests, freshInputs(name)]);
  const run = await runLesson(copy, options, groups);
  const found = [...problems, ...run.problems];
  const result = resultOf(plan, run.tests, found, run.elapsed);
  if (result.regions.every(({ solved }) => solved)) return result;
  return { ...result, problems: [...found, ...hints] };
}

function resultOf(
  plan: Plan,
  runs: ReadonlyMap<string, TestRun>,
  problems: readonly string[],
  elapsed: number,
): LessonResult {
  const regions = plan.regions.map((region) => regionOf(region, runs));
  return { lesson: plan.lesson, regions, problems, elapsed };
}

function regionOf(
  { name, task, tests, outcomes }: PlannedRegion,
  runs: ReadonlyMap<string, TestRun>,
): RegionResult {
  const results = tests.map((test) => testOf(test, runs.get(test)));
  if (outcomes !== undefined) {
    const test = freshInputs(name);
    results.push(compare(test, runs.get(test), outcomes));
  }
  const solved = results.length > 0 &&
    results.every(({ status }) => status === "passed");
  return { name, task, solved, tests: results };
}

function testOf(name: string, run: TestRun | undefined): TestResult {
  switch (run?.status) {
    case "passed":
      return { name, status: "passed" };
    case "failed":
      return { name, status: "failed", reason: run.reason };
    default:
      return { name, status: "missing" };
  }
}

/** Compares what fresh inputs gave with what the lesson's solution gives. */
function compare(
  name: string,
  run: TestRun | undefined,
  expected: readonly Outcome[],
): TestResult {
  if (run?.status !== "passed") return testOf(name, run);
  for (const [i, { call, result }] of expected.entries()) {
    const found = run.outcomes?.[i];
    if (found?.call === call && found.result === result) continue;
    const got = says(found?.result ?? "nothing");
    const reason = `${call} ${got}; the solution ${says(result)}`;
    return { name, status: "failed", reason };
  }
  return { name, status: "passed" };
}

function says(result: string): string {
  return result.startsWith("throws ") ? result : `gives ${result}`;
}
