/**
 * workerpool: threads or processes of Node.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import workerpool from "npm:workerpool@10.0.3";

export const hasTimeout = true;

export function open(kind, { workers, memory }) {
  const limits = kind === "process"
    ? { execArgv: [`--max-old-space-size=${memory}`] }
    : { resourceLimits: { maxOldGenerationSizeMb: memory } };
  const worker = new URL("./workerpool_worker.mjs", import.meta.url);
  const pool = workerpool.pool(fileURLToPath(worker), {
    workerType: kind,
    maxWorkers: workers,
    // JSON, the default, would lose what structured clone keeps.
    forkOpts: { serialization: "advanced", ...(memory && limits) },
    workerThreadOpts: memory ? limits : {},
  });
  return {
    run: (name, arg, { timeout, transfer } = {}) => {
      const result = pool.exec(name, [arg], transfer ? { transfer } : {});
      return timeout ? result.timeout(timeout) : result;
    },
    end: () => pool.terminate(true),
  };
}
