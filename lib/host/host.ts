/**
 * A host: where a function runs that does not run here. What FunctionWorker
 * and Pool know about the far side is in this file.
 *
 * @module
 */

import type { PackedError } from "../workers/errors.ts";
import type { Task } from "./function.ts";
import type { Lifeline } from "../messages/travel.ts";

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

/** How a host ended; empty for a thread, which has neither. */
export interface HostEnd {
  /** The code it exited with. */
  readonly exitCode?: number | undefined;
  /** The signal that ended it. */
  readonly signal?: string | undefined;
}

/** Where a function runs. It runs one batch at a time. */
export interface Host {
  /** Resolves once the far side is ready to run something. */
  readonly ready: Promise<void>;
  /** Resolves once nothing of it is left. */
  readonly ended: Promise<HostEnd>;
  /** The id of its process, if it is one of its own. */
  readonly pid: number | undefined;
  /**
   * Runs a batch.
   *
   * @returns Its results. It rejects with a CallError if a call failed, with a
   * WorkerDiedError if the host died, with the reason given to `terminate`.
   */
  run(batch: Batch): Promise<BatchResult>;
  /** Lets the call that runs be the last of its batch. */
  cancel(): void;
  /** Ends a host that runs nothing any more; a process gets this exit code. */
  finish(exitCode: number): void;
  /** Ends the host; what runs rejects with `reason`. */
  terminate(reason: unknown): void;
}

/** The kinds of hosts: a thread, and a process of the operating system. */
export type Isolation = "worker" | "process";

/** What a process may do; nothing unless it is given here. */
export interface ProcessPermissions {
  /** Files and folders that it may read; all with `true`. */
  readonly read?: boolean | readonly (string | URL)[];
  /** Files and folders that it may write; all with `true`. */
  readonly write?: boolean | readonly (string | URL)[];
  /** Hosts that it may connect to, such as `"localhost:8000"`. */
  readonly net?: boolean | readonly string[];
  /** Variables of the environment that it may read and write. */
  readonly env?: boolean | readonly string[];
  /** Programs that it may run. */
  readonly run?: boolean | readonly (string | URL)[];
  /** What it may ask about the system, such as `"hostname"`. */
  readonly sys?: boolean | readonly string[];
  /** Libraries that it may call. */
  readonly ffi?: boolean | readonly (string | URL)[];
  /** Hosts from which it may import code. */
  readonly import?: boolean | readonly string[];
}

/** Options of a process in which functions run. */
export interface ProcessOptions {
  /** What it may do; nothing unless it is given here. */
  readonly permissions?: ProcessPermissions;
  /**
   * How much memory its heap may take, in megabytes of 2 ** 20 bytes. What is
   * outside the heap, such as the bytes of an ArrayBuffer, is not counted.
   */
  readonly memory?: number;
  /**
   * Told what the process prints, as it comes; without it, that goes to this
   * program's standard error.
   */
  readonly onOutput?: (text: string, stream: "stdout" | "stderr") => void;
}

/** Options of a host. */
export interface HostOptions extends ProcessOptions {
  /** What the host is called in messages. */
  readonly name: string;
  /** What errors of starting it begin with, such as `Pool`. */
  readonly caller: string;
  /** The URL of the module that exports the tasks, if they come from one. */
  readonly module: string | undefined;
  /** Told when the host ends by itself. */
  readonly onDeath: (error: WorkerDiedError) => void;
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

/** What a thread is told when it starts. */
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
  /** The signal that ended it, if one did. */
  signal?: string | undefined;
  /** The error that nothing caught, if there was one. */
  cause?: unknown;
}

/**
 * A worker or process ended before it answered: it closed itself or exited, an
 * error that nothing caught or a signal ended it, or it ran out of memory.
 */
export class WorkerDiedError extends Error {
  /** `"WorkerDiedError"`. */
  override readonly name = "WorkerDiedError";
  /** The name of the worker. */
  readonly worker: string;
  /** The code it exited with, if it exited. */
  readonly exitCode: number | undefined;
  /** The signal that ended it, such as `"SIGKILL"`, if one did. */
  readonly signal: string | undefined;

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
    this.signal = death.signal;
  }
}
