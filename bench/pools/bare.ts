/**
 * What a pool is made of, with nothing around it: a worker and its messages, a
 * child process and a pipe.
 *
 * @module
 */

import { deserialize, serialize } from "node:v8";
import { Buffer } from "node:buffer";
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

/** The program of a child that answers over its input and output. */
const framed = (answer: (data: never) => unknown) => `
const answerOf = ${answer};
import { deserialize, serialize } from "node:v8";
let bytes = new Uint8Array(1 << 16);
let filled = 0;
async function fill(count) {
  if (count > bytes.length) {
    const larger = new Uint8Array(count);
    larger.set(bytes.subarray(0, filled));
    bytes = larger;
  }
  while (filled < count) {
    const more = await Deno.stdin.read(bytes.subarray(filled));
    if (more === null) Deno.exit();
    filled += more;
  }
}
for (;;) {
  await fill(4);
  const size = new DataView(bytes.buffer).getUint32(0);
  await fill(4 + size);
  const data = deserialize(bytes.subarray(4, 4 + size));
  filled = 0; // One message at a time: nothing else has come.
  const answer = serialize(answerOf(data));
  let frame = new Uint8Array(4 + answer.length);
  new DataView(frame.buffer).setUint32(0, answer.length);
  frame.set(answer, 4);
  while (frame.length > 0) frame = frame.subarray(Deno.stdout.writeSync(frame));
}`;

/**
 * A child process that answers over a pipe, each message after its length.
 *
 * @param task What it answers with.
 */
export function barePipe(task: (data: never) => unknown = answer): Echo {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-lock",
      "--no-config",
      `data:text/javascript,${encodeURIComponent(framed(task))}`,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  let rest = new Uint8Array();
  async function take(count: number): Promise<Uint8Array> {
    while (rest.length < count) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the child has ended");
      rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    }
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count);
    return taken;
  }
  return {
    async trip(value) {
      const message = serialize(value);
      const frame = new Uint8Array(4 + message.length);
      new DataView(frame.buffer).setUint32(0, message.length);
      frame.set(message, 4);
      await writer.write(frame);
      const head = await take(4);
      const size = new DataView(head.buffer, head.byteOffset).getUint32(0);
      return deserialize(await take(size));
    },
    async end() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
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
export async function largeByPipes(n: number, workers: number): Promise<void> {
  let left = 8;
  await Promise.all(Array.from({ length: workers }, async () => {
    const child = barePipe(sumOfSquares);
    while (left > 0) {
      left -= 1;
      await child.trip(n);
    }
    await child.end();
  }));
}
