/**
 * tinypool: threads or processes of Node.
 *
 * @module
 */

import { Tinypool } from "npm:tinypool@2.2.0";

export const hasTimeout = true;

export function open(kind, { workers, memory }) {
  const limits = kind === "process"
    ? { execArgv: [`--max-old-space-size=${memory}`] }
    : { resourceLimits: { maxOldGenerationSizeMb: memory } };
  const pool = new Tinypool({
    filename: new URL("./tasks.mjs", import.meta.url).href,
    runtime: kind === "process" ? "child_process" : "worker_threads",
    // JSON, the default, would lose what structured clone keeps.
    serialization: "advanced",
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: 60_000,
    ...(memory && limits),
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
