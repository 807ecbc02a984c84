/**
 * poolifier-web-worker: Web Workers of Deno.
 *
 * @module
 */

import { FixedThreadPool } from "npm:poolifier-web-worker@0.5.15";

export const hasTimeout = true;

export function open(_kind, { workers }) {
  const worker = new URL("./poolifier_worker.mjs", import.meta.url);
  const pool = new FixedThreadPool(workers, worker, {
    errorEventHandler: () => {},
  });
  return {
    run: (name, arg, { timeout, transfer } = {}) =>
      pool.execute(
        arg,
        name,
        timeout ? AbortSignal.timeout(timeout) : undefined,
        transfer,
      ),
    map: (name, items) => pool.mapExecute(items, name),
    end: () => pool.destroy(),
  };
}
