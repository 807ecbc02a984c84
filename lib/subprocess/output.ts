/**
 * What a program prints, as it is read.
 *
 * @module
 */

import { after } from "../messages/wait.ts";

/** Bytes in memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What a program wrote before it ended lies in the pipe, and a pipe holds at
 * most 1 MiB: that many reads of 64 KiB, and some small ones, find all of it.
 */
const readsAfterEnd = 32;

const nothing = { value: undefined };

/** What is to be known of an output. */
export interface OutputOptions {
  /** How many bytes are kept at most. */
  readonly limit: number;
  /** Called when there are more; they are dropped. */
  readonly onLimit: () => void;
  /** Resolves when it may be read. */
  readonly turn: Promise<void>;
}

/** One output of a program: what was read of it and not taken yet. */
export class Output {
  /** Whether somebody takes it as it comes. */
  isTaken = false;
  /** Whether everything has been read. */
  ended = false;
  /** How many bytes were read and not taken. */
  size = 0;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #options: OutputOptions;
  readonly #end = Promise.withResolvers<void>();
  #chunks: Bytes[] = [];
  #reading: Promise<boolean> | undefined;
  #readsLeft = Infinity;
  readonly #wants = new Set<() => boolean>();
  #isFilling = false;

  constructor(stream: ReadableStream<Bytes>, options: OutputOptions) {
    this.#reader = stream.getReader();
    this.#options = options;
  }

  /** Resolves when everything has been read. */
  get end(): Promise<void> {
    return this.#end.promise;
  }

  /** Reads into memory, until the returned function is called. */
  keepReading(isWanted: () => boolean = () => true): () => void {
    this.#wants.add(isWanted);
    void this.#fill();
    return () => this.#wants.delete(isWanted);
  }

  async #fill(): Promise<void> {
    if (this.#isFilling) return;
    this.#isFilling = true;
    const isWanted = () => this.#wants.values().some((wanted) => wanted());
    do this.#checkLimit(); while (isWanted() && await this.read());
    this.#isFilling = false;
  }

  #checkLimit(): void {
    const { limit, onLimit } = this.#options;
    if (this.size <= limit) return;
    this.#chunks = [this.bytes().slice(0, limit)];
    this.size = limit;
    onLimit();
  }

  /**
   * Reads one more chunk, and tells whether there may be more. Whoever asks
   * meanwhile waits for the same one.
   */
  read(): Promise<boolean> {
    if (this.#reading) return this.#reading;
    this.#reading = this.#read();
    this.#readsLeft -= 1;
    if (this.#readsLeft < 0) this.#cancel();
    else if (this.#readsLeft < readsAfterEnd) this.#cancelIfQuiet();
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    await this.#options.turn;
    // A pipe that breaks has ended, too.
    const { value } = await this.#reader.read().catch(() => nothing);
    this.#reading = undefined;
    if (value) this.#keep(value);
    else this.#end.resolve();
    this.ended = !value;
    return !this.ended;
  }

  #keep(chunk: Bytes): void {
    // A few bytes would hold the whole buffer into which they were read.
    const isSmall = chunk.length * 2 < chunk.buffer.byteLength;
    this.#chunks.push(isSmall ? chunk.slice() : chunk);
    this.size += chunk.length;
  }

  /**
   * Notes that the program has ended. What it has left behind may hold the pipe:
   * when nothing has come for a while, or too much, that is the end.
   */
  programEnded(): void {
    this.#readsLeft = readsAfterEnd;
    this.#cancelIfQuiet();
  }

  async #cancelIfQuiet(): Promise<void> {
    const read = this.#reading;
    if (!read) return;
    // Several short waits, not one long one: a busy event loop may find a wait
    // over before it has looked at the pipe, but not five times in a row.
    for (let waits = 0; waits < 5; waits += 1) {
      if (await within(read, 20)) return;
    }
    this.#cancel();
  }

  #cancel(): void {
    this.#reader.cancel().catch(() => {});
  }

  /** All that was read and not taken, which stays. */
  bytes(): Bytes {
    const [first] = this.#chunks;
    if (first && this.#chunks.length === 1) return first;
    // Joined once: whoever asks again gets the same bytes.
    const bytes = new Uint8Array(this.size);
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [bytes];
    return bytes;
  }

  /** All that was read and not taken, which is taken with this. */
  take(): Bytes {
    const bytes = this.bytes();
    this.#chunks = [];
    this.size = 0;
    return bytes;
  }

  /** Ends the stream. The program that writes to it gets a broken pipe. */
  async close(): Promise<void> {
    this.#cancel();
    while (!this.ended) await this.read();
  }
}

/**
 * Waits for a promise, `delay` milliseconds at most; tells whether it settled in
 * time. Throws what it rejects with, in time.
 */
export async function within(
  promise: Promise<unknown>,
  delay: number,
): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const stop = after(delay, () => late.resolve(false));
  return await Promise.race([promise.then(() => true), late.promise])
    .finally(stop);
}
