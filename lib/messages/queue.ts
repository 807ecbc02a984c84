/**
 * A queue for many.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { checkCount } from "../describe.ts";
import { ChannelClosedError, pipe } from "./pipe.ts";
import { QueueLink, type QueueWire } from "./queue_link.ts";
import { queueClosed, QueueLinkState, QueueState } from "./queue_state.ts";
import {
  type QueueAsk,
  type QueueReply,
  type QueueRequest,
  QueueStore,
} from "./queue_store.ts";
import { type Packing, realm, type SendOptions, type Wire } from "./travel.ts";
import {
  checkWait,
  iterate,
  waitFor,
  type Waiting,
  type WaitOptions,
} from "./wait.ts";

/** Options of a Queue. */
export interface QueueOptions {
  /** How many items it holds at most; without it, as many as are put. */
  readonly capacity?: number;
}

/**
 * A queue for many producers and many consumers, in main and in workers.
 *
 * Each item is delivered once. The items of one producer stay in their order.
 * The items are kept by the thread that made the queue; a Queue that was sent
 * to another thread talks to it through a pipe.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pool, Queue } from "../../mod.ts";
 *
 * using pool = new Pool({ workers: 2 });
 * const queue = new Queue<number>({ capacity: 10 });
 * const produce = async (queue: Queue<number>, first: number) => {
 *   for (let i = first; i < first + 3; i++) await queue.put(i);
 * };
 * const filled = pool.starmap(produce, [[queue, 0], [queue, 10]]);
 * void filled.then(() => queue.close());
 * const items = await Array.fromAsync(queue);
 * assertEquals(items.sort((a, b) => a - b), [0, 1, 2, 10, 11, 12]);
 * ```
 *
 * @typeParam T What the items are.
 */
export class Queue<T> implements AsyncIterable<T> {
  #store: QueueStore | QueueLink;

  /**
   * Makes a queue.
   *
   * @param options How much it holds.
   * @throws {RangeError | TypeError} If the capacity is no whole number of at
   * least 1.
   */
  constructor(options: QueueOptions = {}) {
    const { capacity = Infinity } = options;
    if (capacity !== Infinity) checkCount("Queue", "capacity", capacity);
    this.#store = new QueueStore(new QueueState(capacity));
    realm().hasPortables = true;
  }

  /**
   * Makes a queue of what it was packed into.
   *
   * @internal
   * @param wire The queue as it travelled.
   * @returns The queue.
   */
  static unpack(wire: Wire): Queue<unknown> {
    const queue = new Queue();
    queue.#store = new QueueLink(wire as QueueWire);
    return queue;
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): true {
    return true;
  }

  /**
   * Packs the queue, to be sent; it goes on working here.
   *
   * @internal
   * @returns What it is packed into.
   */
  pack(): Packing {
    const [ours, theirs] = pipe<QueueReply, QueueRequest>();
    const { cells } = new QueueLinkState();
    const { state, isShared } = this.#store;
    this.#store.serve(ours, cells);
    const { wire: link, ports, lifeline, sent } = theirs.pack();
    const wire = {
      portable: "Queue",
      cells: state.cells,
      capacity: state.capacity,
      link,
      linkCells: cells,
      isShared,
    };
    return { wire, ports, lifeline, sent };
  }

  /** How many items it holds that nobody has taken. */
  get size(): number {
    return this.#store.state.size;
  }

  /**
   * Puts an item in; waits while the queue is full.
   *
   * @param item The item; it is copied.
   * @param options How long to wait, and what to move instead of copying.
   * @returns A promise that resolves once the item is in. It rejects with a
   * ChannelClosedError if the queue is closed; with a TimeoutError, or the reason
   * of the signal, and then the item is not in; with a TypeError that names the
   * part that cannot be sent.
   */
  put(item: T, options: WaitOptions & SendOptions = {}): Promise<void> {
    try {
      checkWait("Queue.put", options);
      if (this.#store.putNow(item, options)) return Promise.resolve();
      return this.#ask("put", options, item).promise as Promise<void>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Takes the next item out; waits while the queue is empty.
   *
   * @param options How long to wait.
   * @returns The item. The promise rejects with a ChannelClosedError if the
   * queue is closed and empty; with a TimeoutError, or the reason of the signal,
   * and then nothing is taken.
   */
  get(options: WaitOptions = {}): Promise<T> {
    try {
      return this.#take(options).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Closes the queue, for everybody: nothing more can be put, what is in it can
   * still be taken.
   */
  close(): void {
    this.#store.close();
  }

  /**
   * Takes item after item, until the queue is closed and empty.
   *
   * @returns The items, as they come.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    return iterate(
      () => this.#take({}),
      (error) => error instanceof ChannelClosedError,
    );
  }

  /** How the queue prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Queue { size: ${this.size} }`;
  }

  #take(options: WaitOptions): Waiting<T> {
    checkWait("Queue.get", options);
    const taken = this.#store.getNow();
    if (!taken) return this.#ask("get", options) as Waiting<T>;
    const promise = Promise.resolve(taken.value as T);
    const over = () => {};
    return { promise, resolve: over, reject: over, giveUp: over };
  }

  #ask(
    op: "put" | "get",
    options: WaitOptions & SendOptions,
    value?: unknown,
  ): Waiting<unknown> {
    let reason: unknown;
    // Whether it was in time is for the store to say: so an item is either put
    // or not, taken or not, and never both or neither.
    const waiting = waitFor<unknown>(`Queue.${op}`, options, (why) => {
      reason = why;
      this.#store.cancel(ask);
    });
    const ask: QueueAsk = {
      op,
      value,
      answer(outcome, value) {
        if (outcome === "done") waiting.resolve(value);
        else if (outcome === "cancelled") waiting.reject(reason);
        else if (outcome === "refused") {
          waiting.reject(new TypeError(`${value}`));
        } else waiting.reject(queueClosed());
      },
    };
    try {
      this.#store.ask(ask, options);
    } catch (error) {
      waiting.reject(error);
    }
    return waiting;
  }
}
