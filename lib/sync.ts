/**
 * Synchronisation over shared memory: a lock, and a barrier.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { checkCount, checkTimeout } from "./describe.ts";
import {
  type Lifeline,
  type Packing,
  realm,
  sharedCells,
  type Wire,
} from "./messages/travel.ts";
import {
  timeoutError,
  waitFor,
  waitForChange,
  type WaitOptions,
} from "./messages/wait.ts";

/**
 * The thread that held a lock ended without releasing it. What the lock
 * protects may be half changed. The lock itself is free again.
 */
export class LockAbandonedError extends Error {
  /** `"LockAbandonedError"`. */
  override readonly name = "LockAbandonedError";
}

/** A thread that others wait for at a barrier has ended. */
export class BrokenBarrierError extends Error {
  /** `"BrokenBarrierError"`. */
  override readonly name = "BrokenBarrierError";
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
  static readonly #holder = 0; // the thread that holds it, or 0
  static readonly #abandoned = 1; // whether its last holder ended holding it

  #cells: Int32Array<SharedArrayBuffer>;

  /** Makes a lock that nobody holds. */
  constructor() {
    this.#cells = sharedCells("Lock", 2);
    realm().hasPortables = true;
    realm().onArrival(this.#lifeline());
  }

  /** @internal Makes the same lock of what it was packed into. */
  static unpack(wire: Wire): Lock {
    const lock = new Lock();
    lock.#cells = wire.cells;
    realm().onArrival(lock.#lifeline());
    return lock;
  }

  /** @internal Frees the lock if a thread held it that has ended. */
  static abandon({ cells }: Lifeline, agent: number): void {
    if (Atomics.load(cells, Lock.#holder) === agent) {
      Atomics.store(cells, Lock.#abandoned, 1);
      Atomics.store(cells, Lock.#holder, 0);
    }
    // The thread may also have been woken, and have ended before it took it.
    Atomics.notify(cells, Lock.#holder);
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): true {
    return true;
  }

  /** @internal Packs the lock, to be sent; it goes on working here. */
  pack(): Packing {
    const lifeline = this.#lifeline();
    return { wire: { ...lifeline }, ports: [], lifeline, sent: () => {} };
  }

  /** Whether any thread holds the lock at this moment. */
  get isLocked(): boolean {
    return Atomics.load(this.#cells, Lock.#holder) !== 0;
  }

  /**
   * Takes the lock; blocks this thread, a worker, until it is free.
   *
   * @param options `timeout`: how long to wait, in milliseconds.
   * @returns A guard that releases the lock at the end of a `using` block.
   * @throws {LockAbandonedError} If the thread that held it ended.
   * @throws {DOMException} A TimeoutError, if the time is over.
   * @throws {Error} In main, which must not block, and in a thread that holds
   * the lock already.
   */
  acquire(options: { readonly timeout?: number } = {}): LockGuard {
    const take = () => {
      const holder = this.#take();
      if (holder !== realm().agent) return holder;
      throw new Error("Lock.acquire: this thread holds the lock already");
    };
    block("Lock.acquire", options, this.#cells, take);
    return new LockGuard(this);
  }

  /**
   * Takes the lock once it is free, without blocking this thread.
   *
   * @param options How long to wait.
   * @returns A guard that releases the lock at the end of a `using` block. The
   * promise rejects with a LockAbandonedError if the thread that held the lock
   * ended; with a TimeoutError; with the reason of the signal.
   */
  async acquireAsync(options: WaitOptions = {}): Promise<LockGuard> {
    const take = () => this.#take();
    await waitUntil("Lock.acquireAsync", options, this.#cells, take);
    return new LockGuard(this);
  }

  /**
   * Frees the lock.
   *
   * @throws {Error} If this thread does not hold it.
   */
  release(): void {
    const { agent } = realm();
    const holder = Atomics.compareExchange(this.#cells, Lock.#holder, agent, 0);
    if (holder !== agent) {
      const who = holder === 0 ? "nobody" : "another thread";
      throw new Error(`Lock.release: ${who} holds the lock`);
    }
    Atomics.notify(this.#cells, Lock.#holder, 1);
  }

  /** How the lock prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Lock { isLocked: ${this.isLocked} }`;
  }

  /** Takes the lock if it is free; tells who holds it otherwise. */
  #take(): number | undefined {
    const { agent } = realm();
    const holder = Atomics.compareExchange(this.#cells, Lock.#holder, 0, agent);
    if (holder !== 0) return holder;
    if (Atomics.exchange(this.#cells, Lock.#abandoned, 0) === 0) return;
    this.release();
    throw new LockAbandonedError(
      "the thread that held the lock ended without releasing it",
    );
  }

  #lifeline(): Lifeline {
    return { portable: "Lock", cells: this.#cells };
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
 * thread that dies before its function returns breaks the barriers that it was
 * given: whoever waits there is told by a BrokenBarrierError.
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
  // One cell says it all, so that nothing can come between two changes: how many
  // have arrived since the beginning, and a bit for when the barrier is broken.
  static readonly #broken = 2 ** 30;

  /** How many have to arrive. */
  readonly parties: number;
  /** Arrivals are counted up to this multiple of `parties`, then from 0. */
  readonly #limit: number;
  #cells: Int32Array<SharedArrayBuffer>;

  /**
   * Makes a barrier.
   *
   * @param parties How many have to arrive.
   * @throws {RangeError | TypeError} If that is no whole number of at least 1.
   */
  constructor(parties: number) {
    checkCount("Barrier", "parties", parties);
    this.parties = parties;
    this.#limit = parties * Math.max(1, Math.floor(Barrier.#broken / parties));
    this.#cells = sharedCells("Barrier", 1);
    realm().hasPortables = true;
  }

  /** @internal Makes the same barrier of what it was packed into. */
  static unpack(wire: Wire): Barrier {
    const barrier = new Barrier(wire["parties"] as number);
    barrier.#cells = wire.cells;
    realm().onArrival(barrier.#lifeline());
    return barrier;
  }

  /**
   * @internal Breaks the barrier if a thread has died while it ran something.
   */
  static abandon({ cells }: Lifeline, _agent: number, wasBusy: boolean): void {
    if (!wasBusy) return;
    Atomics.or(cells, 0, Barrier.#broken);
    Atomics.notify(cells, 0);
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): true {
    return true;
  }

  /** @internal Packs the barrier, to be sent; it goes on working here. */
  pack(): Packing {
    const lifeline = this.#lifeline();
    const wire = { ...lifeline, parties: this.parties };
    return { wire, ports: [], lifeline, sent: () => {} };
  }

  /** Whether a thread has died, or a wait took too long. */
  get isBroken(): boolean {
    return (Atomics.load(this.#cells, 0) & Barrier.#broken) !== 0;
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
    const { look, giveUp, place } = this.#visit();
    block("Barrier.wait", options, this.#cells, look, giveUp);
    return place();
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
    const { look, giveUp, place } = this.#visit();
    await waitUntil("Barrier.waitAsync", options, this.#cells, look, giveUp);
    return place();
  }

  /** How the barrier prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Barrier { parties: ${this.parties} }`;
  }

  /** A wait, which arrives when it first looks whether all have. */
  #visit() {
    let arrival: number | undefined;
    return {
      look: () => this.#waitsAt(arrival ??= this.#arrive()),
      giveUp: () => this.#giveUp(arrival!),
      place: () => arrival! % this.parties,
    };
  }

  /** Counts an arrival; tells how many came before it. */
  #arrive(): number {
    for (;;) {
      const seen = Atomics.load(this.#cells, 0);
      this.#checkWhole(seen);
      const next = (seen + 1) % this.#limit;
      const found = Atomics.compareExchange(this.#cells, 0, seen, next);
      if (found !== seen) continue;
      if (next % this.parties === 0) Atomics.notify(this.#cells, 0);
      return seen;
    }
  }

  /** What the cell holds while an arrival waits; nothing once all have met. */
  #waitsAt(arrival: number): number | undefined {
    const seen = Atomics.load(this.#cells, 0);
    if (this.#haveMet(arrival, seen)) return undefined;
    this.#checkWhole(seen);
    return seen;
  }

  #haveMet(arrival: number, seen: number): boolean {
    const count = seen & ~Barrier.#broken;
    const since = (count - arrival + this.#limit) % this.#limit;
    return since >= this.parties - arrival % this.parties;
  }

  /** Breaks the barrier; tells whether it was whole, and all have not met. */
  #giveUp(arrival: number): boolean {
    for (;;) {
      const seen = Atomics.load(this.#cells, 0);
      const broken = seen | Barrier.#broken;
      if (seen === broken || this.#haveMet(arrival, seen)) return false;
      const found = Atomics.compareExchange(this.#cells, 0, seen, broken);
      if (found !== seen) continue;
      Atomics.notify(this.#cells, 0);
      return true;
    }
  }

  #checkWhole(seen: number): void {
    if ((seen & Barrier.#broken) === 0) return;
    throw new BrokenBarrierError("a thread that is waited for has ended");
  }

  #lifeline(): Lifeline {
    return { portable: "Barrier", cells: this.#cells };
  }
}

/**
 * Blocks this thread until `look` finds nothing to wait for; otherwise it tells
 * what the first cell holds. `giveUp` tells whether it was in time. In main,
 * timers, input and workers' messages would wait too.
 */
export function block(
  caller: string,
  { timeout = Infinity }: { readonly timeout?: number },
  cells: Int32Array,
  look: () => number | undefined,
  giveUp = () => true,
): void {
  if (!("WorkerGlobalScope" in globalThis)) {
    const instead = `${caller.split(".")[1]}Async()`;
    throw new Error(`${caller} blocks, and main must not: use ${instead}`);
  }
  const end = performance.now() + checkTimeout(caller, timeout);
  for (let seen; (seen = look()) !== undefined;) {
    const left = end - performance.now();
    if (left > 0) Atomics.wait(cells, 0, seen, left);
    else if (giveUp()) throw timeoutError(caller, timeout);
  }
}

/** Waits as `block` does, without blocking this thread. */
export async function waitUntil(
  caller: string,
  options: WaitOptions,
  cells: Int32Array<SharedArrayBuffer>,
  look: () => number | undefined,
  giveUp = () => true,
): Promise<void> {
  const waiting = waitFor<never>(caller, options, (reason) => {
    if (giveUp()) waiting.reject(reason);
  });
  try {
    for (let seen; (seen = look()) !== undefined;) {
      await waitForChange(cells, 0, seen, waiting.promise);
    }
  } finally {
    waiting.resolve(undefined as never);
  }
}
