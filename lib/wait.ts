/**
 * Waiting for something, but not for ever.
 *
 * @module
 */

import { checkTimeout } from "./describe.ts";

/** How long to wait. */
export interface WaitOptions {
  /** How long to wait, in milliseconds; without it, as long as it takes. */
  readonly timeout?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a promise that is given up when its time is over or its signal is
 * aborted.
 *
 * It also runs on the far side, where it arrives as text.
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
  { timeout, signal }: WaitOptions,
  giveUp: (reason: unknown) => void,
): PromiseWithResolvers<T> {
  signal?.throwIfAborted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (timeout !== undefined) {
    const late = () => {
      const message = `${caller}: nothing happened for ${timeout} ms`;
      giveUp(new DOMException(message, "TimeoutError"));
    };
    timer = setTimeout(late, checkTimeout(caller, timeout));
  }
  const abort = () => giveUp(signal!.reason);
  signal?.addEventListener("abort", abort);
  const waiting = Promise.withResolvers<T>();
  const over = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
  if (timeout !== undefined || signal) waiting.promise.then(over, over);
  return waiting;
}
