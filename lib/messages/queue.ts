/**
 * A queue for many.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { checkCount } from "../describe.ts";
import { Fifo } from "../fifo.ts";
import { ChannelClosedError, Connection, pipe } from "./pipe.ts";
import { queueClosed, QueueLinkState, QueueState } from "./queue_state.ts";
import {
  type QueuePort,
  type QueueReply,
  type QueueRequest,
  QueueStore,
} from "./queue_store.ts";
import {
  copyValue,
  type Packing,
  realm,
  sendError,
  type SendOptions,
  type Wire,
} from "./travel.ts";
import { isImmutable } from "./value.ts";
import { checkWait, iterate, waitFor, type WaitOptions } from "./wait.ts";

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
  #state: QueueState;
  /** What is known together with the store, and how the two talk. */
  #shared = new QueueLinkState();
  #port: QueuePort<QueueRequest>;
  #wasRemote = false;
  /** Those who wait here, and whether the store was asked for them. */
  readonly #gets = new Fifo<Get<T>>();
  readonly #puts = new Fifo<Put>();
  #wantsItem = false;
  #wantsRoom = false;
  /** Items that may be taken from here, and the number of the first. */
  #ahead: unknown[] = [];
  #first = 0;

  /**
   * Makes a queue.
   *
   * @param options How much it holds.
   * @throws {RangeError | TypeError} If the capacity is no whole number of at
   * least 1.
   * @throws {Error} Where threads cannot share memory.
   */
  constructor(options: QueueOptions = {}) {
    const { capacity = Infinity } = options;
    if (capacity !== Infinity) checkCount("Queue", "capacity", capacity);
    this.#state = new QueueState(capacity);
    const receive = (reply: QueueReply) => this.#receive(reply);
    this.#port = new QueueStore(this.#state).connect(this.#shared, receive);
    realm().hasPortables = true;
  }

  /** @internal Makes a queue of what it was packed into. */
  static unpack(wire: Wire): Queue<unknown> {
    const { capacity, cells, linkCells, isRemote, link } = wire as QueueWire;
    const queue = new Queue();
    queue.#state = new QueueState(capacity, cells);
    queue.#shared = new QueueLinkState(linkCells);
    queue.#wasRemote = isRemote;
    const port =
      (link instanceof Connection
        ? link
        : Connection.unpack(link)) as Connection<QueueRequest, QueueReply>;
    port.subscribe((reply) => queue.#receive(reply), () => queue.#end());
    queue.#port = port;
    return queue;
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): true {
    return true;
  }

  /** @internal Packs the queue, to be sent; it goes on working here. */
  pack(): Packing {
    const [ours, theirs] = pipe<QueueReply, QueueRequest>();
    const { cells, capacity } = this.#state;
    const { cells: linkCells } = new QueueLinkState();
    const isRemote = this.#isRemote;
    const shared = isRemote ? undefined : linkCells;
    this.#send({ op: "serve", link: ours, cells: shared });
    const { wire: link, ports, lifeline, sent } = theirs.pack();
    const queue = { portable: "Queue", cells, capacity };
    const wire = { ...queue, link, linkCells, isRemote };
    return { wire, ports, lifeline, sent };
  }

  /** How many items it holds that nobody has taken. */
  get size(): number {
    return this.#state.size;
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
  async put(item: T, options: WaitOptions & SendOptions = {}): Promise<void> {
    checkWait("Queue.put", options);
    if (this.#state.isClosed) throw queueClosed();
    if (this.#puts.length === 0 && this.#enter()) this.#deliver(item, options);
    else await this.#waitForRoom(item, options);
  }

  /**
   * Takes the next item out; waits while the queue is empty.
   *
   * @param options How long to wait.
   * @returns The item. The promise rejects with a ChannelClosedError if the
   * queue is closed and empty; with a TimeoutError, or the reason of the signal,
   * and then nothing is taken.
   */
  async get(options: WaitOptions = {}): Promise<T> {
    checkWait("Queue.get", options);
    const taken = this.#gets.length === 0 && this.#takeAhead();
    return taken ? taken.item as T : await this.#waitForItem(options);
  }

  /**
   * Closes the queue, for everybody: nothing more can be put, what is in it can
   * still be taken.
   */
  close(): void {
    this.#state.close();
    this.#send({ op: "close" });
  }

  /**
   * Takes item after item, until the queue is closed and empty.
   *
   * @returns The items, as they come.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    return iterate(
      (options) => this.get(options),
      (error) => error instanceof ChannelClosedError,
    );
  }

  /** How the queue prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Queue { size: ${this.size} }`;
  }

  /** Whether the store shares no memory with this thread. */
  get #isRemote(): boolean {
    return this.#wasRemote || this.#port.isRemote;
  }

  /** Counts an item in, if there is room and nobody else waits for it. */
  #enter(): boolean {
    if (this.#isRemote || this.#state.waiting > 0) return false;
    if (this.#shared.promised < 0) throw queueClosed();
    return this.#state.reserve(this.#shared);
  }

  /** Sends an item that was counted in. */
  #deliver(item: unknown, options: SendOptions): void {
    try {
      // It may have been closed before the store could see that this one comes.
      if (this.#state.isClosed) throw queueClosed();
      this.#port.sendNow(
        isImmutable(item) ? item as number : [item],
        options,
      );
    } catch (error) {
      this.#send({ op: "spare" });
      throw sendError(item, options.transfer ?? [], error);
    }
  }

  #waitForRoom(
    item: unknown,
    options: WaitOptions & SendOptions,
  ): Promise<void> {
    const waiting = waitFor<void>("Queue.put", options, (reason) => {
      this.#puts.remove(put);
      waiting.reject(reason);
    });
    const put = { waiting, item: copyValue(item, options) };
    this.#puts.push(put);
    this.#askForRoom();
    return waiting.promise;
  }

  #askForRoom(): void {
    if (this.#wantsRoom || this.#puts.length === 0) return;
    this.#wantsRoom = true;
    this.#send({ op: "room" });
  }

  /** Puts in what waits, as long as there is room. */
  #fill(): void {
    this.#wantsRoom = false;
    if (this.#puts.length === 0) return this.#send({ op: "spare" });
    do {
      const { item, waiting } = this.#puts.shift()!;
      try {
        this.#deliver(item, {});
        waiting.resolve();
      } catch (error) {
        waiting.reject(error);
      }
    } while (this.#puts.length > 0 && this.#enter());
    this.#askForRoom();
  }

  #waitForItem(options: WaitOptions): Promise<T> {
    const get: Get<T> = waitFor<T>("Queue.get", options, (reason) => {
      // Whether it was in time is for the store to say: so an item is either
      // taken or not, and stays in its order.
      get.gaveUp = { reason };
      if (this.#wantsItem) this.#send({ op: "cancel" });
    });
    this.#gets.push(get);
    if (this.#gets.length === 1) this.#empty();
    return get.promise;
  }

  /** Takes items for those who wait, as long as there are some here. */
  #empty(): void {
    while (this.#gets.length > 0 && !this.#wantsItem) {
      const taken = this.#takeAhead();
      if (taken) this.#gets.shift()!.resolve(taken.item as T);
      else {
        this.#wantsItem = true;
        this.#send({ op: "want" });
      }
    }
  }

  /** Takes an item that is here, unless it was taken elsewhere. */
  #takeAhead(): { item: unknown } | undefined {
    for (;;) {
      const { next } = this.#state;
      const index = (next - this.#first) | 0;
      if (index < 0 || index >= this.#ahead.length) break;
      if (!this.#state.claim(next)) continue;
      if (this.#state.callWaiting()) this.#send({ op: "look" });
      return { item: this.#ahead[index] };
    }
    this.#ahead = [];
    return undefined;
  }

  #receive(reply: QueueReply): void {
    switch (reply.kind) {
      case "size":
        this.#state.size = reply.size;
        return;
      case "room":
        return this.#fill();
      case "closed":
        this.#state.close();
        return this.#refusePuts();
      case "over":
        return this.#refuseGets();
      case "item":
        if (this.#isRemote) this.#send({ op: "taken" });
        else if (!this.#shared.arrive()) return;
        this.#ahead = reply.ahead;
        this.#first = reply.first;
        this.#gets.shift()!.resolve(reply.item as T);
        break;
      case "refused":
        this.#gets.shift()!.reject(new TypeError(reply.why));
        break;
      case "cancelled":
        this.#letGo();
        break;
    }
    this.#wantsItem = false;
    this.#empty();
  }

  /** Rejects the gets that were given up. */
  #letGo(): void {
    for (const get of this.#gets.drain()) {
      if (get.gaveUp) get.reject(get.gaveUp.reason);
      else this.#gets.push(get);
    }
  }

  #refusePuts(): void {
    this.#wantsRoom = false;
    for (const put of this.#puts.drain()) put.waiting.reject(queueClosed());
  }

  #refuseGets(): void {
    this.#wantsItem = false;
    for (const get of this.#gets.drain()) get.reject(queueClosed());
  }

  /** Notes that the store is gone. */
  #end(): void {
    this.#refusePuts();
    this.#refuseGets();
  }

  #send(request: QueueRequest): void {
    try {
      this.#port.sendNow(request);
    } catch {
      this.#end();
    }
  }
}

/** A get that waits. */
interface Get<T> extends PromiseWithResolvers<T> {
  gaveUp?: { readonly reason: unknown };
}

/** A put that waits, with a copy of its item. */
interface Put {
  readonly waiting: PromiseWithResolvers<void>;
  readonly item: unknown;
}

/** A Queue as it travels; to another process, without what memory it has. */
interface QueueWire extends Wire {
  readonly capacity: number;
  /** The end of a pipe; packed, unless it came from another process. */
  readonly link: Wire | Connection<unknown>;
  readonly linkCells?: Int32Array<SharedArrayBuffer>;
  readonly isRemote: boolean;
}
