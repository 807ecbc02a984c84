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
import { ChannelClosedError, type Connection, pipe } from "./pipe.ts";
import {
  copyValue,
  isImmutable,
  type Packing,
  portablesIn,
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
  type Seen,
  Turns,
  waitForChange,
  type WaitOptions,
  waitUntil,
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
    Atomics.notify(this.cells, Room.#closed);
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

  /** What changes when the queue is closed. */
  get open(): Seen {
    return [Room.#closed, Atomics.load(this.cells, Room.#closed)];
  }

  /** What changes when there is room. */
  get full(): Seen {
    return [Room.#size, this.size];
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
  readonly #wants = new Set<Client>();
  /** Those in other threads. */
  readonly #links = new Map<StoreLink, Client>();
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
    this.#wants.add(client);
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
    let window = 1;
    const give = () => {
      const start = performance.now();
      this.#give(link, window);
      // Others may take what this one is sent: that has to cost little.
      const isQuick = performance.now() - start < 0.2;
      window = isQuick ? Math.min(2 * window, 1024) : Math.ceil(window / 2);
    };
    this.#links.set(link, { give });
    realm().watchers.add(this.#watch);
    const receive = (ask: unknown) => this.#receive(link, ask as Ask);
    link.subscribe(receive, () => this.#leave(link));
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
    for (const client of this.#wants) {
      const isThere = this.items.from(room.next, 1).length > 0;
      if (count-- <= 0 || !isThere && !room.isOver) return;
      this.#wants.delete(client);
      client.give();
    }
  }

  /** Sends copies of the next items. */
  #give(link: StoreLink, count: number): void {
    const first = this.room.next;
    const copies = this.items.from(first, count);
    // What travels as itself cannot be in two places.
    const unique = copies.findIndex((item) => portablesIn(item).length > 0);
    const isGiven = unique === 0 && this.room.take(first);
    const items = unique < 0
      ? copies
      : copies.slice(0, Number(isGiven) || unique);
    try {
      link.sendNow({ first, items, isGiven });
    } catch {
      // It is gone: that will be noticed.
      if (isGiven) this.#putBack(items[0]);
    }
  }

  /** Puts in an item that nobody got. */
  #putBack(item: unknown): void {
    this.room.leave(-1);
    this.add(item);
  }

  #leave(link: StoreLink): void {
    this.#wants.delete(this.#links.get(link)!);
    this.#links.delete(link);
    if (this.#links.size === 0) realm().watchers.delete(this.#watch);
    // From now on it can promise no more.
    this.room.leave(Atomics.exchange(link.spare, 0, -(2 ** 30)));
    link.close();
    this.#match(Infinity);
  }
}

/**
 * A queue for many producers and many consumers, in main and in workers.
 *
 * Each item is delivered once. The items of one producer stay in their order.
 * What is on its way to a process that ends is put in again, behind the others, if
 * the queue is still open. An item with a connection in it is put in again, too,
 * if it was on its way to a worker whose `get` has given up.
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
 */
export class Queue<T> implements AsyncIterable<T> {
  #room: Room;
  /** The store, where it is in this thread, or what leads to it. */
  #store: Store | undefined;
  #link: Link | undefined;
  /** Items that may be taken from here: the store's, or copies of some. */
  #items: Numbered;
  /** Items that are taken already. */
  readonly #given = new Fifo<unknown>();
  readonly #gets = new Turns();
  readonly #puts = new Turns();
  /** Resolves when the store has told something. */
  #news = Promise.withResolvers<void>();
  /** Whether the store knows that somebody waits here. */
  #isAsked = false;
  readonly #client: Client = { give: () => this.#wake() };

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
    this.#wake();
  }

  /** How many items it holds that nobody has taken. */
  get size(): number {
    return Math.max(this.#room.size, 0);
  }

  /**
   * Puts an item in; waits while the queue is full.
   *
   * @param item The item; it is copied.
   * @param options How long to wait, and what to move instead of copying: no
   * MessagePort, which could not go on to another thread.
   * @returns A promise that resolves once the item is in. It rejects with a
   * ChannelClosedError if the queue is closed; with a TimeoutError, or the reason
   * of the signal, and then the item is not in; with a TypeError that names the
   * part that cannot be sent.
   */
  async put(item: T, options: WaitOptions & SendOptions = {}): Promise<void> {
    checkWait("Queue.put", options);
    checkTransfer("Queue.put", options.transfer);
    this.#checkOpen();
    if (this.#puts.isEmpty && this.#room.enter(this.#link)) {
      return this.#deliver(item, options);
    }
    const copy = copyValue(item, options);
    await this.#puts.take("Queue.put", options, async (waiting) => {
      const look = () => this.#lookForRoom();
      await waitUntil(this.#room.cells, look, waiting);
      this.#deliver(copy, {});
    });
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
    const taken = this.#gets.isEmpty ? this.#take() : undefined;
    if (taken) return taken.item as T;
    const wait = (waiting: Promise<never>) => this.#waitForItem(waiting);
    return await this.#gets.take("Queue.get", options, wait) as T;
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
    const receive = (told: unknown) => this.#receive(told as Told);
    link.subscribe(receive, () => this.#wake());
    link.look();
  }

  /** Puts in an item that was counted in. */
  #deliver(item: unknown, options: SendOptions): void {
    try {
      // It may have been closed before the store could see that this one comes.
      this.#checkOpen();
      if (this.#store) return this.#store.add(copyValue(item, options));
      const ask = isImmutable(item) ? item as number : [item] as const;
      this.#link!.sendNow(ask, options);
    } catch (error) {
      this.#room.retreat(this.#link);
      const { transfer = [] } = options;
      throw this.#store ? error : refusal(item, transfer, "value") ?? error;
    }
  }

  /** Counts an item in, or tells what a put waits for. */
  #lookForRoom(): Seen | undefined {
    this.#checkOpen();
    // Read first: no change is missed from then on.
    const { full } = this.#room;
    if (this.#room.enter(this.#link)) return undefined;
    this.#askToLook();
    return full;
  }

  async #waitForItem(waiting: Promise<never>): Promise<unknown> {
    for (;;) {
      const { open } = this.#room;
      const taken = this.#take();
      if (taken) return taken.item;
      if (this.#room.isOver) throw queueClosed();
      this.#checkReached();
      const news = Promise.race([this.#news.promise, waiting]);
      if (this.#store) this.#store.want(this.#client);
      else if (!this.#isAsked) this.#ask({ op: "want" });
      // What has not come by now may be with a thread that is busy, or has ended.
      else if (this.#room.size > 0) this.#askToLook();
      this.#isAsked = true;
      await waitForChange(this.#room.cells, ...open, news);
    }
  }

  /** Takes an item that is here. */
  #take(): { item: unknown } | undefined {
    if (this.#given.length > 0) return { item: this.#given.shift() };
    for (;;) {
      const { next } = this.#room;
      const found = this.#items.from(next, 1);
      if (found.length === 0) return undefined;
      if (this.#room.take(next)) return { item: found[0] };
    }
  }

  #receive({ first, items, isGiven }: Told): void {
    this.#isAsked = false;
    if (!isGiven) this.#items = new Numbered(first, items);
    else if (!this.#gets.isEmpty) this.#given.push(items[0]);
    // Whoever asked for it has given up.
    else this.put(items[0] as T).catch(() => {});
    this.#wake();
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  #checkOpen(): void {
    if (this.#room.isClosed) throw queueClosed();
    this.#checkReached();
  }

  /** Checks that the store can be reached. */
  #checkReached(): void {
    this.#link?.look();
    if (!this.#link?.isOver) return;
    throw new ChannelClosedError(
      "the queue is closed here: the thread that made it, or the task that was " +
        "given it, has ended",
    );
  }

  #askToLook(): void {
    if (this.#store) this.#store.look();
    else this.#ask({ op: "look" });
  }

  #ask(ask: Ask): void {
    try {
      this.#link!.sendNow(ask);
    } catch {
      // That it cannot be reached is for who waits to notice.
    }
  }
}

/** The error of who comes too late. */
export function queueClosed(): ChannelClosedError {
  return new ChannelClosedError("the queue is closed");
}

/** What of this runs on the far side. */
export const queueParts = [
  () => [Room, Numbered, Store, Queue, queueClosed],
];
