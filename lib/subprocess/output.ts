/**
 * What a program prints, as it is read.
 *
 * @module
 */

import { within } from "./within.ts";

/** Bytes in memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Something that gives bytes, a chunk at a time. */
export interface Source {
  /** The next chunk; undefined at the end. */
  next(): Promise<Bytes | undefined>;
  /** Ends it now: a waiting `next()` gives undefined. */
  cancel(): void;
}

// Most programs print little, and a new buffer takes time; a program that fills
// the small one gets the large one.
const smallBuffer = 1_024;
const largeBuffer = 65_536;
const lineFeed = 10;
const none = new Uint8Array();

/**
 * What a program wrote before it ended lies in the pipe, and a pipe holds at
 * most 1 MiB: that many reads of 64 KiB, and some small ones, find all of it.
 */
const readsAfterEnd = 32;

/**
 * Reads one stream of a program. Every chunk is copied out of the buffer it was
 * read into: a program that prints little by little would otherwise hold a
 * whole buffer for each few bytes.
 */
export function sourceOf(stream: ReadableStream<Bytes>): Source {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new Uint8Array(smallBuffer);
  return {
    async next() {
      const { value, done } = await reader.read(buffer);
      if (done) return undefined;
      // The read took the buffer away and hands it back under the value.
      buffer = value.length === smallBuffer
        ? new Uint8Array(largeBuffer)
        : new Uint8Array(value.buffer);
      return value.slice();
    },
    cancel() {
      reader.cancel().catch(() => {});
    },
  };
}

/** Passes on whole lines, and keeps what has no line end yet. */
export class WholeLines {
  #rest: Bytes[] = [];
  #size = 0;

  /** How many bytes are kept. */
  get size(): number {
    return this.#size;
  }

  /** The lines that end in a chunk. */
  push(chunk: Bytes): Bytes {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    const lines = end > 0
      ? concat([...this.#rest, chunk.subarray(0, end)])
      : none;
    if (end > 0) this.#rest = [];
    this.#rest.push(chunk.subarray(end));
    this.#size = chunk.length - end + (end > 0 ? 0 : this.#size);
    return lines;
  }

  /** What is kept. */
  rest(): Bytes {
    return concat(this.#rest);
  }
}

/**
 * Merges sources in the order in which they come, without tearing lines: of
 * each only whole lines are passed on, and the rest at its end.
 */
export function mergeLines(sources: readonly Source[]): Source {
  const read = async (source: Source) => ({
    source,
    chunk: await source.next(),
  });
  const reading = new Map(sources.map((source) => [source, read(source)]));
  const lines = new Map(sources.map((source) => [source, new WholeLines()]));
  return {
    async next() {
      while (reading.size > 0) {
        const { source, chunk } = await Promise.race(reading.values());
        if (chunk) reading.set(source, read(source));
        else reading.delete(source);
        const whole = lines.get(source)!;
        const bytes = chunk ? whole.push(chunk) : whole.rest();
        if (bytes.length > 0) return bytes;
      }
      return undefined;
    },
    cancel() {
      for (const source of sources) source.cancel();
    },
  };
}

/** One output of a program: what was read of it and not taken yet. */
export class Output {
  /** How many bytes are kept at most. */
  limit: number;
  /** Who takes it as it comes, if somebody does. */
  reader: unknown;
  readonly #source: Source;
  readonly #onLimit: () => void;
  readonly #kept: Bytes[] = [];
  #size = 0;
  #pulling: Promise<void> | undefined;
  #ended = false;
  #readsLeft = readsAfterEnd;

  /** @param onLimit Called when there is more than the limit; it is dropped. */
  constructor(source: Source, limit: number, onLimit: () => void) {
    this.limit = limit;
    this.#source = source;
    this.#onLimit = onLimit;
  }

  /** Whether everything has been read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a read is under way. */
  get isPulling(): boolean {
    return this.#pulling !== undefined && !this.#ended;
  }

  /** How many bytes were read and not taken. */
  get size(): number {
    return this.#size;
  }

  /** All that was read and not taken, which is taken with this. */
  take(): Bytes {
    const bytes = this.bytes();
    this.#kept.length = 0;
    this.#size = 0;
    return bytes;
  }

  /** All that was read and not taken, which stays. */
  bytes(): Bytes {
    const bytes = concat(this.#kept);
    // Joined once: whoever asks again gets the same bytes.
    if (this.#kept.length > 1) this.#kept.splice(0, Infinity, bytes);
    return bytes;
  }

  /** Reads one more chunk. Whoever asks meanwhile waits for the same one. */
  pull(): Promise<void> {
    return this.#pulling ??= this.#read();
  }

  async #read(): Promise<void> {
    const chunk = this.#ended ? undefined : await this.#source.next();
    this.#pulling = undefined;
    if (chunk === undefined) {
      this.#ended = true;
      return;
    }
    const room = this.limit - this.#size;
    const fitting = chunk.length > room ? chunk.slice(0, room) : chunk;
    this.#kept.push(fitting);
    this.#size += fitting.length;
    if (chunk.length > room) this.#onLimit();
  }

  /**
   * Reads one more chunk of what a program wrote that has ended. Another one
   * that it has started and left behind may hold the pipe for hours: when
   * nothing has come for a while, or too much, that is the end.
   */
  async pullLast(): Promise<void> {
    const pulled = this.pull();
    this.#readsLeft -= 1;
    if (this.#readsLeft < 0) await this.close();
    else await this.closeIfQuiet();
    await pulled;
  }

  /** Waits for the next chunk; if none comes soon, this is the end. */
  async closeIfQuiet(): Promise<void> {
    let isQuiet = true;
    const read = () => {
      isQuiet = false;
    };
    const pulled = this.pull().then(read, read);
    // Mostly the rest has come together with the news of the end, and only has
    // to be handed on; letting that happen is cheaper than a timer.
    for (let turns = 0; turns < 30 && isQuiet; turns += 1) await undefined;
    // Several short waits, not one long one: a busy event loop may find a wait
    // over before it has looked at the pipe, but not five times in a row.
    for (let waits = 0; waits < 5 && isQuiet; waits += 1) {
      await within(pulled, 20);
    }
    if (isQuiet) await this.close();
  }

  /** Ends the stream. The program that writes to it gets a broken pipe. */
  async close(): Promise<void> {
    this.#source.cancel();
    while (!this.#ended) await this.pull();
  }
}

/** Joins chunks. */
function concat(chunks: readonly Bytes[]): Bytes {
  if (chunks.length === 1) return chunks[0]!;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
