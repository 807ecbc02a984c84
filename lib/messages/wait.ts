/**
 * Waiting for something, but not for ever.
 *
 * @module
 */

import { checkTimeout } from "../describe.ts";

/** How long to wait. */
export interface WaitOptions {
  /** How long to wait, in milliseconds; without it, as long as it takes. */
  readonly timeout?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** A promise, the functions that settle it, and the one that gives it up. */
export interface Waiting<T> extends PromiseWithResolvers<T> {
  readonly giveUp: (reason: unknown) => void;
}

/**
 * Makes a promise that is given up when its time is over or its signal is
 * aborted.
 *
 * @param caller What the messages begin with, such as `Connection.recv`.
 * @param options How long to wait.
 * @param giveUp Called with the reason when it is over; rejects the promise, or
 * sees to it that this happens.
 * @returns The promise, and the functions that settle it.
 * @throws {TypeError | RangeError} If the timeout is no number of at least 0.
 * @throws The reason of the signal, if that is aborted already.
 */
export function waitFor<T>(
  caller: string,
  options: WaitOptions,
  giveUp: (reason: unknown) => void,
): Waiting<T> {
  checkWait(caller, options);
  const { timeout, signal } = options;
  const waiting = { ...Promise.withResolvers<T>(), giveUp };
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

/**
 * Checks that there is time to wait.
 *
 * @throws {TypeError | RangeError} If the timeout is no number of at least 0.
 * @throws The reason of the signal, if that is aborted already.
 */
export function checkWait(
  caller: string,
  { timeout, signal }: WaitOptions,
): void {
  signal?.throwIfAborted();
  if (timeout !== undefined) checkTimeout(caller, timeout);
}

/**
 * Calls a function later.
 *
 * @param delay How much later, in milliseconds; of any length, although one
 * timer takes more than 24.8 days for 0.
 * @param run The function.
 * @returns Calls it off.
 */
export function after(delay: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number) => {
    const part = Math.min(left, 2 ** 31 - 1);
    const next = () => left > part ? wait(left - part) : run();
    timer = setTimeout(next, part);
  };
  wait(delay);
  return () => clearTimeout(timer);
}

/**
 * Waits for a change of shared memory, without blocking this thread.
 *
 * @param cells The memory.
 * @param index The cell that is to change.
 * @param value What is in it now.
 * @param waiting Rejected when the waiting is to be given up.
 * @returns A promise that resolves when the cell was changed and this thread
 * was notified, or at once if the cell holds another value.
 * @throws What `waiting` rejects with.
 */
export async function waitForChange(
  cells: Int32Array<SharedArrayBuffer>,
  index: number,
  value: number,
  waiting: Promise<never>,
): Promise<void> {
  const change = Atomics.waitAsync(cells, index, value);
  if (!change.async) return;
  // Deno ends a program in which nothing but such a wait is left. Some older
  // versions, such as 2.5, see a notification only when something else happens.
  const alive = setInterval(() => {}, 20);
  try {
    await Promise.race([change.value, waiting]);
  } catch (error) {
    // The turn that this wait still stands for would be lost to the others.
    void change.value.then(() => Atomics.notify(cells, index, 1));
    throw error;
  } finally {
    clearInterval(alive);
  }
}

/**
 * Makes the error of a wait that took too long.
 *
 * @param caller What the message begins with.
 * @param timeout How long it was, in milliseconds.
 * @returns A TimeoutError.
 */
export function timeoutError(caller: string, timeout: number): DOMException {
  const message = `${caller}: nothing happened for ${timeout} ms`;
  return new DOMException(message, "TimeoutError");
}

/**
 * Iterates what is waited for, until nothing more can come.
 *
 * @param wait Waits for the next value.
 * @param isEnd Whether an error means that nothing more can come.
 * @returns The values, as they come. Leaving takes no further value: a generator
 * by itself would first wait for the one that it was asked for, and lose it.
 */
export function iterate<T>(
  wait: () => Waiting<T>,
  isEnd: (error: unknown) => boolean,
): AsyncGenerator<T, void, void> {
  let waiting: Waiting<T> | undefined;
  let isLeft = false;
  const values = (async function* () {
    while (!isLeft) {
      let value: T;
      try {
        waiting = wait();
        value = await waiting.promise;
      } catch (error) {
        if (isLeft || isEnd(error)) return;
        throw error;
      }
      yield value;
    }
  })();
  const leave = values.return.bind(values);
  values.return = () => {
    isLeft = true;
    waiting?.giveUp(undefined);
    return leave();
  };
  return values;
}
