/**
 * Internal: what a program prints, as it is read.
 *
 * @module
 */

/** Bytes in memory of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Something that gives bytes, a chunk at a time. */
export interface Chunks {
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

/**
 * Reads one stream of a program.
 *
 * Every chunk is copied out of the buffer it was read into: a program that
 * prints little by little would otherwise hold a whole buffer for each few
 * bytes.
 *
 * @param stream The program's standard output or standard error.
 * @returns Its chunks.
 */
export function chunksOf(stream: ReadableStream<Bytes>): Chunks {
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

/**
 * Merges streams in the order in which they come, without tearing lines: of
 * each stream only whole lines are passed on, and the rest at its end.
 *
 * @param sources The streams.
 * @returns One stream of them all.
 */
export function mergeLines(sources: readonly Chunks[]): Chunks {
  const read = async (source: Chunks) => ({
    source,
    chunk: await source.next(),
  });
  const reading = new Map(sources.map((source) => [source, read(source)]));
  const rests = new Map<Chunks, Bytes>();
  return {
    async next() {
      while (reading.size > 0) {
        const { source, chunk } = await Promise.race(reading.values());
        const rest = rests.get(source) ?? new Uint8Array();
        if (chunk === undefined) {
          reading.delete(source);
          if (rest.length > 0) return rest;
          continue;
        }
        reading.set(source, read(source));
        const bytes = concat([rest, chunk]);
        const end = bytes.lastIndexOf(lineFeed) + 1;
        rests.set(source, bytes.subarray(end));
        if (end > 0) return bytes.subarray(0, end);
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
  readonly #chunks: Chunks;
  readonly #onLimit: () => void;
  readonly #kept: Bytes[] = [];
  #size = 0;
  #pulling: Promise<void> | undefined;
  #ended = false;

  /**
   * @param chunks Where the bytes come from.
   * @param limit How many bytes to keep at most.
   * @param onLimit Called when there are more; they are dropped.
   */
  constructor(chunks: Chunks, limit: number, onLimit: () => void) {
    this.limit = limit;
    this.#chunks = chunks;
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

  /** Reads one more chunk. Whoever asks meanwhile waits for the same one. */
  pull(): Promise<void> {
    return this.#pulling ??= this.#read();
  }

  /** All that was read and not taken, which is now taken. */
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

  /** Ends the stream. The program that writes to it gets a broken pipe. */
  async close(): Promise<void> {
    this.#chunks.cancel();
    while (!this.#ended) await this.pull();
  }

  async #read(): Promise<void> {
    const chunk = this.#ended ? undefined : await this.#chunks.next();
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
}

/**
 * Joins chunks.
 *
 * @param chunks The chunks, in order.
 * @returns Their bytes, one after the other.
 */
export function concat(chunks: readonly Bytes[]): Bytes {
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
