/**
 * A host: where a function runs that does not run here. What FunctionWorker
 * and Pool know about the far side is in this file.
 *
 * @module
 */

import type { PackedError } from "./error.ts";
import type { Task } from "./function.ts";
import type { Lifeline } from "./portable.ts";

/** A batch of calls of one task, for one host. */
export interface Batch {
  readonly task: Task;
  /** One entry a call: its argument, or with `spread` its argument list. */
  readonly calls: readonly unknown[];
  readonly spread: boolean;
  /** Whether the far side is to note when each call began and ended. */
  readonly timed: boolean;
  /** What to move instead of copying. */
  readonly transfer: Transferable[];
  /** What the entries are called in messages, such as `items[3]`. */
  readonly nameOf: (index: number) => string;
}

/** What came of a batch that ran to its end. */
export interface BatchResult {
  readonly results: unknown[];
  /** With `timed`: when each call began and ended, on main's clock, in ms. */
  readonly times: readonly (readonly [from: number, to: number])[];
}

/** A call of a batch that failed; what came after it has not begun. */
export class CallError extends Error {
  /**
   * @param index Which entry of the batch failed.
   * @param thrown What it threw.
   */
  constructor(readonly index: number, readonly thrown: unknown) {
    super("a call failed");
  }
}

/** Where a function runs. It runs one batch at a time. */
export interface Host {
  /** Resolves once the far side is ready to run something. */
  readonly ready: Promise<void>;
  /**
   * Runs a batch.
   *
   * @returns Its results. It rejects with a CallError if a call failed, with a
   * WorkerDiedError if the host died, with the reason given to `terminate`.
   */
  run(batch: Batch): Promise<BatchResult>;
  /** Lets the call that runs be the last of its batch. */
  cancel(): void;
  /** Ends the host; what runs rejects with `reason`. */
  terminate(reason: unknown): void;
}

/** What is sent to the far side. */
export interface Request {
  readonly batch: number;
  readonly task: number;
  /** The task itself, the first time it is sent to this host. */
  readonly define: Task | undefined;
  readonly calls: readonly unknown[];
  /** Whether there are wires of portable objects among the calls. */
  readonly isPacked: boolean;
  readonly spread: boolean;
  readonly timed: boolean;
}

/** What the far side is told when it starts. */
export interface Greeting {
  readonly name: string;
  /** The number by which shared memory knows the far side's thread. */
  readonly agent: number;
  /** One cell: the number of the batch that is cancelled. */
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

/** What the far side answers. */
export type Reply =
  | { kind: "ready" }
  | {
    kind: "done";
    results: unknown[];
    isPacked: boolean;
    times: [number, number][];
  }
  | { kind: "failed"; index: number; error: PackedError }
  | { kind: "holds"; lifeline: Lifeline }
  | { kind: "died"; how: string; exitCode?: number; error?: PackedError };

/** How a worker ended, for a WorkerDiedError. */
export interface Death {
  /** What happened, such as `closed itself`. */
  how: string;
  /** The code it exited with, if it exited. */
  exitCode?: number | undefined;
  /** The error that nothing caught, if there was one. */
  cause?: unknown;
}

/**
 * A worker ended before it answered: it closed itself or exited, or an error
 * that nothing caught ended it.
 */
export class WorkerDiedError extends Error {
  /** `"WorkerDiedError"`. */
  override readonly name = "WorkerDiedError";
  /** The name of the worker. */
  readonly worker: string;
  /** The code it exited with, if it exited. */
  readonly exitCode: number | undefined;

  /**
   * Makes the error.
   *
   * @param worker The name of the worker.
   * @param death How it ended.
   */
  constructor(worker: string, death: Death) {
    const hasCause = "cause" in death;
    const why = hasCause ? `: ${death.cause}` : "";
    super(`${worker} ${death.how}${why}`, hasCause ? death : {});
    this.worker = worker;
    this.exitCode = death.exitCode;
  }
}
