/**
 * What is written to a program's standard input.
 *
 * @module
 */

import { wrong } from "./command.ts";

/** What is written to a program: text, bytes, or chunks of them over time. */
export type Input =
  | string
  | Uint8Array
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>;

/** The chunks of an input, taken as they are needed. */
export type Iteration = AsyncIterator<unknown> | Iterator<unknown>;

const wanted = "input must be text or bytes, or chunks of them";

/** The bytes of a chunk of input. */
export function toBytes(caller: string, chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw wrong(caller, wanted, chunk);
}

/** Opens an input; throws a TypeError if it is none. */
export function iterationOf(caller: string, input: Input): Iteration {
  if (typeof input === "string" || input instanceof Uint8Array) {
    return [input].values();
  }
  if (input instanceof ReadableStream) return iterationOfStream(input);
  const source = Object(input);
  const open = source[Symbol.asyncIterator] ?? source[Symbol.iterator];
  if (typeof open !== "function") throw wrong(caller, wanted, input);
  return open.call(input);
}

/** A stream's own iterator lets go of it only once a waiting read is over. */
function iterationOfStream(stream: ReadableStream): Iteration {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    async return() {
      const cancelled = reader.cancel();
      reader.releaseLock();
      await cancelled;
      return { value: undefined, done: true };
    },
  };
}
