/**
 * Ours: Web Workers or processes of Deno.
 *
 * @module
 */

import { Pool } from "../../mod.ts";
import * as tasks from "./tasks.mjs";

export const hasTimeout = true;

export function open(kind, { workers, memory }) {
  const pool = new Pool({
    workers,
    isolation: kind === "process" ? "process" : "worker",
    // A task opens a pool, in one of the faults.
    ...(kind === "process" && { permissions: { read: true, run: true } }),
    ...(memory && kind === "process" && { memory }),
  });
  return {
    run: (name, arg, options) => pool.apply(tasks[name], [arg], options),
    map: (name, items) => pool.map(tasks[name], items),
    imap: (name, items, options) => pool.imap(tasks[name], items, options),
    end: () => pool.terminate(),
  };
}
