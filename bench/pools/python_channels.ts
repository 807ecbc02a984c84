/**
 * Python's queues and pipes, to be measured beside ours.
 *
 * @module
 */

import { run, spawn } from "../../mod.ts";
import type { Way } from "../measure.ts";

/** Python's channels. */
export interface PythonChannels extends Disposable {
  /** A way to do something, if Python is there. */
  way(name: string, what: string): Way[];
}

/**
 * Starts python_channels.py.
 *
 * @param items How many items go through a queue.
 * @param trips How many messages go through a pipe and back.
 * @returns What it can do; nothing where there is no Python.
 */
export async function startPython(
  items: number,
  trips: number,
): Promise<PythonChannels> {
  const isThere = await run(["python3", "-c", ""]).then(
    () => true,
    () => false,
  );
  if (!isThere) return { way: () => [], [Symbol.dispose]() {} };
  const program = new URL("python_channels.py", import.meta.url).pathname;
  const child = spawn(["python3", program, `${items}`, `${trips}`]);
  const lines = child.lines();
  return {
    way: (name, what) => [{
      name,
      async run() {
        await child.stdin.write(`${what}\n`);
        await lines.next();
      },
    }],
    [Symbol.dispose]: () => child.terminate(),
  };
}
