/**
 * What grading found, as data: the table, the gradebook files and the page are
 * made of it, and the reports of shards are merged from it.
 *
 * @module
 */

/** How one test of a submission ended. */
export interface TestResult {
  readonly name: string;
  /** `missing`: it was never reported, because the run ended before it. */
  readonly status: "passed" | "failed" | "missing";
  /** What went wrong, in words, with the input and both values if known. */
  readonly reason?: string;
}

/** What came of one region: the body of one function or method. */
export interface RegionResult {
  /** The function, or the class whose method it is. */
  readonly name: string;
  /** What the student was asked to do. */
  readonly task: string;
  /** Whether every test that grades it passed. */
  readonly solved: boolean;
  /** The tests that grade it, fresh inputs among them. */
  readonly tests: readonly TestResult[];
}

/** What came of one lesson of a submission. */
export interface LessonResult {
  /** The lesson's number, two digits, such as `07`. */
  readonly lesson: string;
  readonly regions: readonly RegionResult[];
  /** What concerns the whole file, in words: it does not parse, is missing, … */
  readonly problems: readonly string[];
  /** How long it ran, in milliseconds. */
  readonly elapsed: number;
}

/** What came of one submission. */
export interface StudentResult {
  /** The name of the submission's folder or archive. */
  readonly student: string;
  readonly lessons: readonly LessonResult[];
}

/** What came of a class, or of one shard of it. */
export interface Report {
  readonly version: 1;
  /** The numbers of the graded lessons, such as `["03", "07"]`. */
  readonly lessons: readonly string[];
  /** Which part of the class this is, if it is not all of it. */
  readonly shard?: { readonly index: number; readonly count: number };
  readonly students: readonly StudentResult[];
}
