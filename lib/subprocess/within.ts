/**
 * Waiting, but not for ever.
 *
 * @module
 */

import { after } from "../messages/wait.ts";

/**
 * Waits for a promise.
 *
 * @param delay How long, in milliseconds.
 * @returns Whether it settled in time.
 * @throws What the promise rejects with, in time.
 */
export async function within(
  promise: Promise<unknown>,
  delay: number,
): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const stop = after(delay, () => late.resolve(false));
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    stop();
  }
}
