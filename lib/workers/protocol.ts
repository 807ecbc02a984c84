/**
 * What is said between here and the far side, and what it travels through.
 *
 * @module
 */

import { type Parcel, type Route, Travel } from "../messages/travel.ts";
import type { Task } from "./task.ts";

/** What is sent to the far side. */
export type Request =
  | ChunkRequest
  /** No more tasks of the chunk that runs are to begin. */
  | { readonly kind: "cancel" };

/** To run a task with each of some inputs, one after another. */
export interface ChunkRequest {
  readonly kind: "run";
  /** The id of the task. */
  readonly task: number;
  /** The task itself, the first time it is sent to this host. */
  readonly define: Task | undefined;
  /** One input a task: its argument, or with `spread` the list of them. */
  readonly inputs: unknown;
  /** What stands for objects among the inputs that travel packed. */
  readonly wires: Parcel["wires"];
  readonly spread: boolean;
  /** Whether what it is given is to last as long as the far side. */
  readonly isSetup: boolean;
  /** Whether to note when each task began and ended. */
  readonly timed: boolean;
}

/** What the far side says. */
export type Reply =
  | { readonly kind: "ready" }
  | Answer
  | {
    readonly kind: "died";
    /** What happened, such as `closed itself`. */
    readonly how: string;
    readonly exitCode?: number | undefined;
    /** The error that nothing caught, if there was one, and its wires. */
    readonly cause?: Pick<Parcel, "value" | "wires">;
  };

/** What came of a chunk: its results, or which task failed first, and why. */
export interface Answer {
  readonly kind: "done";
  /** The results of the tasks, or what the failed one threw. */
  readonly value: unknown;
  /** What stands for objects in it that travel packed. */
  readonly wires: Parcel["wires"];
  /** The place of the task that failed. */
  readonly failed: number | undefined;
  /** With `timed`: when each task began and ended, in ms of the epoch. */
  readonly times: readonly (readonly [from: number, to: number])[];
}

/** What messages travel through, seen from either side. */
export interface Channel {
  /** How values are made ready for it. */
  readonly route: Route;
  /** The thread at the other end; 0 if that is not known. */
  readonly receiver: number;
  /** Sends a message; throws if a part of it cannot be sent. */
  post(message: unknown, moved?: Transferable[]): void;
}

/** What a thread is told first. */
export interface Greeting {
  /** What leads to who started it. */
  readonly port: MessagePort;
  /** The number by which shared memory knows the thread. */
  readonly thread: number;
  /** Which threads are alive. */
  readonly life: Int32Array;
}

/** A channel to another thread; it also runs on the far side. */
export function threadChannel(port: MessagePort, receiver: number): Channel {
  // Kept, because a task may replace it.
  const send = port.postMessage.bind(port);
  return {
    route: Travel.toThread,
    receiver,
    post(message, moved = []) {
      // A list of nothing to move would make a message slower.
      if (moved.length > 0) send(message, moved);
      else send(message);
    },
  };
}
