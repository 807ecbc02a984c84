/**
 * What grading found, as data: the table, the gradebook files and the pages are
 * made of it.
 *
 * @module
 */

import type { Saying } from "../exercise/explain.ts";

/** How one test of a submission ended. */
export interface TestResult {
  readonly name: string;
  /** `missing`: it was never reported, because the run ended before it. */
  readonly status: "passed" | "failed" | "missing";
  /** What went wrong, as it was reported. */
  readonly reason?: string;
  /** What went wrong, in plain words. */
  readonly said?: readonly Saying[];
}

/** What came of one region: the body of one function or method. */
export interface RegionResult {
  /** The function, or the class whose method it is. */
  readonly name: string;
  /** What the student was asked to do. */
  readonly task: string;
  /** Whether every test that grades it passed, unless the teacher says otherwise. */
  readonly solved: boolean;
  /** The tests that grade it, fresh inputs among them. */
  readonly tests: readonly TestResult[];
  /** What the student wrote, if it is not solved. */
  readonly code?: string;
  /** How many points it is worth; 1 unless given. */
  readonly worth?: number;
  /** How many points it got; all or none unless given. */
  readonly points?: number;
  /** Whether the teacher decided it. */
  readonly byHand?: boolean;
  /** Which mistake it shows, if it shows one. */
  readonly mistake?: Mistake;
}

/** A mistake, which several students may have made. */
export interface Mistake {
  /** The same for all answers that do the same wrong. */
  readonly key: string;
  /** What it is, if it is a known one. */
  readonly name?: string;
  /** What the teacher says of it. */
  readonly comment?: string;
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

/** Who handed in a submission, as the class's files say. */
export interface Who {
  /** The name; no two in a class have the same. */
  readonly student: string;
  /** Where the class comes from, if its files are named by such a system. */
  readonly system?: "moodle" | "canvas";
  /** The name and the number that the system has for the student. */
  readonly name?: string;
  readonly id?: string;
  /** Whether something was handed in late. */
  readonly late?: boolean;
}

/** What came of one submission. */
export interface StudentResult extends Who {
  readonly lessons: readonly LessonResult[];
  /** Points that the teacher gave or took, and why. */
  readonly added?: readonly { readonly points: number; readonly why: string }[];
  /** What the teacher says of the submission. */
  readonly comment?: string;
}

/** What decided the results, besides the submissions. */
export interface Run {
  /** When grading ended, as ISO 8601 has it, in UTC. */
  readonly date: string;
  /** What the fresh inputs were drawn with. */
  readonly seed: number;
  /** The version of Deno. */
  readonly deno: string;
  /** The version of the course. */
  readonly course: string;
  /** A hash of the tests, the library and the sandbox. */
  readonly tests: string;
}

/** What came of a class. */
export interface Report {
  readonly run: Run;
  /** The numbers of the graded lessons, such as `["03", "07"]`. */
  readonly lessons: readonly string[];
  /** Their titles, by number. */
  readonly titles?: Readonly<Record<string, string>>;
  readonly students: readonly StudentResult[];
  /** What could not be read or graded, in words. */
  readonly notes?: readonly string[];
}
