/**
 * Message passing: a pipe between two ends, and a queue for many.
 *
 * The classes here also run on the far side, where they arrive as text: they
 * use globals and each other only, and what lib/host/far.ts sends with them.
 *
 * @module
 */

import { checkCount } from "./describe.ts";
import { Fifo } from "./fifo.ts";
import { toProcess, whyNotCarried, whyNotCloned } from "./host/clone.ts";
import {
  type Lifeline,
  noteSent,
  type Packing,
  packValue,
  realm,
  unpackValue,
  type Wire,
} from "./host/portable.ts";
import { portableClasses } from "./host/portables.ts";
import { waitFor, type WaitOptions } from "./messages/wait.ts";

export type { WaitOptions };

/** The other end of a channel is closed, or this one is. */
export class ChannelClosedError extends Error {
  /** `"ChannelClosedError"`. */
  override readonly name = "ChannelClosedError";
}

/** Options of sending. */
export interface SendOptions {
  /** What of the value to move instead of copying. */
  readonly transfer?: readonly Transferable[];
}

/**
 * Makes a channel with two ends; what is sent into one comes out of the other,
 * copied, in the order in which it was sent.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FunctionWorker, pipe } from "../mod.ts";
 *
 * const [here, there] = pipe<string, number>();
 * const worker = new FunctionWorker(async (connection: typeof there) => {
 *   for await (const text of connection) await connection.send(text.length);
 * }, { args: [there] });
 * worker.start();
 * await here.send("hello");
 * assertEquals(await here.recv(), 5);
 * here.close();
 * await worker.join();
 * ```
 *
 * @typeParam A What the first end sends.
 * @typeParam B What the second end sends.
 * @returns The two ends.
 */
export function pipe<A, B = A>(): [Connection<A, B>, Connection<B, A>] {
  const { port1, port2 } = new MessageChannel();
  const cells = new Int32Array(new SharedArrayBuffer(4 * 7));
  const end = (side: number, port: MessagePort) => {
    return { portable: "Connection", cells, side, port };
  };
  return [
    Connection.unpack(end(0, port1)) as Connection<A, B>,
    Connection.unpack(end(1, port2)) as Connection<B, A>,
  ];
}

/** A Connection as it travels. */
interface ConnectionWire extends Wire {
  readonly side: number;
  readonly port: MessagePort;
}

/**
 * One end of a channel; `pipe()` makes two.
 *
 * It may be given to a FunctionWorker or a pool's task, or sent through another
 * connection, before anything was received from it; it works there, and no
 * longer here. A worker that ends closes the ends it has.
 *
 * @typeParam Sent What is sent.
 * @typeParam Received What is received.
 */
export class Connection<Sent, Received = Sent>
  implements Disposable, AsyncIterable<Received> {
  // Memory that both ends see. A message that says "closed" would not do: a
  // worker that dies cannot send it, and others have to write it down.
  static readonly #closed = 0; // whether a side is closed, one cell a side
  static readonly #count = 2; // how many messages it has sent
  static readonly #owner = 4; // the thread that has it
  static readonly #process = 6; // whether the pipe leads to another process

  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #side: number;
  readonly #port: MessagePort & { ref?(): void; unref?(): void };
  readonly #queued = new Fifo<unknown>();
  readonly #waiting = new Fifo<PromiseWithResolvers<Received>>();
  #subscriber:
    | { onValue: (value: Received) => void; onEnd: () => void }
    | undefined;
  #received = 0;
  #listening = false;
  /** A timer that keeps the program running. */
  #alive: ReturnType<typeof setInterval> | undefined;
  #isLettingGo = false;
  #state: "open" | "closed" | "moved" = "open";

  /** @internal */
  private constructor(wire: ConnectionWire) {
    this.#cells = wire.cells;
    this.#side = wire.side;
    this.#port = wire.port;
    const { agent, onArrival } = realm();
    realm().hasPortables = true;
    Atomics.store(this.#cells, Connection.#owner + this.#side, agent);
    onArrival(this.#lifeline());
  }

  /**
   * Makes a connection of what it was packed into.
   *
   * @internal
   * @param wire The connection as it travelled.
   * @returns The connection.
   */
  static unpack(wire: Wire): Connection<unknown> {
    return new Connection(wire as ConnectionWire);
  }

  /**
   * Closes the end that a thread had when it ended.
   *
   * @internal
   * @param wire What the thread had been given.
   * @param agent The thread.
   */
  static abandon({ cells, side = 0 }: Lifeline, agent: number): void {
    if (Atomics.load(cells, Connection.#owner + side) !== agent) return;
    Atomics.store(cells, Connection.#closed + side, 1);
    Atomics.notify(cells, Connection.#closed + side);
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): true {
    return true;
  }

  /**
   * Packs the connection, to be sent.
   *
   * @internal
   * @returns What it is packed into.
   */
  pack(): Packing {
    this.#checkOpen("sent");
    if (this.#listening) {
      throw new Error(
        "a connection that has received something here cannot be sent away: " +
          "Deno cannot move a port that it listens to",
      );
    }
    const wire = {
      portable: "Connection",
      cells: this.#cells,
      side: this.#side,
      port: this.#port,
    };
    const sent = (receiver: number) => {
      this.#state = "moved";
      const owner = Connection.#owner + this.#side;
      // Whoever receives it may have written itself down already.
      Atomics.compareExchange(this.#cells, owner, realm().agent, receiver);
    };
    return { wire, ports: [this.#port], lifeline: this.#lifeline(), sent };
  }

  /**
   * Sends a value; it is copied, and this does not wait until it is received.
   *
   * @param value What to send.
   * @param options What of it to move instead of copying.
   * @returns A promise that resolves once the value is on its way. It rejects
   * with a TypeError that names the part that cannot be sent, and with a
   * ChannelClosedError if either end is closed.
   */
  send(value: Sent, options: SendOptions = {}): Promise<void> {
    try {
      this.#checkOpen("used");
      if (this.#isClosed(1 - this.#side)) {
        throw new ChannelClosedError("the other end of the pipe is closed");
      }
      const other = Connection.#owner + 1 - this.#side;
      const receiver = Atomics.load(this.#cells, other);
      if (this.leadsToProcess) checkCarried(value);
      post(this.#port, value, options, receiver);
      // Counted after it was posted: a count of what never arrives would keep
      // the other end waiting.
      Atomics.add(this.#cells, Connection.#count + this.#side, 1);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives the next value.
   *
   * @param options How long to wait.
   * @returns The value. The promise rejects with a ChannelClosedError once the
   * other end is closed and all it sent was received; with a TimeoutError; with
   * the reason of the signal. After a timeout, nothing is lost.
   */
  recv(options: WaitOptions = {}): Promise<Received> {
    try {
      this.#checkOpen("used");
      this.#listen();
      const waiting = waitFor<Received>(
        "Connection.recv",
        options,
        (reason) => {
          this.#waiting.remove(waiting);
          this.#hold();
          waiting.reject(reason);
        },
      );
      if (this.#queued.length > 0) {
        waiting.resolve(this.#queued.shift() as Received);
      } else {
        this.#waiting.push(waiting);
        this.#hold();
        this.#end();
      }
      return waiting.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Closes this end. What was sent can still be received at the other end, whose
   * iteration then ends.
   */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    Atomics.store(this.#cells, Connection.#closed + this.#side, 1);
    Atomics.notify(this.#cells, Connection.#closed + this.#side);
    this.#port.close();
    this.#rejectAll("the connection is closed");
    this.#hold();
  }

  /**
   * Receives value after value, until the other end is closed.
   *
   * @returns The values, as they come.
   */
  [Symbol.asyncIterator](): AsyncGenerator<Received, void, void> {
    const left = new AbortController();
    const values = this.#values(left.signal);
    // A generator would first wait for the value that it is asked for, and that
    // value would be lost.
    const leave = values.return.bind(values);
    values.return = () => {
      left.abort();
      return leave();
    };
    return values;
  }

  async *#values(left: AbortSignal): AsyncGenerator<Received, void, void> {
    for (;;) {
      let value: Received;
      try {
        value = await this.recv({ signal: left });
      } catch (error) {
        const isClosed = error instanceof ChannelClosedError &&
          this.#state === "open";
        if (isClosed || left.aborted) return;
        throw error;
      }
      yield value;
    }
  }

  /** Closes the connection, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** How the connection prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Connection { state: "${this.#state}" }`;
  }

  /**
   * Has a function called with each value, instead of `recv`.
   *
   * @internal
   * @param onValue Called with each value.
   * @param onEnd Called once nothing more can come.
   */
  subscribe(onValue: (value: Received) => void, onEnd: () => void): void {
    this.#subscriber = { onValue, onEnd };
    this.#listen();
    this.#end();
  }

  /**
   * Whether what is sent goes to another process.
   *
   * @internal
   */
  get leadsToProcess(): boolean {
    return Atomics.load(this.#cells, Connection.#process) !== 0;
  }

  /**
   * How many values the other end has sent that have not arrived.
   *
   * @internal
   */
  get backlog(): number {
    const sent = Atomics.load(this.#cells, Connection.#count + 1 - this.#side);
    // The counts may pass 2 ** 31; their difference tells all the same.
    return (sent - this.#received) | 0;
  }

  /**
   * Notes that the pipe leads to another process.
   *
   * @internal
   */
  joinProcess(): void {
    Atomics.store(this.#cells, Connection.#process, 1);
  }

  #lifeline(): Lifeline {
    const side = this.#side;
    return { portable: "Connection", cells: this.#cells, side };
  }

  #checkOpen(what: string): void {
    if (this.#state === "moved") {
      throw new ChannelClosedError(
        `the connection was sent away, and cannot be ${what} here any more`,
      );
    }
    if (this.#state === "closed") {
      throw new ChannelClosedError("the connection is closed");
    }
  }

  #isClosed(side: number): boolean {
    return Atomics.load(this.#cells, Connection.#closed + side) !== 0;
  }

  /** The other end is closed, and all that it sent has arrived. */
  #isAtEnd(): boolean {
    return this.#isClosed(1 - this.#side) && this.backlog <= 0;
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#port.onmessage = ({ data }) => {
      if (this.#state !== "open") return;
      this.#received += 1;
      const value = receive(data) as Received;
      const waiting = this.#waiting.shift();
      if (this.#subscriber) this.#subscriber.onValue(value);
      else if (waiting) waiting.resolve(value);
      else this.#queued.push(value);
      this.#hold();
      this.#end();
    };
    this.#port.unref?.();
    const other = Connection.#closed + 1 - this.#side;
    const { async: pending, value } = Atomics.waitAsync(this.#cells, other, 0);
    if (pending) void value.then(() => this.#end());
  }

  /** Tells those who wait that nothing more comes, if that is so. */
  #end(): void {
    if (this.#state !== "open" || !this.#isAtEnd()) return;
    this.#rejectAll("the other end of the pipe is closed");
    this.#hold();
    this.#subscriber?.onEnd();
    this.#subscriber = undefined;
  }

  #rejectAll(message: string): void {
    for (let waiting; (waiting = this.#waiting.shift());) {
      waiting.reject(new ChannelClosedError(message));
    }
  }

  /** A connection keeps its program running only while something waits. */
  #hold(): void {
    const isNeeded = this.#state === "open" && this.#waiting.length > 0;
    if (isNeeded) this.#alive ??= setInterval(() => {}, 2 ** 30);
    else if (!this.#isLettingGo) {
      // Whoever received a value mostly waits for the next one at once, and to
      // let go in between would cost more than the message.
      this.#isLettingGo = true;
      setTimeout(() => {
        this.#isLettingGo = false;
        if (this.#state === "open" && this.#waiting.length > 0) return;
        clearInterval(this.#alive);
        this.#alive = undefined;
        // A worker runs until it is ended, held or not.
        if (this.#state !== "open" || "WorkerGlobalScope" in globalThis) return;
        // From Deno 2.9 on, each message makes the port hold the program again,
        // and an unref() counts only after a ref(). In 2.8 that pair would
        // undo the unref() of #listen.
        if (Deno.version.deno.startsWith("2.8.")) return;
        this.#port.ref?.();
        this.#port.unref?.();
      });
    }
  }
}

/**
 * Posts a value, with its portable objects packed.
 *
 * @param port Where to.
 * @param value The value.
 * @param options What of it to move.
 * @param receiver The thread that has the other end, or 0.
 * @throws {TypeError} If a part of the value cannot be sent; it is named.
 */
export function post(
  port: MessagePort,
  value: unknown,
  { transfer = [] }: SendOptions,
  receiver: number,
): void {
  const packed = packValue(value);
  const moved = [...transfer, ...packed?.ports ?? []];
  // What is no object needs no wrapping (but undefined, which would arrive as
  // null); that, and a list of nothing to move, would make a short message a
  // fifth slower.
  const isBare = value === null ||
    (typeof value !== "object" && value !== undefined);
  const message = packed ? [packed.value, true] : isBare ? value : [value];
  try {
    if (moved.length > 0) port.postMessage(message, moved);
    else port.postMessage(message);
  } catch (error) {
    throw sendError(packed ? packed.value : value, moved, error);
  }
  if (packed) noteSent(packed.packings, receiver);
}

/**
 * Refuses what another process cannot have, though a thread could.
 *
 * @param value What is to be sent.
 * @throws {TypeError} If a part of the value cannot be sent; it is named.
 */
export function checkCarried(value: unknown): void {
  if (whyNotCarried(value) === undefined) return;
  const why = whyNotCloned(value, "value", [], toProcess());
  if (why) throw new TypeError(why);
}

/**
 * Takes a value out of a message that `post` made.
 *
 * @param message The message.
 * @returns The value, with its portable objects working.
 */
export function receive(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  const [value, isPacked] = message as [unknown, boolean?];
  return isPacked ? unpackValue(value, portableClasses()) : value;
}

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
 * import { Pool, Queue } from "../mod.ts";
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
    await this.#ask("put", options, item);
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
    return await this.#ask("get", options) as T;
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
    const left = new AbortController();
    const items = this.#items(left.signal);
    // A generator would first wait for the item that it is asked for, and that
    // item would be lost.
    const leave = items.return.bind(items);
    items.return = () => {
      left.abort();
      return leave();
    };
    return items;
  }

  async *#items(left: AbortSignal): AsyncGenerator<T, void, void> {
    for (;;) {
      let item: T;
      try {
        item = await this.get({ signal: left });
      } catch (error) {
        if (error instanceof ChannelClosedError || left.aborted) return;
        throw error;
      }
      yield item;
    }
  }

  /** How the queue prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Queue { size: ${this.size} }`;
  }

  async #ask(
    op: "put" | "get",
    options: WaitOptions & SendOptions,
    value?: unknown,
  ): Promise<unknown> {
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
      await this.#store.ask(ask, options);
    } catch (error) {
      waiting.reject(error);
    }
    return await waiting.promise;
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
  ask(ask: QueueAsk, options: SendOptions): void {
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
        put.answer("done");
      } else if (this.#items.length > 0 && this.#gets.length > 0) {
        this.#gets.shift()!.answer("done", this.#items.shift());
      } else break;
    }
    if (this.#isClosed && this.#items.length === 0) {
      for (let get; (get = this.#gets.shift());) get.answer("closed");
    }
    const { length } = this.#items;
    if (Atomics.exchange(this.cells, 0, length) !== length) this.#tellSize();
  }

  /** Tells the size to other processes, once for all that happens in a turn. */
  #tellSize(): void {
    if (this.#isTellingSize || this.#links.size === 0) return;
    this.#isTellingSize = true;
    queueMicrotask(() => {
      this.#isTellingSize = false;
      for (const link of this.#links) {
        if (!link.leadsToProcess) continue;
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
    const shared = this.#link.leadsToProcess ? undefined : taken;
    this.#link.send({ op: "serve", link, taken: shared }).catch(() => {});
  }

  #noteTaken(taken: Taken, id: number): void {
    Atomics.store(taken, 0, id);
    if (!this.#link.leadsToProcess) return;
    this.#link.send({ op: "taken", id }).catch(() => {});
  }

  #forget(id: number): QueueAsk | undefined {
    const ask = this.#asks.get(id);
    this.#asks.delete(id);
    if (ask) this.#ids.delete(ask);
    return ask;
  }
}

/** Copies a value as sending would. */
export function copyValue(
  value: unknown,
  { transfer = [] }: SendOptions,
): unknown {
  const packed = packValue(value);
  const moved = [...transfer, ...packed?.ports ?? []];
  let copy;
  try {
    copy = structuredClone(packed ? packed.value : value, { transfer: moved });
  } catch (error) {
    throw sendError(packed ? packed.value : value, moved, error);
  }
  if (packed) noteSent(packed.packings, realm().agent);
  return packed ? unpackValue(copy, portableClasses()) : copy;
}

/** Names the part of a value that cannot be sent. */
export function sendError(
  value: unknown,
  moved: readonly unknown[],
  error: unknown,
): unknown {
  const why = whyNotCloned(value, "value", moved);
  return why ? new TypeError(why) : error;
}
