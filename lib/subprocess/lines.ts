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

/** Whole lines, each with LF at its end. */
interface Block {
  readonly text: string;
  /** Whether a line may end with CRLF. */
  readonly hasReturns: boolean;
}

/**
 * The lines of an output. An async generator that yields line by line takes
 * more than twice as long for each; so a generator yields many lines in one
 * text, and this hands them out.
 */
export class Lines implements AsyncGenerator<string, void, void> {
  readonly #program: Program<Encoding>;
  readonly #output: Output;
  readonly #reading: Reading;
  readonly #blocks: AsyncGenerator<Block, void, void>;
  #text = "";
  #hasReturns = false;
  /** Where in the text the next line begins. */
  #start = 0;
  #pulling: Promise<boolean> | undefined;
  /** How many wait for a line. */
  #waiting = 0;
  #isReading = false;

  constructor(program: Program<Encoding>, output: Output, reading: Reading) {
    this.#program = program;
    this.#output = output;
    this.#reading = reading;
    this.#blocks = this.#read();
  }

  /** The next line. */
  next(): Promise<Result> {
    if (this.#waiting > 0 || this.#start === this.#text.length) {
      return this.#wait();
    }
    return Promise.resolve({ value: this.#take(), done: false });
  }

  #take(): string {
    const end = this.#text.indexOf("\n", this.#start);
    const line = this.#text.slice(this.#start, end);
    this.#start = end + 1;
    return this.#hasReturns && line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  async #wait(): Promise<Result> {
    this.#waiting += 1;
    try {
      while (this.#start === this.#text.length) {
        // Whoever waits already is the first to take a line of the next block.
        const more = await (this.#pulling ??= this.#pull());
        if (!more) return { value: undefined, done: true };
      }
      return { value: this.#take(), done: false };
    } finally {
      this.#waiting -= 1;
    }
  }

  async #pull(): Promise<boolean> {
    try {
      const { value, done } = await this.#blocks.next();
      if (done) return false;
      this.#set(value);
      return true;
    } finally {
      this.#pulling = undefined;
    }
  }

  #set({ text, hasReturns }: Block): void {
    this.#text = text;
    this.#hasReturns = hasReturns;
    this.#start = 0;
  }

  /** Ends the program, also while a line is waited for. */
  async return(): Promise<Result> {
    this.#set({ text: "", hasReturns: false });
    if (this.#isReading) await this.#program.release();
    await this.#blocks.return();
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

  async *#read(): AsyncGenerator<Block, void, void> {
    const program = this.#program;
    const output = this.#output;
    this.#reading.begin();
    this.#isReading = true;
    // What is taken as it comes needs no limit; a line does.
    const limit = output.limit;
    output.limit = Infinity;
    const cutter = new LineCutter(limit);
    // A program that may not go on printing errors does not go on at all.
    const stopDraining = program.drainAll(this.#reading.isRead);
    try {
      for (let more = true; more || output.size > 0;) {
        if (output.size === 0) more = await program.more(output);
        yield cutter.push(output.take());
        if (!cutter.isTooLong) continue;
        program.failLimit();
        break;
      }
      if (!cutter.isTooLong) yield cutter.end();
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

/** Cuts chunks at the ends of lines. */
class LineCutter {
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
  push(chunk: Uint8Array): Block {
    // Mostly, not even all of it together is too long for one line.
    if (this.#restSize + chunk.length > this.#limit) chunk = this.#cut(chunk);
    const end = chunk.lastIndexOf(lineFeed) + 1;
    this.#restSize = chunk.length - end + (end > 0 ? 0 : this.#restSize);
    const text = this.#decoder.decode(chunk, { stream: true });
    const textEnd = text.lastIndexOf("\n") + 1;
    if (textEnd === 0) {
      this.#rest += text;
      return { text: "", hasReturns: false };
    }
    const lines = this.#rest + text.slice(0, textEnd);
    this.#rest = text.slice(textEnd);
    return { text: lines, hasReturns: lines.includes("\r") };
  }

  /** The last line, if it has no end. */
  end(): Block {
    const rest = this.#rest + this.#decoder.decode();
    return { text: rest === "" ? "" : `${rest}\n`, hasReturns: false };
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
