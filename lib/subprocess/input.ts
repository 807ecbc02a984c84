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

const wanted = "input must be text or bytes, or chunks of them";

/** The bytes of a chunk of input. */
export function toBytes(caller: string, chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw wrong(caller, wanted, chunk);
}

/** Refuses what cannot be an input. */
export function checkInput(caller: string, input: unknown): void {
  if (typeof input === "string") return;
  const isObject = typeof input === "object" && input !== null;
  if (isObject && Symbol.asyncIterator in input) return;
  if (isObject && Symbol.iterator in input) return;
  throw wrong(caller, wanted, input);
}

/** The chunks of an input, taken as they are needed. */
export class Chunks {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  #isOpen = true;

  constructor(input: Input) {
    this.#iterator = iteratorOf(input);
  }

  /** The next chunk; undefined at the end. */
  async next(): Promise<unknown> {
    try {
      const { value, done } = await this.#iterator.next();
      if (!done) return await value;
    } catch (error) {
      this.#isOpen = false;
      throw error;
    }
    this.#isOpen = false;
    return undefined;
  }

  /**
   * Lets go of the input, unless it is at its end. It is told at once, also
   * while its next chunk is being waited for.
   */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#iterator.return?.();
  }
}

function iteratorOf(input: Input): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof input === "string" || input instanceof Uint8Array) {
    return [input].values();
  }
  if (input instanceof ReadableStream) return streamIterator(input);
  if (Symbol.asyncIterator in input) return input[Symbol.asyncIterator]();
  return input[Symbol.iterator]();
}

/** A stream's own iterator lets go of it only once a waiting read is over. */
function streamIterator(stream: ReadableStream): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    async next() {
      const { value, done } = await reader.read();
      if (!done) return { value, done };
      reader.releaseLock();
      return { value: undefined, done };
    },
    async return() {
      const cancelled = reader.cancel();
      reader.releaseLock();
      await cancelled;
      return { value: undefined, done: true };
    },
  };
}
