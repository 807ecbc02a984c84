/**
 * multithreading: Web Workers of Deno.
 *
 * @module
 */

import { initRuntime, move, shutdown, spawn } from "npm:multithreading@0.3.52";
import * as tasks from "./tasks.mjs";

let begun = false;

export function open(_kind, { workers }) {
  // It has one pool, which cannot be set up twice.
  if (!begun) initRuntime({ maxWorkers: workers });
  begun = true;
  return {
    // It has no copying of bytes: what can be moved is moved.
    movesOnly: true,
    run: async (name, arg) => {
      const result = await spawn(move(arg), tasks[name]).join();
      if (!result.ok) throw result.error;
      return result.value;
    },
    end: () => shutdown(),
  };
}
