/**
 * Ours: Web Workers, processes of Deno, or such processes on another machine.
 *
 * @module
 */

import { Pool } from "../../mod.ts";
import * as tasks from "./tasks.mjs";

export const hasTimeout = true;

export function open(kind, { workers, memory }) {
  const isProcess = kind !== "thread";
  // On the other machine, where a task opens a pool, nobody says how to go on.
  const launcher = kind === "elsewhere" && Deno.env.get("LAUNCHER");
  const pool = new Pool({
    workers,
    isolation: isProcess ? "process" : "worker",
    // A task opens a pool, in one of the faults.
    ...(isProcess && { permissions: { read: true, run: true, env: true } }),
    ...(memory && isProcess && { memory }),
    ...(launcher && { launcher: launcher.split(" ") }),
  });
  return {
    run: (name, arg, options) => pool.apply(tasks[name], [arg], options),
    map: (name, items) => pool.map(tasks[name], items),
    imap: (name, items, options) => pool.imap(tasks[name], items, options),
    end: () => pool.terminate(),
  };
}
