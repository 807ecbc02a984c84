/**
 * Pools that many tests share, because starting workers takes time.
 *
 * @module
 */

import type { Pool } from "../../mod.ts";

/**
 * Keeps pools for tests. What is returned makes tests that have new ones made
 * where they fail: they may have left tasks that wait for ever.
 *
 * @param make Makes the pools, and puts them where the tests find them.
 */
export function sharedPools(make: () => readonly Pool[]) {
  let pools = make();
  const end = () => pools.forEach((pool) => pool.terminate());
  Deno.test.afterAll(end);
  return (fn: () => Promise<void>) => async (): Promise<void> => {
    try {
      await fn();
    } catch (error) {
      end();
      pools = make();
      throw error;
    }
  };
}
