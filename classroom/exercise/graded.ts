/**
 * What there is to write, which tests grade it, and which lesson somebody means.
 *
 * @module
 */

import type { TestOutcome } from "./junit.ts";

/**
 * What a test is about, which stands before its first colon: the functions that it
 * grades, with commas between; or `given …`, if it is about what is given.
 *
 * @param test The name of the test.
 * @returns The names of the functions, or `given` and what follows it.
 */
export function subjectsOf(test: string): string[] {
  return test.split(":")[0]!.split(", ");
}

/**
 * Whether a test grades a function, class or method.
 *
 * @param test The name of the test.
 * @param name The name of the function.
 * @returns Whether it does.
 */
export function grades(test: string, name: string): boolean {
  return test.includes(":") && subjectsOf(test).includes(name);
}

/**
 * What the names of all tests look like that grade some functions.
 *
 * @param names The names of the functions.
 * @returns A regular expression.
 */
export function gradingAny(names: readonly string[]): RegExp {
  return new RegExp(`^([^:]+, )?(${names.join("|")})(, [^:]+)?:`);
}

/**
 * Whether a lesson is the one that somebody means.
 *
 * @param lesson Its number, two digits, and its path in the project.
 * @param typed A number, `7` or `07`, or a file, with a path or without.
 * @returns Whether it is.
 */
export function isMeant(
  lesson: { readonly number: string; readonly path: string },
  typed: string,
): boolean {
  if (/^\d+$/.test(typed)) return Number(typed) === Number(lesson.number);
  const nameOf = (path: string) =>
    path.split(/[\\/]/).at(-1)!.replace(/\.ts$/, "");
  return nameOf(typed) === nameOf(lesson.path);
}

/** What a student is to write in one place. */
export interface Exercise {
  /** The function, class or method. */
  readonly name: string;
  readonly task: string;
  readonly hints: readonly string[];
}

/** What students are to write, by the numbers of the lessons. */
export type Exercises = Readonly<
  Record<string, {
    readonly path: string;
    readonly test: string;
    /** The test with fresh inputs. */
    readonly fresh: string;
    /** The command that runs the lesson. */
    readonly run: string;
    /** What the lesson is at the beginning. */
    readonly starter: string;
    readonly regions: readonly Exercise[];
  }>
>;

/** How far a student has come with one exercise. */
export interface Step extends Exercise {
  readonly solved: boolean;
  /** The tests that grade it and fail. */
  readonly failing: readonly TestOutcome[];
}

/**
 * Sorts the outcomes of tests by what they grade.
 *
 * @param exercises What there is to write.
 * @param tests How the tests ended.
 * @returns The exercises; solved are those of which every test passed.
 */
export function stepsOf(
  exercises: readonly Exercise[],
  tests: readonly TestOutcome[],
): Step[] {
  return exercises.map((exercise) => {
    const own = tests.filter(({ name }) => grades(name, exercise.name));
    const failing = own.filter(({ status }) => status === "failed");
    const passed = own.some(({ status }) => status === "passed");
    return { ...exercise, solved: passed && failing.length === 0, failing };
  });
}
