/**
 * A queue's store, seen from another thread.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import { Connection } from "./pipe.ts";
import { queueClosed, QueueLinkState, QueueState } from "./queue_state.ts";
import type {
  QueueAsk,
  QueuePipe,
  QueueReply,
  QueueRequest,
} from "./queue_store.ts";
import type { SendOptions, Wire } from "./travel.ts";
import { isImmutable } from "./value.ts";

/** A Queue as it travels; to another process, without what memory it has. */
export interface QueueWire extends Wire {
  /** The end of a pipe; packed, unless it came from another process. */
  readonly link: Wire | Connection<QueueRequest, QueueReply>;
  readonly capacity: number;
  readonly linkCells?: Int32Array<SharedArrayBuffer>;
  readonly isShared: boolean;
}

/** A queue's store, seen from another thread. */
export class QueueLink {
  readonly state: QueueState;
  readonly #link: Connection<QueueRequest, QueueReply>;
  readonly #mine: QueueLinkState;
  readonly #wasShared: boolean;
  readonly #asks = new Map<number, QueueAsk>();
  readonly #ids = new Map<QueueAsk, number>();
  /** How many asks of each kind wait for an answer. */
  readonly #count = { put: 0, get: 0 };
  #lease = new Fifo<unknown>();
  #epoch = 0;
  #last = 0;

  constructor(wire: QueueWire) {
    this.state = new QueueState(wire.capacity, wire.cells);
    this.#mine = new QueueLinkState(wire.linkCells);
    this.#wasShared = wire.isShared;
    this.#link = wire.link instanceof Connection
      ? wire.link
      : Connection.unpack(wire.link) as Connection<QueueRequest, QueueReply>;
    this.#link.subscribe(
      (reply) => this.#take(reply),
      () => {
        for (const id of this.#asks.keys()) this.#forget(id)!.answer("closed");
      },
    );
  }

  /** Whether it shares memory with the store. */
  get isShared(): boolean {
    return this.#wasShared && !this.#link.isRemote;
  }

  /** Puts an item in if there is room; tells whether it did. */
  putNow(value: unknown, options: SendOptions): boolean {
    if (!this.isShared) return false;
    if (this.state.isClosed || this.#mine.promised < 0) throw queueClosed();
    // Nothing may overtake what waits.
    if (this.#count.put > 0 || this.state.waiting > 0) return false;
    if (!this.state.reserve(this.#mine)) return false;
    try {
      // It may have been closed before the store could see that this one comes.
      if (this.state.isClosed) throw queueClosed();
      const item = isImmutable(value) ? value as number : [value] as const;
      this.#link.sendNow(item, options);
    } catch (error) {
      if (this.#mine.keep()) this.state.free(1);
      this.#send({ op: "look" });
      throw error;
    }
    return true;
  }

  /** Takes an item out if one is here. */
  getNow(): { value: unknown } | undefined {
    if (this.#lease.length === 0 || this.#count.get > 0) return undefined;
    if (!this.#mine.take(this.#epoch, this.state)) {
      this.#lease = new Fifo();
      return undefined;
    }
    this.state.tell();
    return { value: this.#lease.shift() };
  }

  ask(ask: QueueAsk, options: SendOptions): void {
    const id = this.#last = 1 + this.#last % (2 ** 31 - 1);
    this.#asks.set(id, ask);
    this.#ids.set(ask, id);
    this.#count[ask.op] += 1;
    try {
      this.#link.sendNow({ op: ask.op, id, value: ask.value }, options);
    } catch (error) {
      this.#forget(id);
      throw error;
    }
  }

  cancel(ask: QueueAsk): void {
    const id = this.#ids.get(ask);
    if (id !== undefined) this.#send({ op: "cancel", id });
  }

  close(): void {
    if (this.isShared) this.state.close();
    this.#send({ op: "close" });
  }

  serve(link: QueuePipe, cells: Int32Array<SharedArrayBuffer>): void {
    const shared = this.isShared ? cells : undefined;
    this.#send({ op: "serve", link, cells: shared });
  }

  #take(reply: QueueReply): void {
    if ("size" in reply) {
      this.state.size = reply.size;
      return;
    }
    const { id, outcome, value, lease } = reply;
    if (lease) {
      this.#epoch = lease.epoch;
      this.#lease = new Fifo(lease.items);
    }
    const ask = this.#forget(id);
    if (!ask) return;
    if (ask.op === "get" && outcome === "done") {
      if (!this.#mine.noteTaken(id)) return;
      if (!this.isShared) this.#send({ op: "taken", id });
    }
    ask.answer(outcome, value);
  }

  #forget(id: number): QueueAsk | undefined {
    const ask = this.#asks.get(id);
    this.#asks.delete(id);
    if (!ask) return undefined;
    this.#ids.delete(ask);
    this.#count[ask.op] -= 1;
    return ask;
  }

  /** Sends a request; to a store that is gone, it does not matter. */
  #send(request: QueueRequest): void {
    this.#link.send(request).catch(() => {});
  }
}
