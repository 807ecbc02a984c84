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
  portableClasses,
  unpackValue,
} from "../messages/travel.ts";
import { isImmutable, type Sending } from "../messages/value.ts";
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

/** What messages travel through, seen from either side. */
export interface Channel {
  /** How it refuses a value, where that is not by structured clone alone. */
  readonly sending: Sending | undefined;
  /** Packs what structured clone cannot send. */
  pack(value: unknown): Crossing;
  /** Makes working objects of what came packed. */
  unpack(value: unknown): unknown;
  /** Sends a message; throws if a part of it cannot be sent. */
  post(message: unknown, moved: Transferable[]): void;
}

/** A channel to another thread. */
export function threadChannel(
  thread: Pick<Worker, "postMessage">,
  receiver: number,
): Channel {
  return {
    sending: undefined,
    pack(value) {
      const packed = packValue(value);
      if (!packed) return asItIs(value);
      const sent = () => noteSent(packed.packings, receiver);
      return { ...packed, isPacked: true, sent };
    },
    unpack: (value) => unpackValue(value, portableClasses()),
    post(message, transfer) {
      const isShort = isImmutable(message) && transfer.length === 0;
      if (isShort) return thread.postMessage(message);
      const { value, moved } = copyLarge(message, transfer);
      // A list of nothing to move would make a message slower.
      if (moved.length > 0) thread.postMessage(value, moved);
      else thread.postMessage(value);
    },
  };
}

/** What need not be packed. */
export function asItIs(value: unknown): Crossing {
  return { value, isPacked: false, ports: [], sent: () => {} };
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
  const [args] = calls;
  if (!spread || calls.length > 1 || !Array.isArray(args)) return brief(calls);
  const only = brief(args);
  return only === args ? calls : only;
}

/** Restores a request that may be in brief; undefined if the message is none. */
export function fullRequest(
  message: unknown,
  last: Request | undefined,
): Request | undefined {
  const list = full(message);
  if (!list) {
    return (message as Request).kind === "run" ? message as Request : undefined;
  }
  const isOnly = list !== message && last!.spread;
  const calls = isOnly ? [list] : list;
  return { ...last!, define: undefined, isPacked: false, calls };
}

/** Abbreviates a reply to its results, if there is nothing else to it. */
export function briefReply(reply: Reply): unknown {
  if (reply.kind !== "done" || reply.errors.length > 0) return reply;
  const isMore = reply.isPacked || reply.times.length > 0;
  return isMore ? reply : brief(reply.results);
}

/** Restores a reply that may be in brief. */
export function fullReply<Message>(message: Message): Message | Reply {
  const results = full(message);
  if (!results) return message;
  return { kind: "done", results, errors: [], times: [], isPacked: false };
}

/** Abbreviates a list to its only item, if that is a scalar. */
export function brief(list: readonly unknown[]): unknown {
  return list.length === 1 && isImmutable(list[0]) ? list[0] : list;
}

/** Restores a list that may be in brief; undefined if the message is none. */
export function full(message: unknown): unknown[] | undefined {
  if (isImmutable(message)) return [message];
  return Array.isArray(message) ? message : undefined;
}
