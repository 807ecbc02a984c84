/**
 * What is said between here and the far side, and how it is said in brief:
 * most messages differ from the ones before in nothing but the arguments or the
 * results, and short messages take half the time.
 *
 * The functions here also run on the far side.
 *
 * @module
 */

import type { PackedError } from "./errors.ts";
import type { Lifeline } from "../messages/travel.ts";
import type { Task } from "./task.ts";

/** What is sent to the far side: to run a task once or several times. */
export interface Request {
  /** The number of the first call; calls are numbered in the order of sending. */
  readonly first: number;
  /** The id of the task. */
  readonly task: number;
  /** The task itself, the first time it is sent to this host. */
  readonly define: Task | undefined;
  /** One entry a call: its argument, or with `spread` its argument list. */
  readonly calls: readonly unknown[];
  /** Whether there are wires of portable objects among the calls. */
  readonly isPacked: boolean;
  readonly spread: boolean;
  /** Whether each call is answered alone, at once, and one that fails ends no other. */
  readonly shared: boolean;
  /** Whether to note when each call began and ended. */
  readonly timed: boolean;
}

/** What came of the calls of a request, as far as they were begun, or of one. */
export interface Answer {
  readonly results: unknown[];
  /** The calls that failed, by their place. */
  readonly errors: [index: number, error: PackedError][];
  /** With `timed`: when each call began and ended, in ms of the epoch. */
  readonly times: [from: number, to: number][];
}

/** What the far side says. */
export type Reply =
  | { readonly kind: "ready" }
  | Answer & { readonly kind: "done"; readonly isPacked: boolean }
  | { readonly kind: "holds"; readonly lifeline: Lifeline }
  | {
    readonly kind: "died";
    /** What happened, such as `closed itself`. */
    readonly how: string;
    readonly exitCode?: number;
    readonly error?: PackedError;
  };

/** What a thread is told first. */
export interface Greeting {
  readonly name: string;
  /** The number by which shared memory knows the far side's thread. */
  readonly agent: number;
  /** One cell: the number of the next call that may begin, or `takenBack`. */
  readonly next: Int32Array<SharedArrayBuffer> | undefined;
}

/**
 * The number of the call that comes some calls after another. It starts again
 * long after a call of the same number has ended.
 */
export function numberAfter(first: number, count: number): number {
  return (first + count) % 2 ** 30;
}

/**
 * Abbreviates a request to its calls, if all else is as it was in the request
 * before; and these to the argument of the only call, if that is a scalar.
 */
export function briefRequest(
  request: Request,
  last: Request | undefined,
): unknown {
  const { calls, define, task, spread, shared, timed } = request;
  const isSame = define === undefined && task === last?.task &&
    spread === last.spread && timed === last.timed && shared === last.shared;
  if (!isSame) return request;
  if (calls.length > 1) return calls;
  // What is to be spread may be anything.
  const args = spread ? calls[0] : calls;
  const isOnly = Array.isArray(args) && args.length === 1 && isScalar(args[0]);
  return isOnly ? args[0] : calls;
}

/** Restores a request that may be in brief; undefined if the message is none. */
export function fullRequest(
  message: unknown,
  last: Request | undefined,
): Request | undefined {
  const isOnly = isScalar(message);
  if (!last || !isOnly && !Array.isArray(message)) return undefined;
  const only = last.spread ? [message] : message;
  const calls = isOnly ? [only] : message as unknown[];
  const first = numberAfter(last.first, last.calls.length);
  return { ...last, define: undefined, isPacked: false, first, calls };
}

/**
 * Abbreviates a reply to its results, if there is nothing else to it; and these
 * to the only one, if that is a scalar.
 */
export function briefReply(reply: Reply): unknown {
  if (reply.kind !== "done" || reply.errors.length > 0) return reply;
  if (reply.isPacked || reply.times.length > 0) return reply;
  const [only] = reply.results;
  const isOnly = reply.results.length === 1 && isScalar(only);
  return isOnly ? only : reply.results;
}

/** Restores a reply that may be in brief. */
export function fullReply<Message>(message: Message): Message | Reply {
  const isOnly = isScalar(message);
  if (!isOnly && !Array.isArray(message)) return message;
  const results = isOnly ? [message] : message as unknown[];
  return { kind: "done", results, errors: [], times: [], isPacked: false };
}

/** Whether a value is of the kinds that Deno sends in a fraction of the time. */
export function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string" ||
    typeof value === "boolean";
}
