/**
 * What is said between here and the far side, and how it is said in brief:
 * most messages differ from the ones before in nothing but the arguments or the
 * results, and short messages take half the time.
 *
 * The functions here also run on the far side.
 *
 * @module
 */

import {
  copyLarge,
  type Lifeline,
  noteSent,
  packValue,
} from "../messages/travel.ts";
import { isImmutable } from "../messages/value.ts";
import type { PackedError } from "./errors.ts";
import type { Task } from "./task.ts";

/** What is sent to the far side: to run a task once or several times. */
export interface Request {
  readonly kind: "run";
  /** The id of the task. */
  readonly task: number;
  /** The task itself, the first time it is sent to this host. */
  readonly define: Task | undefined;
  /** One entry a call: its argument, or with `spread` its argument list. */
  readonly calls: readonly unknown[];
  readonly spread: boolean;
  /** Whether there are wires of portable objects among the calls. */
  readonly isPacked: boolean;
  /**
   * Whether each call is answered alone, at once, and one that fails ends no
   * other; an answer of nothing then says that no more will come.
   */
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
  /** The number by which shared memory knows the far side's thread. */
  readonly agent: number;
  /** One cell: how many calls of the request may still begin. */
  readonly left: Int32Array<SharedArrayBuffer> | undefined;
}

/** A value that is ready to be sent. */
export interface Crossing {
  readonly value: unknown;
  readonly isPacked: boolean;
  /** What has to be moved along with it. */
  readonly ports: readonly MessagePort[];
  /** To be called once the value has been sent. */
  readonly sent: () => void;
}

/** Makes a value ready for another thread. */
export function packForThread(value: unknown, receiver: number): Crossing {
  const packed = packValue(value);
  if (!packed) return { value, isPacked: false, ports: [], sent: () => {} };
  const sent = () => noteSent(packed.packings, receiver);
  return { ...packed, isPacked: true, sent };
}

/** Sends a message to another thread; of large buffers, copies are moved. */
export function postTo(
  thread: Pick<Worker, "postMessage">,
  message: unknown,
  transfer: Transferable[],
): void {
  const { value, moved } = copyLarge(message, transfer);
  // A list of nothing to move would make a short message slower.
  if (moved.length > 0) thread.postMessage(value, moved);
  else thread.postMessage(value);
}

/**
 * Abbreviates a request to its calls, if all else is as it was in the request
 * before; and these to the argument of the only call, if that is a scalar.
 */
export function briefRequest(
  request: Request,
  last: Request | undefined,
): unknown {
  const { calls, task, spread } = request;
  const isSame = !request.define && !request.isPacked && task === last?.task &&
    spread === last.spread && request.timed === last.timed &&
    request.shared === last.shared;
  if (!isSame) return request;
  if (calls.length > 1) return calls;
  // What is to be spread may be anything.
  const args = spread ? calls[0] : calls;
  const isOnly = Array.isArray(args) && args.length === 1 &&
    isImmutable(args[0]);
  return isOnly ? args[0] : calls;
}

/** Restores a request that may be in brief; undefined if the message is none. */
export function fullRequest(
  message: unknown,
  last: Request | undefined,
): Request | undefined {
  const isOnly = isImmutable(message);
  if (!isOnly && !Array.isArray(message)) {
    return (message as Request).kind === "run" ? message as Request : undefined;
  }
  const only = last!.spread ? [message] : message;
  const calls = isOnly ? [only] : message as unknown[];
  return { ...last!, define: undefined, isPacked: false, calls };
}

/**
 * Abbreviates a reply to its results, if there is nothing else to it; and these
 * to the only one, if that is a scalar.
 */
export function briefReply(reply: Reply): unknown {
  if (reply.kind !== "done" || reply.errors.length > 0) return reply;
  if (reply.isPacked || reply.times.length > 0) return reply;
  const [only] = reply.results;
  const isOnly = reply.results.length === 1 && isImmutable(only);
  return isOnly ? only : reply.results;
}

/** Restores a reply that may be in brief. */
export function fullReply<Message>(message: Message): Message | Reply {
  const isOnly = isImmutable(message);
  if (!isOnly && !Array.isArray(message)) return message;
  const results = isOnly ? [message] : message as unknown[];
  return { kind: "done", results, errors: [], times: [], isPacked: false };
}
