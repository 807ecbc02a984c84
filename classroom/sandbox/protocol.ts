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
  /** The function that is graded: a test that does not grade it is not run. */
  readonly region: string;
  /** The functions of the lesson's own solution that stand beside it. */
  readonly beside: readonly string[];
  /** Decides the fresh inputs. */
  readonly seed: number;
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
