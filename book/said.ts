/**
 * What a lesson says while it runs, as messages for the page.
 *
 * @module
 */

import { type Gain, parallelShare } from "../lib/lesson/amdahl.ts";

export type { Gain };

/** A stretch of time in which a worker ran a task. */
export interface Bar {
  readonly worker: number;
  readonly task: number;
  /** In milliseconds from the beginning of the drawing. */
  readonly from: number;
  readonly to: number;
}

/** What is printed. */
export type Printed =
  | { readonly kind: "say" | "log"; readonly text: string }
  | {
    readonly kind: "value" | "error";
    readonly expression: string;
    readonly text: string;
  }
  | {
    readonly kind: "table";
    readonly heads: readonly string[];
    /** Whether each column holds numbers. */
    readonly numbers: readonly boolean[];
  }
  | { readonly kind: "row"; readonly cells: readonly string[] }
  | {
    readonly kind: "bars";
    readonly bars: readonly {
      readonly label: string;
      /** How long the bar is; the longest has 1. */
      readonly share: number;
      readonly text: string;
    }[];
  }
  | { readonly kind: "timeline"; readonly bars: readonly Bar[] }
  | {
    readonly kind: "curve";
    readonly points: readonly Gain[];
    /** How many processors there are. */
    readonly cores: number;
  };

/** What is printed, and by which line of the lesson. */
export type Said = Printed & {
  readonly line: number;
  /** It cannot be found out here: what was recorded stands for it. */
  readonly isRecorded?: boolean;
};

/** Whether a lesson says that the processors had other things to do. */
export function isDisturbed(said: readonly Said[]): boolean {
  return said.some((it) =>
    it.kind === "say" && /\bbusy\b/.test(it.text) ||
    it.kind === "curve" && parallelShare(it.points, it.cores) === 0
  );
}
