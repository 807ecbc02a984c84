/**
 * piscina: threads of Node.
 *
 * @module
 */

import { Piscina } from "npm:piscina@5.3.2";

export const hasTimeout = true;

export function open(_kind, { workers, memory }) {
  const pool = new Piscina({
    filename: new URL("./tasks.mjs", import.meta.url).href,
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: 60_000,
    ...(memory && { resourceLimits: { maxOldGenerationSizeMb: memory } }),
  });
  return {
    run: (name, arg, { timeout, transfer } = {}) =>
      pool.run(arg, {
        name,
        ...(timeout && { signal: AbortSignal.timeout(timeout) }),
        ...(transfer && { transferList: transfer }),
      }),
    end: () => pool.destroy(),
  };
}
