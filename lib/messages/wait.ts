/**
 * Waiting for something, but not for ever.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { checkOptions, checkSignal, checkTimeout } from "../describe.ts";
import { realm } from "./life.ts";

/** How long to wait. */
export interface WaitOptions {
  /** How long to wait, in milliseconds; without it, as long as it takes. */
  readonly timeout?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a promise, and calls a function, which sees to it that it rejects, when
 * the time is over or the signal is aborted.
 */
export function waitFor<T>(
  caller: string,
  options: WaitOptions,
  giveUp: (reason: unknown) => void,
): PromiseWithResolvers<T> {
  checkWait(caller, options);
  const { timeout, signal } = options;
  const waiting = Promise.withResolvers<T>();
  const stops: (() => void)[] = [];
  if (timeout !== undefined) {
    stops.push(after(timeout, () => giveUp(timeoutError(caller, timeout))));
  }
  if (signal) {
    const abort = () => giveUp(signal.reason);
    signal.addEventListener("abort", abort);
    stops.push(() => signal.removeEventListener("abort", abort));
  }
  const over = () => stops.forEach((stop) => stop());
  if (stops.length > 0) waiting.promise.then(over, over);
  return waiting;
}

/** Checks how long to wait, and that the signal is not aborted yet. */
export function checkWait(caller: string, options: WaitOptions): void {
  checkOptions(caller, "{ timeout: 100 }", options);
  const { timeout, signal } = options;
  if (timeout !== undefined) checkTimeout(caller, timeout);
  checkSignal(caller, signal);
  signal?.throwIfAborted();
}

/** Calls a function later, in milliseconds; what is returned calls it off. */
export function after(delay: number, run: () => void): () => void {
  // A timer takes 24.8 days at most, and more for 0.
  const timer = delay < 2 ** 31 ? setTimeout(run, delay) : undefined;
  return () => clearTimeout(timer);
}

/** How long who waits for another thread waits before it looks again, in ms. */
export function lookAgain(): number {
  return 20;
}

/**
 * Waits a while, without blocking this thread: until a cell of shared memory
 * changes, this thread ends another one, or `waiting` resolves or rejects.
 */
export async function waitForChange(
  cells: Int32Array<SharedArrayBuffer>,
  index: number,
  value: number,
  waiting: Promise<unknown>,
): Promise<void> {
  const change = Atomics.waitAsync(cells, index, value, lookAgain());
  if (!change.async) return;
  // Deno ends a program in which nothing but such a wait is left. Some older
  // versions, such as 2.5, see a notification only when something else happens.
  const alive = setInterval(() => {}, lookAgain());
  const ended = Promise.withResolvers<void>();
  const { watchers } = realm();
  watchers.add(ended.resolve);
  try {
    await Promise.race([change.value, ended.promise, waiting]);
  } finally {
    watchers.delete(ended.resolve);
    clearInterval(alive);
  }
}

/**
 * Waits until `look` finds nothing to wait for, or `waiting` rejects; `look`
 * tells which cell has to change, and what that holds.
 */
export async function waitUntil(
  cells: Int32Array<SharedArrayBuffer>,
  look: () => Seen | undefined,
  waiting: Promise<never>,
): Promise<void> {
  for (let seen; (seen = look());) {
    await waitForChange(cells, ...seen, waiting);
  }
}

/** What a wait depends on: a cell, and what it held. */
export type Seen = readonly [index: number, value: number];

/**
 * Blocks this thread as `waitUntil` waits. `giveUp` is called when the time is
 * over, and tells whether that was in time.
 */
export function block(
  caller: string,
  { timeout = Infinity }: { readonly timeout?: number },
  cells: Int32Array<SharedArrayBuffer>,
  look: () => Seen | undefined,
  giveUp: () => boolean,
): void {
  const end = performance.now() + timeout;
  for (let seen; (seen = look());) {
    const left = end - performance.now();
    if (left > 0) {
      // What is held for a moment is free again before a sleeper has woken up.
      const [index, value] = seen;
      for (let i = 0; i < 1000 && Atomics.load(cells, index) === value; i++);
      Atomics.wait(cells, index, value, Math.min(left, lookAgain()));
    } else if (giveUp()) throw timeoutError(caller, timeout);
  }
}

/** A line of those in one thread who wait for the same. */
export class Turns {
  #length = 0;
  #last: Promise<void> = Promise.resolve();

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Waits as `wait` does, once all who came before are through. `waiting` rejects
   * when the time is over, or the signal is aborted; `isFirst` tells that there
   * was nobody before.
   */
  async take<T>(
    caller: string,
    options: WaitOptions,
    wait: (waiting: Promise<never>, isFirst: boolean) => Promise<T>,
  ): Promise<T> {
    const waiting = waitFor<never>(
      caller,
      options,
      (reason) => waiting.reject(reason),
    );
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    const isFirst = this.#length++ === 0;
    try {
      if (!isFirst) await Promise.race([before, waiting.promise]);
      return await wait(waiting.promise, isFirst);
    } finally {
      this.#length -= 1;
      void before.then(mine.resolve);
      waiting.resolve(undefined as never);
    }
  }
}

/**
 * Looks now and then, and when this thread has ended another one, as long as
 * something waits; meanwhile the program keeps running.
 */
export class Watch {
  readonly #look: () => boolean;
  readonly #onStop: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `look` tells whether anything waits; `onStop` is told when it does not. */
  constructor(look: () => boolean, onStop: () => void = () => {}) {
    this.#look = () => {
      const waits = look();
      if (!waits) this.stop();
      return waits;
    };
    this.#onStop = onStop;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    // Whoever got something mostly waits for the next one at once; to stop in
    // between would cost more than the message.
    this.#timer = setInterval(this.#look, lookAgain());
    realm().watchers.add(this.#look);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    realm().watchers.delete(this.#look);
    this.#onStop();
  }
}

/** Refuses to block main, where timers, input and messages would wait too. */
export function checkBlocking(
  caller: string,
  options: { readonly timeout?: number },
): void {
  if (!("WorkerGlobalScope" in globalThis)) {
    const instead = `${caller.split(".")[1]}Async()`;
    throw new Error(`${caller} blocks, and main must not: use ${instead}`);
  }
  checkWait(caller, options);
}

/** The error of a wait that took too long. */
export function timeoutError(caller: string, timeout: number): DOMException {
  const message = `${caller}: nothing happened for ${timeout} ms`;
  return new DOMException(message, "TimeoutError");
}

/**
 * Iterates what is waited for, until an error means that nothing more can come.
 * Leaving takes no further value: a generator by itself would first wait for the
 * one that it was asked for, and lose it.
 */
export function iterate<T>(
  next: (options: WaitOptions) => Promise<T>,
  isEnd: (error: unknown) => boolean,
): AsyncGenerator<T, void, void> {
  const left = new AbortController();
  const { signal } = left;
  const values = (async function* () {
    while (!signal.aborted) {
      let value: T;
      try {
        value = await next({ signal });
      } catch (error) {
        if (signal.aborted || isEnd(error)) return;
        throw error;
      }
      yield value;
    }
  })();
  const leave = values.return.bind(values);
  values.return = () => {
    left.abort();
    return leave();
  };
  return values;
}

/** What of this runs on the far side. */
export const waitParts = [
  () => [waitFor, checkWait, after, lookAgain, waitForChange, waitUntil, block],
  () => [Turns, Watch, checkBlocking, timeoutError, iterate],
];
