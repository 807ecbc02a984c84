/**
 * Runs a lesson's own solution, to know what is right, and grades a submitted one,
 * function by function, each beside the solution's other functions.
 *
 * @module
 */

import { differenceOf, freshInputs, type Outcome } from "../sandbox/inputs.ts";
import { gradedBy, type Region, regionsOf } from "../exercise/regions.ts";
import type { Copy } from "../sandbox/kit.ts";
import type {
  LessonResult,
  RegionResult,
  TestResult,
} from "../reports/report.ts";
import {
  type LessonRun,
  type RegionRun,
  runLesson,
  type RunLessonOptions,
  type TestRun,
} from "../sandbox/run_lesson.ts";

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
 * Which functions of a lesson's solution each of its functions is graded beside:
 * those that come before it when what is called comes before what calls it. All
 * others would be too many: of two that call each other, each would be right.
 *
 * @param source The text of the lesson.
 * @returns The names of the others, by the name of the function.
 */
export function besideEach(source: string): Map<string, string[]> {
  const lines = source.split(/\r?\n/);
  const regions = regionsOf(source);
  // From the end of what stands above: parameters may call functions too.
  const textOf = ({ start, end }: Region) => {
    const above = lines.slice(0, start).findLastIndex((it) => /^\}/.test(it));
    return lines.slice(above + 1, end)
      .filter((line) => !/^ *(\/\*\*|\*|\/\/)/.test(line)).join("\n");
  };
  const ordered = new Map<string, string[]>();
  const visited = new Set<Region>();
  const take = (region: Region) => {
    if (visited.has(region)) return;
    visited.add(region);
    const text = textOf(region);
    regions.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text))
      .forEach(take);
    ordered.set(region.name, [...ordered.keys()]);
  };
  regions.forEach(take);
  return ordered;
}

/**
 * Grades one submitted lesson.
 *
 * @param submitted What was submitted, and how to run it.
 * @returns What came of it.
 */
export async function gradeLesson(
  submitted: Submitted,
): Promise<LessonResult> {
  const { plan, copy, options, problems, hints } = submitted;
  const run = copy === undefined
    ? { regions: new Map(), problems: [], elapsed: 0 }
    : await runLesson(copy, options);
  const result = judge(plan, run, problems);
  if (result.regions.every(({ solved }) => solved)) return result;
  return { ...result, problems: [...result.problems, ...hints] };
}

/**
 * Says of each function of a lesson whether it is solved.
 *
 * @param plan What has to be done.
 * @param run What was done.
 * @param known What is known of the file besides, in words.
 * @returns The result.
 */
export function judge(
  plan: Plan,
  run: LessonRun,
  known: readonly string[] = [],
): LessonResult {
  const problems = [...known, ...run.problems];
  const regions = plan.regions.map((region) => {
    const own: RegionRun = run.regions.get(region.name) ??
      { tests: new Map() };
    // Where nothing was run, it is what concerns the file that says why.
    return regionOf(region, own, own.ended ?? problems[0]);
  });
  return { lesson: plan.lesson, regions, problems, elapsed: run.elapsed };
}

function regionOf(
  { name, task, tests, outcomes }: PlannedRegion,
  { tests: runs }: RegionRun,
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
  // As `exercise` has it, which says it in the same words.
  const reason =
    `WrongAnswer: ${found.call}\n${found.gives}\n${found.expected}`;
  return { name, status: "failed", reason };
}

/**
 * Runs a lesson's own solution, and notes which tests passed. So it is also
 * shown that the sandbox lets a right solution pass.
 *
 * @param copy A copy of the lesson's own file.
 * @param source The text of that file.
 * @param options How to run it: as submissions will be.
 * @returns The plan, and what the teacher should know.
 * @throws {Error} If a test fails that can run in the sandbox.
 */
export async function planOf(
  copy: Copy,
  source: string,
  options: RunLessonOptions,
): Promise<{ plan: Plan; notes: string[] }> {
  const { lesson } = options;
  const run = await runLesson(copy, options);
  const [problem] = run.problems;
  if (problem !== undefined) {
    throw new Error(`lesson ${lesson}: its own solution ${problem}`);
  }
  const regions: PlannedRegion[] = [];
  const left: string[] = [];
  for (const { name, task } of regionsOf(source)) {
    const tests = passedIn(run.regions.get(name)!, options);
    if (tests.size === 0) {
      left.push(name);
      continue;
    }
    const fresh = freshInputs(name);
    const { outcomes } = tests.get(fresh) ?? {};
    tests.delete(fresh);
    const names = gradedBy(name, [...tests.keys()]);
    regions.push({ name, task, tests: names, ...(outcomes && { outcomes }) });
  }
  const notes = left.length === 0 ? [] : [
    `lesson ${lesson}: ${left.join(", ")}: not graded, as no test of it can ` +
    `run in the sandbox${
      options.trusted ? "" : ` (--trust ${lesson} gives that up: see --help)`
    }`,
  ];
  return { plan: { lesson, regions }, notes };
}

/** The tests of a function of the solution, all of which have to pass. */
function passedIn(
  { tests }: RegionRun,
  { lesson, trusted }: RunLessonOptions,
): Map<string, TestRun & { readonly status: "passed" }> {
  const passed = new Map<string, TestRun & { readonly status: "passed" }>();
  for (const [test, run] of tests) {
    if (run.status === "passed") passed.set(test, run);
    // Some run the lesson as a program, which needs the whole project.
    else if (!trusted) {
      throw new Error(
        `lesson ${lesson}: its own solution fails "${test}": ${run.reason}`,
      );
    }
  }
  return passed;
}
