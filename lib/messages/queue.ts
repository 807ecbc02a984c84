/**
 * A queue for many.
 *
 * The classes here also run on the far side, where they arrive as text: they
 * use globals and each other only, and what lib/host/far.ts sends with them.
 *
 * @module
 */

import { checkCount } from "../describe.ts";
import { Fifo } from "../fifo.ts";
import { ChannelClosedError, Connection, pipe } from "./pipe.ts";
import {
  copyValue,
  type Packing,
  realm,
  type SendOptions,
  type Wire,
} from "./travel.ts";
import { iterate, waitFor, type Waiting, type WaitOptions } from "./wait.ts";

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
    this.#store = new QueueStore(capacity);
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
    const taken = new Int32Array(new SharedArrayBuffer(4));
    this.#store.serve(ours, taken);
    const { wire: link, ports, lifeline, sent } = theirs.pack();
    const wire = { portable: "Queue", cells: this.#store.cells, link, taken };
    return { wire, ports, lifeline, sent };
  }

  /** How many items it holds that nobody has taken. */
  get size(): number {
    return Atomics.load(this.#store.cells, 0);
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
    await this.#ask("put", options, item).promise;
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
    return await this.#ask("get", options).promise as T;
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
      () => this.#ask("get", {}) as Waiting<T>,
      (error) => error instanceof ChannelClosedError,
    );
  }

  /** How the queue prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Queue { size: ${this.size} }`;
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
        } else waiting.reject(new ChannelClosedError("the queue is closed"));
      },
    };
    try {
      this.#store.ask(ask, options)?.catch(waiting.reject);
    } catch (error) {
      waiting.reject(error);
    }
    return waiting;
  }
}

/** Something that a producer or a consumer wants of a queue. */
interface QueueAsk {
  readonly op: "put" | "get";
  value: unknown;
  readonly answer: (outcome: QueueOutcome, value?: unknown) => void;
}

type QueueOutcome = "done" | "closed" | "cancelled" | "refused";

/** What goes through the pipe of a queue that was sent away. */
type QueueRequest =
  | {
    readonly op: "put" | "get";
    readonly id: number;
    readonly value?: unknown;
  }
  | { readonly op: "cancel"; readonly id: number }
  | { readonly op: "taken"; readonly id: number }
  | { readonly op: "close" }
  | {
    readonly op: "serve";
    readonly link: QueuePipe;
    readonly taken: Taken | undefined;
  };

/** What comes back: an answer, or news of the size. */
type QueueReply =
  | {
    readonly id: number;
    readonly outcome: QueueOutcome;
    readonly value?: unknown;
  }
  | { readonly size: number };

type QueuePipe = Connection<QueueReply, QueueRequest>;

/**
 * The number of the last item that arrived at the other end of a queue's pipe.
 * In shared memory it costs no message, and outlives a consumer that dies.
 * Another process, which shares none, has to send messages.
 */
type Taken = Int32Array<SharedArrayBuffer>;

/** A Queue as it travels. */
interface QueueWire extends Wire {
  /** The end of a pipe; packed, unless it came from another process. */
  readonly link: Wire | Connection<QueueRequest, QueueReply>;
  readonly taken: Taken;
}

/** The items of a queue, in the thread that made it. */
export class QueueStore {
  readonly cells = new Int32Array(new SharedArrayBuffer(4));
  readonly #capacity: number;
  readonly #items = new Fifo<unknown>();
  readonly #puts = new Fifo<QueueAsk>();
  readonly #gets = new Fifo<QueueAsk>();
  readonly #links = new Set<QueuePipe>();
  #isClosed = false;
  #isTellingSize = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Puts or takes an item of this thread's. */
  ask(ask: QueueAsk, options: SendOptions): undefined {
    if (ask.op === "put") ask.value = copyValue(ask.value, options);
    this.#enter(ask);
  }

  /** Answers "cancelled", unless the ask was answered before. */
  cancel(ask: QueueAsk): void {
    if (this.#puts.remove(ask) || this.#gets.remove(ask)) {
      ask.answer("cancelled");
    }
  }

  close(): void {
    this.#isClosed = true;
    for (let put; (put = this.#puts.shift());) put.answer("closed");
    this.#match();
  }

  /** Answers the requests that come through a pipe. */
  serve(
    link: QueuePipe,
    taken: Taken = new Int32Array(new SharedArrayBuffer(4)),
  ): void {
    this.#links.add(link);
    const asks = new Map<number, QueueAsk>();
    // What was sent to the consumer, and may not have arrived.
    const underway = new Map<number, unknown>();
    const forgetTaken = () => {
      for (const id of underway.keys()) {
        if (((id - Atomics.load(taken, 0)) | 0) > 0) break;
        underway.delete(id);
      }
    };
    const enter = (op: "put" | "get", id: number, value: unknown) => {
      const ask: QueueAsk = {
        op,
        value,
        answer: (outcome, value) => {
          asks.delete(id);
          if (op === "get" && outcome === "done") {
            forgetTaken();
            underway.set(id, value);
          }
          link.send({ id, outcome, value }).catch((error) => {
            // Its consumer is gone, or is a process that cannot have it; what it
            // was to get is not lost.
            if (!underway.delete(id)) return;
            const answer = { id, outcome: "refused", value: error.message };
            link.send(answer as QueueReply).catch(() => {});
            this.#putBack([value]);
          });
        },
      };
      asks.set(id, ask);
      this.#enter(ask);
    };
    link.subscribe((request) => {
      if (request.op === "put" || request.op === "get") {
        enter(request.op, request.id, request.value);
      } else if (request.op === "taken") Atomics.store(taken, 0, request.id);
      else if (request.op === "close") this.close();
      else if (request.op === "serve") this.serve(request.link, request.taken);
      else {
        const ask = asks.get(request.id);
        if (ask) this.cancel(ask);
      }
    }, () => {
      this.#links.delete(link);
      for (const ask of asks.values()) {
        this.#puts.remove(ask);
        this.#gets.remove(ask);
      }
      forgetTaken();
      this.#putBack([...underway.values()]);
      underway.clear();
    });
  }

  #enter(ask: QueueAsk): void {
    if (ask.op === "get") this.#gets.push(ask);
    else if (this.#isClosed) ask.answer("closed");
    else this.#puts.push(ask);
    this.#match();
  }

  #putBack(items: readonly unknown[]): void {
    if (items.length === 0) return;
    this.#items.unshift(items);
    this.#match();
  }

  /** Moves what can be moved: from puts to items, from items to gets. */
  #match(): void {
    for (;;) {
      if (this.#puts.length > 0 && this.#items.length < this.#capacity) {
        const put = this.#puts.shift()!;
        this.#items.push(put.value);
        // First who waits for an item: whoever put it may end everything then.
        this.#give();
        put.answer("done");
      } else if (!this.#give()) break;
    }
    if (this.#isClosed && this.#items.length === 0) {
      for (let get; (get = this.#gets.shift());) get.answer("closed");
    }
    const { length } = this.#items;
    if (Atomics.exchange(this.cells, 0, length) !== length) this.#tellSize();
  }

  /** Gives an item to who waits for one. */
  #give(): boolean {
    if (this.#items.length === 0 || this.#gets.length === 0) return false;
    this.#gets.shift()!.answer("done", this.#items.shift());
    return true;
  }

  /** Tells the size to other processes, once for all that happens in a turn. */
  #tellSize(): void {
    if (this.#isTellingSize || this.#links.size === 0) return;
    this.#isTellingSize = true;
    queueMicrotask(() => {
      this.#isTellingSize = false;
      for (const link of this.#links) {
        if (!link.isRemote) continue;
        link.send({ size: Atomics.load(this.cells, 0) }).catch(() => {});
      }
    });
  }
}

/** A queue's store, seen from another thread. */
export class QueueLink {
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly #link: Connection<QueueRequest, QueueReply>;
  readonly #asks = new Map<number, QueueAsk>();
  readonly #ids = new Map<QueueAsk, number>();
  #last = 0;

  constructor(wire: QueueWire) {
    this.cells = wire.cells;
    this.#link = wire.link instanceof Connection
      ? wire.link
      : Connection.unpack(wire.link) as Connection<QueueRequest, QueueReply>;
    this.#link.subscribe((reply) => {
      if ("size" in reply) {
        Atomics.store(this.cells, 0, reply.size);
        return;
      }
      const { id, outcome, value } = reply;
      const ask = this.#forget(id);
      if (!ask) return;
      if (ask.op === "get") this.#noteTaken(wire.taken, id);
      ask.answer(outcome, value);
    }, () => {
      for (const [id, ask] of this.#asks) {
        this.#forget(id);
        ask.answer("closed");
      }
    });
  }

  async ask(ask: QueueAsk, options: SendOptions): Promise<void> {
    const id = this.#last += 1;
    this.#asks.set(id, ask);
    this.#ids.set(ask, id);
    try {
      await this.#link.send({ op: ask.op, id, value: ask.value }, options);
    } catch (error) {
      this.#forget(id);
      throw error;
    }
  }

  cancel(ask: QueueAsk): void {
    const id = this.#ids.get(ask);
    if (id === undefined) return;
    this.#link.send({ op: "cancel", id }).catch(() => {});
  }

  close(): void {
    this.#link.send({ op: "close" }).catch(() => {});
  }

  serve(link: QueuePipe, taken: Taken): void {
    const shared = this.#link.isRemote ? undefined : taken;
    this.#link.send({ op: "serve", link, taken: shared }).catch(() => {});
  }

  #noteTaken(taken: Taken, id: number): void {
    Atomics.store(taken, 0, id);
    if (!this.#link.isRemote) return;
    this.#link.send({ op: "taken", id }).catch(() => {});
  }

  #forget(id: number): QueueAsk | undefined {
    const ask = this.#asks.get(id);
    this.#asks.delete(id);
    if (ask) this.#ids.delete(ask);
    return ask;
  }
}
