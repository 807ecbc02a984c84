/**
 * A program's output, line by line.
 *
 * @module
 */

import type { Output } from "./output.ts";
import type { Program } from "./program.ts";
import type { Encoding } from "./result.ts";

const lineFeed = 10;
const carriageReturn = 13;

/** What is shared by those who read outputs of the same program. */
interface Reading {
  /** Called before the first line is read; throws if somebody else reads. */
  readonly begin: () => void;
  /** Called when no more is read. */
  readonly end: () => void;
  /** Whether somebody reads an output. */
  readonly isRead: (output: Output) => boolean;
}

type Result = IteratorResult<string, void>;

/**
 * The lines of an output. An async generator that yields line by line takes
 * more than twice as long for each; so a generator yields lists of lines, and
 * this hands them out.
 */
export class Lines implements AsyncGenerator<string, void, void> {
  readonly #program: Program<Encoding>;
  readonly #output: Output;
  readonly #reading: Reading;
  readonly #lists: AsyncGenerator<string[], void, void>;
  #list: string[] = [];
  /** The place of the next line in the list. */
  #next = 0;
  #pulling: Promise<IteratorResult<string[], void>> | undefined;
  /** How many wait for a line. */
  #waiting = 0;
  #isReading = false;

  constructor(program: Program<Encoding>, output: Output, reading: Reading) {
    this.#program = program;
    this.#output = output;
    this.#reading = reading;
    this.#lists = this.#read();
  }

  /** The next line. */
  next(): Promise<Result> {
    if (this.#waiting > 0 || this.#next === this.#list.length) {
      return this.#wait();
    }
    const value = this.#list[this.#next++]!;
    return Promise.resolve({ value, done: false });
  }

  async #wait(): Promise<Result> {
    this.#waiting += 1;
    try {
      while (this.#next === this.#list.length) {
        // Whoever waits already is the first to take a line of the next list.
        const { value, done } = await (this.#pulling ??= this.#pull());
        if (done) return { value, done };
      }
      return { value: this.#list[this.#next++]!, done: false };
    } finally {
      this.#waiting -= 1;
    }
  }

  async #pull(): Promise<IteratorResult<string[], void>> {
    try {
      const result = await this.#lists.next();
      this.#list = result.value ?? [];
      this.#next = 0;
      return result;
    } finally {
      this.#pulling = undefined;
    }
  }

  /** Ends the program, also while a line is waited for. */
  async return(): Promise<Result> {
    this.#list = [];
    this.#next = 0;
    if (this.#isReading) await this.#program.release();
    await this.#lists.return();
    return { value: undefined, done: true };
  }

  /** Ends the program, and throws. */
  async throw(error: unknown): Promise<Result> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *#read(): AsyncGenerator<string[], void, void> {
    const program = this.#program;
    const output = this.#output;
    this.#reading.begin();
    this.#isReading = true;
    // What is taken as it comes needs no limit; a line does.
    const limit = output.limit;
    output.limit = Infinity;
    const splitter = new LineSplitter(limit);
    // A program that may not go on printing errors does not go on at all.
    const stopDraining = program.drainAll(this.#reading.isRead);
    try {
      for (let more = true; more || output.size > 0;) {
        if (output.size === 0) more = await program.more(output);
        yield splitter.push(output.take());
        if (!splitter.isTooLong) continue;
        program.failLimit();
        break;
      }
      if (!splitter.isTooLong) yield splitter.end();
      await program.throwFailure();
    } finally {
      this.#isReading = false;
      stopDraining();
      this.#reading.end();
      output.limit = limit;
      if (!output.ended) await program.release();
    }
  }
}

/** Makes lines of chunks. */
class LineSplitter {
  readonly #limit: number;
  readonly #decoder = new TextDecoder();
  /** The line that has no end yet, and how many bytes it has. */
  #rest = "";
  #restSize = 0;
  #isTooLong = false;

  /** @param limit How many bytes a line may have. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a line was too long; it is not given, and nothing after it. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  /** The lines that end in a chunk. */
  push(chunk: Uint8Array): string[] {
    // Mostly, not even all of it together is too long for one line.
    if (this.#restSize + chunk.length > this.#limit) {
      chunk = this.#cut(chunk);
    }
    const end = chunk.lastIndexOf(lineFeed) + 1;
    this.#restSize = chunk.length - end + (end > 0 ? 0 : this.#restSize);
    const text = this.#decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    const mayEndWithReturn = this.#rest.endsWith("\r") || text.includes("\r");
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop()!;
    return mayEndWithReturn ? lines.map(withoutReturn) : lines;
  }

  /** The last line, if it has no end. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.decode();
    return rest === "" ? [] : [rest];
  }

  /** The part of a chunk before a line that is too long. */
  #cut(chunk: Uint8Array): Uint8Array {
    let start = 0;
    let size = this.#restSize;
    while (start < chunk.length) {
      const found = chunk.indexOf(lineFeed, start);
      const end = found < 0 ? chunk.length : found;
      size += end - start;
      const hasReturn = end > start
        ? chunk[end - 1] === carriageReturn
        : start === 0 && this.#rest.endsWith("\r");
      if (size - (hasReturn ? 1 : 0) > this.#limit) {
        this.#isTooLong = true;
        return chunk.subarray(0, start);
      }
      start = end + 1;
      size = 0;
    }
    return chunk;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
