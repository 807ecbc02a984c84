/**
 * Errors of workers: one that says how a worker died, and how an error that came
 * from a worker says where it was thrown.
 *
 * @module
 */

import { describe } from "../describe.ts";
import { setHidden } from "../messages/errors.ts";

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
    const why = hasCause ? `: ${inWords(death.cause)}` : "";
    super(`${worker} ${death.how}${why}`, hasCause ? death : {});
    this.worker = worker;
    this.exitCode = death.exitCode;
    this.signal = death.signal;
  }
}

function inWords(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return describe(thrown); // its toString is no function
  }
}

/**
 * Continues the stack of an error that came from the far side: with where it
 * ran, such as `task 3 of map(parse) on Worker-2`, if that is not known yet, and
 * with the stack that was captured where it was asked for.
 */
export function continueStack(
  thrown: unknown,
  where: string | undefined,
  origin: { stack?: string },
): void {
  if (!(thrown instanceof Error)) return;
  const asked = frames(origin.stack).filter((line) => /^\s+at /.test(line));
  const ran = where === undefined ? [] : [`    in ${where}`];
  const lines = [...frames(thrown.stack), ...ran, ...asked];
  setHidden(thrown, "stack", lines.join("\n"));
}

/** The lines of a stack, without those inside Deno and this library. */
function frames(stack: unknown): string[] {
  // A program may have changed what a stack is: Error.prepareStackTrace.
  const lines = typeof stack === "string" ? stack.split("\n") : [];
  return lines.filter((line) => !isInner(line));
}

/** Where this library is; a bundle of it has no address. */
const library = String(import.meta.url).replace(/workers\/[^/]*$/, "");
const inner = ["workers/", "processes/", "messages/"];

/** Whether a line of a stack is a frame inside Deno or inside this library. */
function isInner(line: string): boolean {
  return /^\s+at .*\bext:/.test(line) ||
    inner.some((part) => line.includes(library + part));
}
