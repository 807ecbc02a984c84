/**
 * Connections between processes.
 *
 * The two ends of a pipe share memory, which processes do not. So a connection
 * that is sent to a process stays where it was, and the process gets one end of
 * a pipe of its own; what arrives at either is carried over to the other by
 * messages. A Queue that is sent away is a connection to the Queue, so the same
 * serves for it.
 *
 * `Bridge` also runs on the far side.
 *
 * @module
 */

import { Connection, pipe } from "../messages/pipe.ts";
import { Queue } from "../messages/queue.ts";
import { QueueState } from "../messages/queue_state.ts";
import {
  type Packing,
  packValue,
  realm,
  sendError,
  unpackValue,
  type Wire,
} from "../messages/travel.ts";
import { toProcess } from "../messages/value.ts";
import { asItIs, type Channel, type Crossing } from "../workers/protocol.ts";

/** What is carried for a connection. */
export type BridgeMessage =
  | {
    readonly kind: "carry";
    readonly id: number;
    readonly value: unknown;
    readonly isPacked: boolean;
  }
  | { readonly kind: "end"; readonly id: number };

/** The connections that lead to one process, seen from one side. */
export class Bridge {
  readonly #post: (message: BridgeMessage) => void;
  readonly #ends = new Map<number, Connection<unknown>>();
  #last: number;

  /** `side` is 0 here and 1 on the other side, to which `post` sends. */
  constructor(side: number, post: (message: BridgeMessage) => void) {
    this.#last = side;
    this.#post = post;
  }

  /**
   * Makes a value ready for the other side.
   *
   * A Lock or Barrier in it is left as it is: its memory is then found by
   * whoever tries to send the value, and refused.
   */
  pack(value: unknown): Crossing {
    const packed = packValue(value);
    if (!packed) return asItIs(value);
    const leaving: (() => void)[] = [];
    for (const packing of packed.packings) {
      const wire = packing.wire as Record<string, unknown>;
      if (wire.portable === "Connection") {
        leaving.push(this.#replace(wire, packing));
      } else if (wire.portable === "Queue") {
        leaving.push(this.#replace(wire.link as typeof wire, packing));
        wire.size = Atomics.load(wire.cells as Int32Array, 0);
        delete wire.cells;
        delete wire.linkCells;
        wire.isRemote = true;
      }
    }
    const sent = () => leaving.forEach((leave) => leave());
    return { value: packed.value, isPacked: true, ports: [], sent };
  }

  /** Puts a number in the place of a connection that stays here. */
  #replace(wire: Record<string, unknown>, packing: Packing): () => void {
    const staying = { ...wire } as unknown as Wire;
    const id = this.#last += 2;
    for (const part of Object.keys(wire)) delete wire[part];
    Object.assign(wire, { portable: "Connection", far: id });
    return () => {
      packing.sent(realm().agent);
      this.#join(id, Connection.unpack(staying));
    };
  }

  /** Makes working objects in a value that came from the other side. */
  unpack(value: unknown): unknown {
    const arrive = (wire: Wire) => {
      const [inner, outer] = pipe<unknown>();
      this.#join(wire.far as number, outer);
      return inner;
    };
    return unpackValue(value, {
      Connection: { unpack: arrive },
      Queue: {
        unpack: (wire) => {
          const { cells } = new QueueState(Infinity);
          cells[0] = wire.size as number;
          const link = arrive(wire.link as Wire);
          return Queue.unpack({ ...wire, cells, link });
        },
      },
    });
  }

  /** Takes a message from the other side. */
  receive(message: BridgeMessage): void {
    const end = this.#ends.get(message.id);
    if (!end) return;
    if (message.kind === "end") return this.#close(message.id, end);
    const { value, isPacked } = message;
    // Whoever was to receive it has closed; the other side will be told.
    end.send(isPacked ? this.unpack(value) : value).catch(() => {});
  }

  /** Closes all connections: the other side is gone. */
  close(): void {
    for (const [id, end] of this.#ends) this.#close(id, end);
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

  /** Carries what arrives at an end. */
  #join(id: number, end: Connection<unknown>): void {
    this.#ends.set(id, end);
    end.carry((value, isDirect) => {
      const { value: packed, isPacked, sent } = this.pack(value);
      try {
        this.#post({ kind: "carry", id, value: packed, isPacked });
      } catch (error) {
        if (isDirect) throw sendError(value, [], error, toProcess());
        // It was sent before the pipe led to a process, and cannot follow.
        console.error(`a message is lost: ${(error as Error).message}`);
        this.#post({ kind: "end", id });
        return this.#close(id, end);
      }
      sent();
    }, () => {
      this.#post({ kind: "end", id });
      this.#close(id, end);
    });
  }

  #close(id: number, end: Connection<unknown>): void {
    this.#ends.delete(id);
    end.close();
  }
}

/** The channel to a process; `post` says what it does with what is to be moved. */
export function processChannel(bridge: Bridge, post: Channel["post"]): Channel {
  return {
    sending: toProcess(),
    pack: (value) => bridge.pack(value),
    unpack: (value) => bridge.unpack(value),
    post,
  };
}
