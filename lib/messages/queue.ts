/**
 * A queue for many.
 *
 * The thread that made a queue stores its items, by number. Which number is to be
 * taken next, and how many items there are, stands in memory that all share: so
 * a producer that finds room sends its item without asking; and a consumer is sent
 * copies of several items at once, and takes the one whose number it can count up.
 * What it has not taken when it ends, or is busy, is still in the store.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { checkCount, checkOptions, checkTransfer } from "../describe.ts";
import { Fifo } from "../fifo.ts";
import { endedError, forget, give, isEnded, realm } from "./life.ts";
import { ChannelClosedError, Connection, pipe } from "./pipe.ts";
import {
  copyValue,
  hasPortable,
  isImmutable,
  type Packing,
  refusal,
  register,
  type SendOptions,
  sharedCells,
  Travel,
  type Wire,
} from "./travel.ts";
import {
  checkWait,
  iterate,
  waitFor,
  waitForChange,
  type WaitOptions,
  Watch,
} from "./wait.ts";

/** Options of a Queue. */
export interface QueueOptions {
  /** How many items it holds at most; without it, as many as are put. */
  readonly capacity?: number;
}

/** What one who has a queue sends its store: an item it has counted in, or … */
type Ask =
  // A short message takes half the time.
  | number
  | string
  | boolean
  | readonly [item: unknown]
  /** `want`: whatever comes next; `look`: whether all the others still live. */
  | { readonly op: "want" | "look" }
  | { readonly op: "serve"; readonly link: StoreLink };

/** What the store sends: copies of items, or one that is taken already. */
interface Told {
  /** The number of the first item. */
  readonly first: number;
  readonly items: unknown[];
  readonly isGiven: boolean;
}

/** The ends of a pipe between one who has a queue and the store. */
type Link = Connection<Ask, Told>;
type StoreLink = Connection<Told, Ask>;

/** What all who have a queue know of it. */
export class Room {
  static readonly #size = 0; // how many items nobody has taken
  static readonly #closed = 1; // whether it is closed
  static readonly #next = 2; // the number of the next item to be taken

  constructor(
    readonly capacity: number,
    readonly cells = sharedCells("Queue", 3),
  ) {}

  get size(): number {
    return Atomics.load(this.cells, Room.#size);
  }

  get next(): number {
    return Atomics.load(this.cells, Room.#next);
  }

  get isClosed(): boolean {
    return Atomics.load(this.cells, Room.#closed) !== 0;
  }

  /** Whether nothing is in it, nor can come. */
  get isOver(): boolean {
    return this.isClosed && this.size <= 0;
  }

  close(): void {
    Atomics.store(this.cells, Room.#closed, 1);
    Atomics.notify(this.cells, Room.#size);
  }

  /**
   * Counts an item in, if there is room; whoever reaches the store through a link
   * promises it there, so that the store can count it out if it never comes.
   */
  enter(link: Link | undefined): boolean {
    const { cells } = this;
    for (let size; (size = this.size) < this.capacity;) {
      if (isEnded()) throw endedError();
      const found = Atomics.compareExchange(cells, Room.#size, size, size + 1);
      if (found !== size) continue;
      if (!link || Atomics.add(link.spare, 0, 1) >= 0) return true;
      // The store has given this thread up.
      this.leave(1);
      throw endedError();
    }
    return false;
  }

  /** Counts an item out that was counted in, and will not come. */
  retreat(link: Link | undefined): void {
    if (!link || Atomics.sub(link.spare, 0, 1) > 0) this.leave(1);
  }

  /** Counts items out; whoever waits for room looks. */
  leave(count: number): void {
    Atomics.sub(this.cells, Room.#size, count);
    Atomics.notify(this.cells, Room.#size);
  }

  /** Takes the item of a number, if it is the next. */
  take(number: number): boolean {
    if (isEnded()) throw endedError();
    const { cells } = this;
    const after = number + 1 | 0;
    const found = Atomics.compareExchange(cells, Room.#next, number, after);
    if (found !== number) return false;
    if (isEnded()) {
      Atomics.compareExchange(cells, Room.#next, after, number);
      throw endedError();
    }
    this.leave(1);
    return true;
  }

  /** Waits until there may be room, or `over` resolves. */
  async wait(over: Promise<never>): Promise<void> {
    const { size } = this;
    if (size < this.capacity || this.isClosed) return;
    await waitForChange(this.cells, Room.#size, size, over);
  }
}

/** Items with numbers that follow each other. */
export class Numbered {
  readonly #items = new Fifo<unknown>();
  #first: number;

  constructor(first: number, items: readonly unknown[]) {
    this.#first = first;
    for (const item of items) this.#items.push(item);
  }

  push(item: unknown): void {
    this.#items.push(item);
  }

  /** Some items from a number on, at most; those before it are let go. */
  from(number: number, count: number): unknown[] {
    // The last one stays: who took it may have been ended, and give it back.
    for (; (number - this.#first | 0) > 1; this.#first = this.#first + 1 | 0) {
      this.#items.shift();
    }
    const index = number - this.#first | 0;
    return index < 0 ? [] : this.#items.slice(index, index + count);
  }
}

/** One who has a queue, as its store sees it. */
interface Client {
  /** Told that there is an item, or that none will come. */
  give(): void;
}

/** The items of a queue, in the thread that made it. */
export class Store {
  readonly room: Room;
  readonly items = new Numbered(0, []);
  /** Those who wait for an item. */
  readonly #wants = new Fifo<Client>();
  /** Those in other threads, and how many items each may be sent at once. */
  readonly #links = new Map<StoreLink, Client & { window: number }>();
  readonly #watch = () => this.look();

  constructor(room: Room) {
    this.room = room;
  }

  /** Takes an item that was counted in. */
  add(item: unknown): void {
    this.items.push(item);
    this.#match(1);
  }

  /** Notes that somebody waits for an item. */
  want(client: Client): void {
    this.#wants.remove(client);
    this.#wants.push(client);
    this.#match(1);
  }

  /** Looks whether all live, and wakes those who wait. */
  look(): void {
    for (const link of [...this.#links.keys()]) link.look();
    this.#match(Infinity);
  }

  /** Serves one in another thread. */
  serve(link: StoreLink): void {
    // It is not the task's that runs here.
    forget(link);
    const client = { window: 1, give: () => this.#give(link, client) };
    this.#links.set(link, client);
    realm().watchers.add(this.#watch);
    link.subscribe(
      (ask) => this.#receive(link, ask as Ask),
      () => this.#leave(link),
    );
    link.look();
  }

  #receive(link: StoreLink, ask: Ask): void {
    if (typeof ask === "object" && "op" in ask) {
      if (ask.op === "serve") this.serve(ask.link);
      else if (ask.op === "look") this.look();
      else this.want(this.#links.get(link)!);
      return;
    }
    Atomics.sub(link.spare, 0, 1);
    this.add(typeof ask === "object" ? ask[0] : ask);
  }

  /** Has some of those who wait take what there is. */
  #match(count: number): void {
    const { room } = this;
    while (this.#wants.length > 0 && count-- > 0) {
      const isThere = this.items.from(room.next, 1).length > 0;
      if (!isThere && !room.isOver) return;
      this.#wants.shift()!.give();
    }
  }

  /** Sends copies of the next items, as many as cost little. */
  #give(link: StoreLink, client: Client & { window: number }): void {
    const { room } = this;
    const first = room.next;
    const copies = this.items.from(first, client.window);
    // What travels as itself cannot be in two places.
    const unique = copies.findIndex(hasPortable);
    const isGiven = unique === 0;
    if (isGiven && !room.take(first)) return this.want(client);
    const items = unique < 0 ? copies : copies.slice(0, Math.max(unique, 1));
    const start = performance.now();
    try {
      link.sendNow({ first, items, isGiven });
    } catch {
      // It is gone: that will be noticed.
      if (isGiven) this.putBack(items[0]);
    }
    // Others may take what this one is sent: that has to cost little.
    const isQuick = performance.now() - start < 0.2;
    client.window = isQuick
      ? Math.min(2 * client.window, 1024)
      : Math.ceil(client.window / 2);
  }

  /** Puts in an item that nobody got. */
  putBack(item: unknown): void {
    this.room.leave(-1);
    this.add(item);
  }

  #leave(link: StoreLink): void {
    this.#wants.remove(this.#links.get(link)!);
    this.#links.delete(link);
    if (this.#links.size === 0) realm().watchers.delete(this.#watch);
    // From now on it can promise no more.
    const promised = Atomics.exchange(link.spare, 0, -(2 ** 30));
    this.room.leave(promised);
    link.close();
    this.#match(Infinity);
  }
}

/**
 * A queue for many producers and many consumers, in main and in workers.
 *
 * Each item is delivered once. The items of one producer stay in their order.
 * The items are kept by the thread that made the queue; a Queue that was sent
 * to another thread talks to it through a pipe, until the task that was given the
 * queue ends.
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
  #room: Room;
  /** The store, where it is in this thread, or what leads to it. */
  #store: Store | undefined;
  #link: Link | undefined;
  /** Items that may be taken from here: the store's, or copies of some. */
  #items: Numbered;
  /** Whether the store knows that somebody waits here. */
  #wants = false;
  readonly #gets = new Fifo<PromiseWithResolvers<T>>();
  readonly #puts = new Fifo<Put>();
  /** Resolves, for who waits for room, once no put waits any more. */
  #noPuts: PromiseWithResolvers<never> | undefined;
  readonly #client: Client = { give: () => this.#empty() };
  readonly #watch = new Watch(() => this.#look());

  static {
    register("Queue", (wire) => {
      const queue = new this({ capacity: wire.capacity as number });
      const cells = wire.cells as Int32Array<SharedArrayBuffer>;
      queue.#join(cells, wire.link as Wire);
      return queue;
    });
  }

  /**
   * Makes a queue.
   *
   * @param options How much it holds.
   * @throws {RangeError | TypeError} If the capacity is no whole number of at
   * least 1.
   * @throws {Error} Where threads cannot share memory.
   */
  constructor(options: QueueOptions = {}) {
    checkOptions("Queue", "new Queue({ capacity: 1 })", options);
    const { capacity = Infinity } = options;
    if (capacity !== Infinity) checkCount("Queue", "capacity", capacity);
    this.#room = new Room(capacity);
    this.#store = new Store(this.#room);
    this.#items = this.#store.items;
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): string {
    return "Queue";
  }

  /** @internal Packs the queue, to be sent; it goes on working here. */
  pack(): Packing {
    const [ours, theirs] = pipe<Told, Ask>();
    const { capacity, cells } = this.#room;
    const { wire: link, ports, sent, lost } = theirs.pack();
    return {
      wire: { kind: "Queue", capacity, cells, link },
      ports: ports!,
      lost: lost!,
      dropped: () => [ours, theirs].forEach((end) => end.close()),
      sent: (receiver) => {
        sent!(receiver);
        if (this.#store) this.#store.serve(ours);
        else this.#ask({ op: "serve", link: ours });
      },
    };
  }

  /** @internal Notes that the task that was given the queue has ended. */
  leave(): void {
    this.#link?.close();
    this.#end("the task that was given the queue has ended");
  }

  /** How many items it holds that nobody has taken. */
  get size(): number {
    return Math.max(this.#room.size, 0);
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
    checkTransfer("Queue.put", options.transfer);
    if (this.#room.isClosed) throw queueClosed();
    if (this.#puts.length === 0 && this.#room.enter(this.#link)) {
      this.#deliver(item, options);
    } else await this.#waitForRoom(copyValue(item, options), options);
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
    const taken = this.#gets.length === 0 ? this.#take() : undefined;
    if (taken) return taken.item as T;
    const get = waitFor<T>("Queue.get", options, (reason) => {
      this.#gets.remove(get);
      get.reject(reason);
    });
    this.#gets.push(get);
    this.#watch.start();
    if (this.#gets.length === 1) this.#empty();
    return await get.promise;
  }

  /**
   * Closes the queue, for everybody: nothing more can be put, what is in it can
   * still be taken.
   */
  close(): void {
    this.#room.close();
    this.#askToLook();
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

  /** Becomes a queue whose store is in another thread. */
  #join(cells: Int32Array<SharedArrayBuffer>, wire: Wire): void {
    this.#room = new Room(this.#room.capacity, cells);
    this.#store = undefined;
    this.#items = new Numbered(0, []);
    const link = Travel.kinds.get("Connection")!(wire) as Link;
    this.#link = link;
    forget(link);
    give(this);
    link.subscribe((told) => this.#receive(told as Told), () => this.#end());
    link.look();
  }

  /** Puts in an item that was counted in. */
  #deliver(item: unknown, options: SendOptions): void {
    try {
      // It may have been closed before the store could see that this one comes.
      if (this.#room.isClosed) throw queueClosed();
      if (this.#store) this.#store.add(copyValue(item, options));
      else {
        const ask = isImmutable(item) ? item as number : [item] as const;
        this.#link!.sendNow(ask, options);
      }
    } catch (error) {
      this.#room.retreat(this.#link);
      const { transfer = [] } = options;
      throw this.#store ? error : refusal(item, transfer, "value") ?? error;
    }
  }

  #waitForRoom(item: unknown, options: WaitOptions): Promise<void> {
    const waiting = waitFor<void>("Queue.put", options, (reason) => {
      this.#puts.remove(put);
      if (this.#puts.length === 0) this.#noPuts?.resolve(undefined as never);
      waiting.reject(reason);
    });
    const put = { waiting, item };
    this.#puts.push(put);
    void this.#fill();
    return waiting.promise;
  }

  /** Puts in what waits, as room comes. */
  async #fill(): Promise<void> {
    if (this.#noPuts) return;
    this.#noPuts = Promise.withResolvers<never>();
    for (; this.#puts.length > 0; await this.#room.wait(this.#noPuts.promise)) {
      while (this.#puts.length > 0 && this.#room.enter(this.#link)) {
        const { waiting, item } = this.#puts.shift()!;
        try {
          this.#deliver(item, {});
          waiting.resolve();
        } catch (error) {
          waiting.reject(error);
        }
      }
      if (this.#room.isClosed) this.#refusePuts(queueClosed());
      else if (this.#puts.length > 0) this.#look();
    }
    this.#noPuts = undefined;
  }

  /** Takes items for those who wait, as long as there are some. */
  #empty(): void {
    while (this.#gets.length > 0) {
      const taken = this.#take();
      if (!taken) break;
      this.#gets.shift()!.resolve(taken.item as T);
    }
    if (this.#gets.length === 0) return;
    if (this.#room.isOver) return this.#refuseGets(queueClosed());
    if (this.#store) this.#store.want(this.#client);
    else if (!this.#wants) {
      this.#wants = true;
      this.#ask({ op: "want" });
    }
  }

  /** Takes an item that is here. */
  #take(): { item: unknown } | undefined {
    for (;;) {
      const { next } = this.#room;
      const found = this.#items.from(next, 1);
      if (found.length === 0) return undefined;
      if (this.#room.take(next)) return { item: found[0] };
    }
  }

  #receive({ first, items, isGiven }: Told): void {
    this.#wants = false;
    if (!isGiven) this.#items = new Numbered(first, items);
    else if (this.#gets.length > 0) this.#gets.shift()!.resolve(items[0] as T);
    // Whoever asked for it has given up.
    else void this.put(items[0] as T).catch(() => {});
    this.#empty();
  }

  /** Looks, now and then, whether those that are waited for still live. */
  #look(): boolean {
    const waits = this.#gets.length + this.#puts.length > 0;
    // What has not come by now may be with a thread that is busy, or has ended.
    if (waits && (this.#room.size > 0 || this.#room.isClosed)) {
      this.#askToLook();
    }
    this.#link?.look();
    return waits;
  }

  #askToLook(): void {
    if (this.#store) this.#store.look();
    else this.#ask({ op: "look" });
  }

  #refusePuts(error: Error): void {
    for (const { waiting } of this.#puts.drain()) waiting.reject(error);
    this.#noPuts?.resolve(undefined as never);
  }

  #refuseGets(error: Error): void {
    for (const { reject } of this.#gets.drain()) reject(error);
  }

  /** Notes that the store is gone, or cannot be reached any more. */
  #end(message = "the queue is closed"): void {
    const error = new ChannelClosedError(message);
    this.#refusePuts(error);
    this.#refuseGets(error);
  }

  #ask(ask: Ask): void {
    try {
      this.#link!.sendNow(ask);
    } catch {
      this.#end();
    }
  }
}

/** A put that waits, with a copy of its item. */
interface Put {
  readonly waiting: PromiseWithResolvers<void>;
  readonly item: unknown;
}

/** The error of who comes too late. */
export function queueClosed(): ChannelClosedError {
  return new ChannelClosedError("the queue is closed");
}
