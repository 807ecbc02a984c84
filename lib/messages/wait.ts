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

/** Checks that the timeout is one, and that the signal is not aborted yet. */
export function checkWait(
  caller: string,
  { timeout, signal }: WaitOptions,
): void {
  signal?.throwIfAborted();
  if (timeout !== undefined) checkTimeout(caller, timeout);
}

/**
 * Calls a function later, in milliseconds of any number, although one timer takes
 * more than 24.8 days for 0; what is returned calls it off.
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
 * Waits until a cell of shared memory holds another value and this thread was
 * notified, without blocking it, or until `waiting` rejects.
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
