/**
 * Pipes and queues between processes.
 *
 * The two ends of a pipe share memory, which processes do not. So a connection
 * that is sent to a process stays where it was, and the process gets one end of
 * a pipe of its own; what arrives at either is carried over to the other. A queue
 * is asked through such a pipe.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { QueueServer } from "./far_queue.ts";
import { give } from "./life.ts";
import { type Connection, pipe } from "./pipe.ts";
import type { Queue } from "./queue.ts";
import {
  pack,
  type Packing,
  type Portable,
  refuseForProcess,
  type Route,
  Travel,
  unpack,
  type Wire,
} from "./travel.ts";
import { Watch } from "./wait.ts";

/** What is carried for a connection. */
export interface RelayMessage {
  readonly kind: "relay";
  readonly id: number;
  readonly value?: unknown;
  readonly wires?: readonly Wire[] | undefined;
  /** Whether nothing more comes. */
  readonly isEnd?: boolean;
}

/** The connections that lead to one process, seen from one side. */
export class Relay {
  /** How values travel to the process, and from it. */
  readonly route: Route = {
    refuse: (part) => refuseForProcess(part),
    pack: (part) => this.#pack(part),
    unpack: (wire) => this.#unpack(wire),
  };
  readonly #post: (message: RelayMessage) => void;
  readonly #ends = new Map<number, Connection<unknown>>();
  /** The last id that was given on this side: of one side odd, of one even. */
  #last: number;
  readonly #watch = new Watch(() => {
    for (const end of [...this.#ends.values()]) end.look();
    return this.#ends.size > 0;
  });

  /** `side` is 0 or 1; the process at the other end of `post` has the other. */
  constructor(post: (message: RelayMessage) => void, side: number) {
    this.#post = post;
    this.#last = side;
  }

  /** Takes a message from the other side. */
  receive(message: RelayMessage): void {
    const end = this.#ends.get(message.id);
    if (!end) return;
    if (message.isEnd) return this.#close(message.id);
    const { value, wires } = message;
    // Whoever was to receive it has closed; the other side will be told.
    end.send(unpack(value, wires, this.route)).catch(() => {});
  }

  /** Closes all connections: the other side is gone. */
  close(): void {
    for (const id of [...this.#ends.keys()]) this.#close(id);
    this.#watch.stop();
  }

  /** Whether no connection leads to the other side. */
  get isIdle(): boolean {
    return this.#ends.size === 0;
  }

  /** Waits until all that was sent on this side has been carried over. */
  async flush(): Promise<void> {
    const isLate = () => this.#ends.values().some((end) => end.backlog > 0);
    while (isLate()) await new Promise((resolve) => setTimeout(resolve));
  }

  #pack(part: Portable): Packing {
    const id = this.#last += 2;
    if (part[Travel.key] === "Connection") {
      const connection = part as Portable & Connection<unknown>;
      connection.pack();
      const sent = () => this.#carry(id, connection);
      return { wire: { kind: "Connection", id }, sent };
    }
    const queue = part as Portable & Queue<unknown>;
    const sent = () => {
      const [ours, theirs] = pipe<unknown>();
      this.#carry(id, theirs);
      new QueueServer(queue, ours);
    };
    return { wire: { kind: "FarQueue", id, size: queue.size }, sent };
  }

  #unpack(wire: Wire): unknown {
    const [inner, outer] = pipe<unknown>();
    this.#carry(wire.id as number, outer);
    if (wire.kind === "FarQueue") {
      return Travel.kinds.get("FarQueue")!({ ...wire, link: inner });
    }
    give(inner);
    return inner;
  }

  /** Carries what arrives at an end. */
  #carry(id: number, end: Connection<unknown>): void {
    const left = end.relay((value, isDirect) => {
      const parcel = pack(value, [], "value", this.route);
      const wires = parcel.wires && { wires: parcel.wires };
      try {
        this.#post({ kind: "relay", id, value: parcel.value, ...wires });
      } catch (error) {
        if (isDirect) throw error;
        // It was sent before the pipe led to a process, and cannot follow.
        console.error(`a message is lost: ${(error as Error).message}`);
        return this.#leave(id);
      }
      parcel.sent(0);
    }, () => this.#leave(id));
    this.#ends.set(id, left);
    this.#watch.start();
    left.look();
  }

  #leave(id: number): void {
    this.#post({ kind: "relay", id, isEnd: true });
    this.#close(id);
  }

  #close(id: number): void {
    this.#ends.get(id)?.close();
    this.#ends.delete(id);
  }
}

/** What of this runs on the far side. */
export const relayParts = [
  () => [Relay],
];
