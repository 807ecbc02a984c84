/**
 * What the grader and the sandbox say to each other.
 *
 * The grader writes a secret and a job to the standard input of the sandbox's
 * process. The sandbox writes reports, each a line of its own that begins with
 * the secret.
 *
 * @module
 */

import type { Outcome } from "./inputs.ts";

/** What the grader asks for. */
export interface Job {
  /** The lesson's number, such as `"07"`. */
  readonly lesson: string;
  /** Decides the fresh inputs. */
  readonly seed: number;
  /** The functions that are graded: a test that grades none is not run. */
  readonly regions: readonly string[];
  /** The tests that have been run before, or ended the run. */
  readonly skip: readonly string[];
  /** How long importing, and each test, may take, in milliseconds. */
  readonly testTimeout: number;
  /** Whether programs may be started. */
  readonly trusted: boolean;
}

/** What the grader is told. Each is numbered, so that none can be missing. */
export type SandboxReport =
  & { readonly number: number }
  & (
    /** Something went wrong with the file as a whole. */
    | { readonly kind: "problem"; readonly text: string }
    | { readonly kind: "started"; readonly name: string }
    | { readonly kind: "passed"; readonly name: string }
    | {
      readonly kind: "failed";
      readonly name: string;
      readonly reason: string;
    }
    /** What came of a fresh input, for the grader to compare. */
    | {
      readonly kind: "outcome";
      readonly name: string;
      readonly outcome: Outcome;
    }
    | { readonly kind: "ended" }
  );

/** The length of the secret, in bytes; it is printable. */
export const secretLength = 64;
