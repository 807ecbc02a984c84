/**
 * Synchronisation over shared memory: a lock, and a barrier.
 *
 * Whoever waits looks now and then whether those it waits for still live; so
 * nobody has to free what an ended thread held. It also runs on the far side.
 *
 * @module
 */

import { checkCount } from "./describe.ts";
import { endedError, isEnded, Life, realm } from "./messages/life.ts";
import { type Packing, register, sharedCells } from "./messages/travel.ts";
import {
  block,
  checkBlocking,
  checkWait,
  type Seen,
  Turns,
  waitFor,
  waitForChange,
  type WaitOptions,
  waitUntil,
} from "./messages/wait.ts";

/**
 * The thread that held a lock ended without releasing it. What the lock
 * protects may be half changed. The lock itself is free again.
 */
export class LockAbandonedError extends Error {
  /** `"LockAbandonedError"`. */
  override readonly name = "LockAbandonedError";
}

/** A thread that others wait for at a barrier has ended, or its task failed. */
export class BrokenBarrierError extends Error {
  /** `"BrokenBarrierError"`. */
  override readonly name = "BrokenBarrierError";
}

/**
 * The line of threads before a lock: a ticket lock (Mellor-Crummey and Scott,
 * 1991) in which the threads can be seen, so that the dead are passed over.
 *
 * Each ticket has a place, a cell. It says that the ticket can be had, or who has
 * it: the id of a thread, marked once the thread was called and once it holds the
 * lock; no id if it gave up. All changes are by compareExchange: for a thread
 * that was ended and passed over they fail.
 */
export class Line {
  static readonly #turn = 0; // the ticket whose turn it is
  static readonly #next = 1; // the next ticket that can be had
  static readonly #places = 64; // they follow
  // An id has less than 29 bits; the mark without one is of nobody.
  static readonly #isCalled = 2 ** 29;
  static readonly #holds = 2 ** 30;

  readonly cells: Int32Array<SharedArrayBuffer>;

  constructor(cells = sharedCells("Lock", 2 + Line.#places)) {
    this.cells = cells;
  }

  /** Who holds the lock: a thread, or 0. */
  get holder(): number {
    const found = this.#load(this.#placeOf(this.#load(Line.#turn)));
    return found > 0 && found & Line.#holds ? this.#idOf(found) : 0;
  }

  /** Takes a ticket; nothing if all are taken. */
  join(): number | undefined {
    const { thread } = realm();
    for (;;) {
      // Read first: from then on, the ticket's place was left by the one before.
      const turn = this.#load(Line.#turn);
      const ticket = this.#load(Line.#next);
      if ((ticket - turn | 0) >= Line.#places - 1) return undefined;
      const place = this.#placeOf(ticket);
      const found = this.#load(place);
      const isMine = this.#isFree(found, ticket) &&
        this.#change(place, found, thread);
      // Whoever has the ticket, it is not to be had any more.
      this.#change(Line.#next, ticket, ticket + 1 | 0);
      if (isMine) return ticket;
    }
  }

  /** Takes the lock if it is this thread's turn; tells whether it was. */
  enter(ticket: number): boolean {
    const { thread } = realm();
    for (;;) {
      const turn = this.#load(Line.#turn);
      const place = this.#placeOf(turn);
      const found = this.#load(place);
      if (found > 0 && this.#idOf(found) === thread) {
        if (found & Line.#holds) return false;
        if (!this.#change(place, found, thread | Line.#holds)) continue;
        // Another ticket of this thread serves as well: who has it may be unable
        // to run, while this one blocks the thread.
        if (turn !== ticket) this.leave(ticket);
        return true;
      }
      this.#advance();
      if (turn === this.#load(Line.#turn)) return false;
    }
  }

  /** What has to change before it is a ticket's turn, or before there is one. */
  seen(ticket: number | undefined): Seen {
    const cell = ticket === undefined ? Line.#turn : this.#placeOf(ticket);
    return [cell, this.#load(cell)];
  }

  /** Whether a ticket's turn is over. */
  isOver(ticket: number): boolean {
    return (this.#load(Line.#turn) - ticket | 0) > 0;
  }

  /** Gives a ticket up. */
  leave(ticket: number): void {
    const { thread } = realm();
    const place = this.#placeOf(ticket);
    this.#change(place, thread, Line.#isCalled) ||
      this.#change(place, thread | Line.#isCalled, Line.#isCalled);
    this.#advance();
  }

  /** Frees the lock, if this thread holds it; tells whether it did. */
  free(): boolean {
    const turn = this.#load(Line.#turn);
    const mine = realm().thread | Line.#holds;
    const place = this.#placeOf(turn);
    if (!this.#change(place, mine, this.#left(turn, false))) return false;
    this.#advance();
    return true;
  }

  /** Whether the one before this thread, which holds the lock, died holding it. */
  get wasAbandoned(): boolean {
    return this.#wasAbandoned(this.#load(Line.#turn));
  }

  /** Lets timers and messages have a turn, which a promise would not. */
  async pause(waiting: Promise<never>): Promise<void> {
    const turn = this.#load(Line.#turn);
    const pause = waitForChange(this.cells, Line.#turn, turn, waiting);
    Atomics.notify(this.cells, Line.#turn);
    await pause;
  }

  /** Passes over who has left, gave up or has ended, and calls who is next. */
  #advance(): void {
    for (;;) {
      const turn = this.#load(Line.#turn);
      const place = this.#placeOf(turn);
      const found = this.#load(place);
      if (turn !== this.#load(Line.#turn)) continue;
      if (this.#isFree(found, turn)) return;
      if (found <= 0) this.#change(Line.#turn, turn, turn + 1 | 0);
      else if (realm().life.isAlive(this.#idOf(found))) {
        if (found < Line.#isCalled) this.#call(place, found);
        return;
      } else {
        const wasAbandoned = found >= Line.#holds || this.#wasAbandoned(turn);
        this.#change(place, found, this.#left(turn, wasAbandoned));
      }
    }
  }

  #call(place: number, thread: number): void {
    if (!this.#change(place, thread, thread | Line.#isCalled)) return;
    Atomics.notify(this.cells, place);
  }

  #wasAbandoned(turn: number): boolean {
    const before = turn - 1 | 0;
    return this.#load(this.#placeOf(before)) === this.#left(before, true);
  }

  /** Whether a place says that its ticket can be had. */
  #isFree(found: number, ticket: number): boolean {
    const before = ticket - Line.#places | 0;
    return found === this.#left(before, false) ||
      found === this.#left(before, true);
  }

  /** What the place of a ticket says once that was used: the next can be had. */
  #left(ticket: number, wasAbandoned: boolean): number {
    const round = ticket + Line.#places >>> 6;
    // 0 is new memory, where all can be had; it comes again after 2 ** 32 tickets.
    return -(2 * round + Number(wasAbandoned));
  }

  #placeOf(ticket: number): number {
    return 2 + (ticket & (Line.#places - 1));
  }

  #idOf(found: number): number {
    return found & (Line.#isCalled - 1);
  }

  #load(index: number): number {
    return Atomics.load(this.cells, index);
  }

  /** Changes a cell, if it holds what it should; tells whether it did. */
  #change(index: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.cells, index, from, to) === from;
  }
}

/**
 * A lock that one thread at a time can hold, over shared memory.
 *
 * Given to a FunctionWorker or a pool's task, it is the same lock there. A
 * thread that ends while it holds the lock frees it; the next one to acquire it
 * is told by a LockAbandonedError.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Lock, Pool } from "../mod.ts";
 *
 * using pool = new Pool({ workers: 2 });
 * const lock = new Lock();
 * const counter = new Int32Array(new SharedArrayBuffer(4));
 * const count = (lock: Lock, counter: Int32Array) => {
 *   for (let i = 0; i < 1000; i++) {
 *     using _ = lock.acquire();
 *     counter[0]!++;
 *   }
 * };
 * await pool.starmap(count, [[lock, counter], [lock, counter]]);
 * assertEquals(counter[0], 2000);
 * ```
 */
export class Lock {
  #line = new Line();
  /** Those who wait in this thread: one at a time stands in the line. */
  readonly #turns = new Turns();

  static {
    register("Lock", (wire) => {
      const lock = new this();
      lock.#line = new Line(wire.cells as Int32Array<SharedArrayBuffer>);
      return lock;
    });
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): string {
    return "Lock";
  }

  /** @internal Packs the lock, to be sent; it goes on working here. */
  pack(): Packing {
    return { wire: { kind: "Lock", cells: this.#line.cells } };
  }

  /** Whether any thread holds the lock at this moment. */
  get isLocked(): boolean {
    return realm().life.isAlive(this.#line.holder);
  }

  /**
   * Takes the lock; blocks this thread, a worker, until it is its turn: first
   * come, first served.
   *
   * @param options `timeout`: how long to wait, in milliseconds.
   * @returns A guard that releases the lock at the end of a `using` block.
   * @throws {LockAbandonedError} If the thread that held it ended.
   * @throws {DOMException} A TimeoutError, if the time is over.
   * @throws {Error} In main, which must not block, and in a thread that holds
   * the lock already.
   */
  acquire(options: { readonly timeout?: number } = {}): LockGuard {
    checkBlocking("Lock.acquire", options);
    if (this.#line.holder === realm().thread) {
      throw new Error("Lock.acquire: this thread holds the lock already");
    }
    const { look, leave } = this.#visit();
    block("Lock.acquire", options, this.#line.cells, look, leave);
    return this.#guard();
  }

  /**
   * Takes the lock once it is this call's turn, without blocking this thread.
   *
   * @param options How long to wait.
   * @returns A guard that releases the lock at the end of a `using` block. The
   * promise rejects with a LockAbandonedError if the thread that held the lock
   * ended; with a TimeoutError; with the reason of the signal.
   */
  async acquireAsync(options: WaitOptions = {}): Promise<LockGuard> {
    const caller = "Lock.acquireAsync";
    return await this.#turns.take(caller, options, async (waiting, isFirst) => {
      if (!isFirst) await this.#line.pause(waiting);
      const { look, leave } = this.#visit();
      try {
        await waitUntil(this.#line.cells, look, waiting);
      } catch (error) {
        leave();
        throw error;
      }
      return this.#guard();
    });
  }

  /**
   * Frees the lock.
   *
   * @throws {Error} If this thread does not hold it.
   */
  release(): void {
    if (this.#line.free()) return;
    const who = this.isLocked ? "another thread" : "nobody";
    throw new Error(`Lock.release: ${who} holds the lock`);
  }

  /** How the lock prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Lock { isLocked: ${this.isLocked} }`;
  }

  /** A wait, which takes a ticket when it first looks. */
  #visit() {
    const line = this.#line;
    let ticket: number | undefined;
    const look = () => {
      for (;;) {
        if (isEnded()) throw endedError();
        // What is waited for is read first: no change is missed from then on.
        const full = line.seen(undefined);
        ticket ??= line.join();
        if (ticket === undefined) return full;
        const seen = line.seen(ticket);
        if (line.enter(ticket)) return undefined;
        if (!line.isOver(ticket)) return seen;
        // This thread has used the ticket for another wait.
        ticket = undefined;
      }
    };
    const leave = () => {
      if (ticket !== undefined) line.leave(ticket);
      return true;
    };
    return { look, leave };
  }

  /** Guards the lock that was taken, or gives it back. */
  #guard(): LockGuard {
    const { wasAbandoned } = this.#line;
    const hasEnded = isEnded();
    if (!wasAbandoned && !hasEnded) return new LockGuard(this);
    this.#line.free();
    if (hasEnded) throw endedError();
    throw new LockAbandonedError(
      "the thread that held the lock ended without releasing it",
    );
  }
}

/** A lock that is held; it is released once, at the end of a `using` block. */
export class LockGuard implements Disposable {
  #lock: Lock | undefined;

  /**
   * Guards a lock that was acquired.
   *
   * @param lock The lock.
   */
  constructor(lock: Lock) {
    this.#lock = lock;
  }

  /** Releases the lock, unless that was done before. */
  release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  /** Releases the lock, unless that was done before. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * A meeting point: those who arrive wait until all have arrived. Then it can be
 * used again.
 *
 * Given to a FunctionWorker or a pool's task, it is the same barrier there. A
 * task that throws, and a thread that dies while it runs one, breaks the barriers
 * that it was given: whoever waits there is told by a BrokenBarrierError.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Barrier, Pool } from "../mod.ts";
 *
 * using pool = new Pool({ workers: 2 });
 * const barrier = new Barrier(2);
 * // Neither could go on, did not both run at the same time.
 * const places = await pool.map((b: Barrier) => b.wait(), [barrier, barrier]);
 * assertEquals(places.sort(), [0, 1]);
 * ```
 */
export class Barrier {
  /** How many have to arrive. */
  readonly parties: number;
  /**
   * One cell of 64 bits says it all, so that nothing can come between two
   * changes: twice the number of arrivals, and 1 more if the barrier is broken.
   * Then follow, by the slots of Life, the threads whose tasks have the barrier.
   */
  #cells: Int32Array<SharedArrayBuffer>;

  static {
    register("Barrier", ({ parties, cells }) => {
      const barrier = new this(parties as number);
      barrier.#cells = cells as Int32Array<SharedArrayBuffer>;
      barrier.#joinTask();
      return barrier;
    });
  }

  /**
   * Makes a barrier.
   *
   * @param parties How many have to arrive.
   * @throws {RangeError | TypeError} If that is no whole number of at least 1.
   */
  constructor(parties: number) {
    checkCount("Barrier", "parties", parties);
    this.parties = parties;
    this.#cells = sharedCells("Barrier", 2 + Life.slots);
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): string {
    return "Barrier";
  }

  /** @internal Packs the barrier, to be sent; it goes on working here. */
  pack(): Packing {
    const { parties } = this;
    return { wire: { kind: "Barrier", parties, cells: this.#cells } };
  }

  /** @internal Notes that the task that was given the barrier has ended. */
  leave(hasFailed: boolean): void {
    const { thread } = realm();
    Atomics.compareExchange(this.#cells, this.#placeOf(thread), thread, 0);
    if (hasFailed) this.#break();
  }

  /** Whether a thread has died, a task failed, or a wait took too long. */
  get isBroken(): boolean {
    this.#lookForDead();
    return this.#isBroken(this.#load());
  }

  /**
   * Arrives, and blocks this thread, a worker, until all have arrived.
   *
   * @param options `timeout`: how long to wait, in milliseconds. Who gives up
   * breaks the barrier for the others.
   * @returns How many arrived before, from 0.
   * @throws {BrokenBarrierError} If the barrier is broken.
   * @throws {DOMException} A TimeoutError, if the time is over.
   * @throws {Error} In main, which must not block.
   */
  wait(options: { readonly timeout?: number } = {}): number {
    checkBlocking("Barrier.wait", options);
    const arrival = this.#arrive();
    const look = () => this.#look(arrival);
    const giveUp = () => this.#giveUp(arrival);
    block("Barrier.wait", options, this.#cells, look, giveUp);
    return this.#placeIn(arrival);
  }

  /**
   * Arrives, and waits until all have arrived, without blocking this thread.
   *
   * @param options How long to wait. Who gives up breaks the barrier for the
   * others.
   * @returns How many arrived before, from 0. The promise rejects with a
   * BrokenBarrierError, with a TimeoutError, with the reason of the signal.
   */
  async waitAsync(options: WaitOptions = {}): Promise<number> {
    const caller = "Barrier.waitAsync";
    checkWait(caller, options);
    const arrival = this.#arrive();
    const waiting = waitFor<never>(caller, options, (reason) => {
      if (this.#giveUp(arrival)) waiting.reject(reason);
    });
    try {
      const look = () => this.#look(arrival);
      await waitUntil(this.#cells, look, waiting.promise);
    } finally {
      waiting.resolve(undefined as never);
    }
    return this.#placeIn(arrival);
  }

  /** How the barrier prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Barrier { parties: ${this.parties} }`;
  }

  /** Counts an arrival; tells how many came before it. */
  #arrive(): bigint {
    for (;;) {
      if (isEnded()) throw endedError();
      const seen = this.#load();
      this.#checkWhole(seen);
      if (!this.#change(seen, seen + 2n)) continue;
      const arrival = seen / 2n;
      const isLast = this.#placeIn(arrival) === this.parties - 1;
      if (isLast) Atomics.notify(this.#cells, 0);
      return arrival;
    }
  }

  /** How many arrived before an arrival, of those who meet then. */
  #placeIn(arrival: bigint): number {
    return Number(arrival % BigInt(this.parties));
  }

  /** What an arrival waits for; nothing once all have met. */
  #look(arrival: bigint): Seen | undefined {
    const seen = this.#load();
    if (this.#haveMet(arrival, seen)) return undefined;
    this.#checkWhole(seen);
    if (isEnded()) throw endedError();
    this.#lookForDead();
    // The lower half changes with each change.
    return [0, Number(BigInt.asIntN(32, seen))];
  }

  #haveMet(arrival: bigint, seen: bigint): boolean {
    const rest = this.parties - this.#placeIn(arrival);
    return seen / 2n - arrival >= rest;
  }

  /** Breaks the barrier; tells whether it was whole, and all have not met. */
  #giveUp(arrival: bigint): boolean {
    for (;;) {
      const seen = this.#load();
      if (this.#isBroken(seen) || this.#haveMet(arrival, seen)) return false;
      if (!this.#change(seen, seen + 1n)) continue;
      Atomics.notify(this.#cells, 0);
      return true;
    }
  }

  #break(): void {
    Atomics.or(this.#state, 0, 1n);
    Atomics.notify(this.#cells, 0);
  }

  /** Breaks the barrier if a thread has died whose task has it. */
  #lookForDead(): void {
    const { life } = realm();
    const first = this.#placeOf(0);
    for (let place = first; place < this.#cells.length; place++) {
      const thread = this.#cells[place]!;
      if (thread !== 0 && !life.isAlive(thread)) this.#break();
    }
  }

  /** Notes that the task that runs here, if one does, has the barrier. */
  #joinTask(): void {
    const { thread, task } = realm();
    if (!task) return;
    task.add(this);
    const place = this.#placeOf(thread);
    const before = Atomics.exchange(this.#cells, place, thread);
    // Only a thread that died leaves its place like this.
    if (before !== 0 && before !== thread) this.#break();
  }

  #placeOf(thread: number): number {
    return 2 + thread % Life.slots;
  }

  #isBroken(seen: bigint): boolean {
    return seen % 2n === 1n;
  }

  #checkWhole(seen: bigint): void {
    if (!this.#isBroken(seen)) return;
    throw new BrokenBarrierError(
      "a thread that is waited for has ended or given up",
    );
  }

  get #state(): BigInt64Array<SharedArrayBuffer> {
    return new BigInt64Array(this.#cells.buffer, 0, 1);
  }

  #load(): bigint {
    return Atomics.load(this.#state, 0);
  }

  /** Changes the state, if it is as it should; tells whether it was. */
  #change(from: bigint, to: bigint): boolean {
    return Atomics.compareExchange(this.#state, 0, from, to) === from;
  }
}

/** What of this runs on the far side. */
export const syncParts = [
  () => [LockAbandonedError, BrokenBarrierError, Line, Lock, LockGuard],
  () => [Barrier],
];
