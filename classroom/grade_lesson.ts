/**
 * Grades one submitted lesson: runs it in a sandbox, and gives credit by region.
 *
 * @module
 */

import { differenceOf, freshInputs, type Outcome } from "./inputs.ts";
import type { Copy } from "./kit.ts";
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
  // Where no test was run, it is what concerns the file that says why.
  const why = runs.size === 0 ? problems[0] : undefined;
  const regions = plan.regions.map((region) => regionOf(region, runs, why));
  return { lesson: plan.lesson, regions, problems, elapsed };
}

function regionOf(
  { name, task, tests, outcomes }: PlannedRegion,
  runs: ReadonlyMap<string, TestRun>,
  why: string | undefined,
): RegionResult {
  const results = tests.map((test) => testOf(test, runs.get(test), why));
  if (outcomes !== undefined) {
    const test = freshInputs(name);
    const run = runs.get(test);
    results.push(
      run?.status === "passed"
        ? compare(test, run, outcomes)
        : testOf(test, run, why),
    );
  }
  const solved = results.length > 0 &&
    results.every(({ status }) => status === "passed");
  return { name, task, solved, tests: results };
}

function testOf(
  name: string,
  run: TestRun | undefined,
  why: string | undefined,
): TestResult {
  switch (run?.status) {
    case "passed":
      return { name, status: "passed" };
    case "failed":
      return { name, status: "failed", reason: run.reason };
    default:
      return why === undefined
        ? { name, status: "missing" }
        : { name, status: "missing", reason: `not run: ${why}` };
  }
}

/** Compares what fresh inputs gave with what the lesson's solution gives. */
function compare(
  name: string,
  { outcomes }: TestRun & { readonly status: "passed" },
  expected: readonly Outcome[],
): TestResult {
  const found = differenceOf(outcomes, expected);
  if (found === undefined) return { name, status: "passed" };
  const reason = `${found.call} ${says(found.gives)}; ` +
    `the solution ${says(found.expected)}`;
  return { name, status: "failed", reason };
}

function says(result: string): string {
  return result.startsWith("throws ") ? result : `gives ${result}`;
}
