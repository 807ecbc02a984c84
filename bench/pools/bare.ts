/**
 * What a pool is made of, with nothing around it: a worker and its messages, a
 * child process and its ipc channel.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { sumOfSquares } from "./tasks.mjs";

/** Something that answers one message after another. */
export interface Echo {
  /** Sends a value, and gives what comes back. */
  trip(value: unknown, transfer?: Transferable[]): Promise<unknown>;
  end(): void | Promise<void>;
}

function workerOf(program: string): Worker {
  const blob = new Blob([program], { type: "text/javascript" });
  const url = URL.createObjectURL(blob);
  try {
    return new Worker(url, { type: "module" });
  } finally {
    // The worker has its text by the time it answers.
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
}

/** A worker that squares numbers, and tells the size of bytes. */
export function bareWorker(): Echo {
  const worker = workerOf(
    `onmessage = ({ data }) => postMessage((${answer})(data));`,
  );
  return {
    trip: (value, transfer) =>
      new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        if (transfer) worker.postMessage(value, transfer);
        else worker.postMessage(value);
      }),
    end: () => worker.terminate(),
  };
}

/** What an echo does with a message. */
const answer = (data: number | Uint8Array) =>
  typeof data === "number" ? data * data : data.byteLength;

/** The program of a child that answers over its ipc channel. */
const answering = (answer: (data: never) => unknown) => `
import process from "node:process";
const answerOf = ${answer};
process.on("message", ([data]) => process.send([answerOf(data)]));`;

/**
 * A child process that answers over an ipc channel.
 *
 * @param task What it answers with.
 */
export function bareChannel(task: (data: never) => unknown = answer): Echo {
  const program = encodeURIComponent(answering(task));
  const flags = ["--deny-ffi", "--quiet", "--no-lock", "--no-config"];
  const child = spawn(
    Deno.execPath(),
    ["run", ...flags, `data:text/javascript,${program}`],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    },
  );
  return {
    trip: (value) =>
      new Promise((resolve) => {
        child.once("message", ([data]: [unknown]) => resolve(data));
        child.send([value] as never);
      }),
    end: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.disconnect();
      }),
  };
}

/** Eight tasks on some workers, as one would write it without a pool. */
export async function largeByHand(n: number, workers: number): Promise<void> {
  const program = `${sumOfSquares}
    onmessage = ({ data }) => postMessage(sumOfSquares(data));`;
  const blob = new Blob([program], { type: "text/javascript" });
  const url = URL.createObjectURL(blob);
  let left = 8;
  await Promise.all(Array.from({ length: workers }, async () => {
    const worker = new Worker(url, { type: "module" });
    while (left > 0) {
      left -= 1;
      await new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage(n);
      });
    }
    worker.terminate();
  }));
  URL.revokeObjectURL(url);
}

/** The same in child processes. */
export async function largeByChannels(
  n: number,
  workers: number,
): Promise<void> {
  let left = 8;
  await Promise.all(Array.from({ length: workers }, async () => {
    const child = bareChannel(sumOfSquares);
    while (left > 0) {
      left -= 1;
      await child.trip(n);
    }
    await child.end();
  }));
}
