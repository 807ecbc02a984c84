/**
 * A program's output, line by line.
 *
 * @module
 */

import { type Bytes, type Output, WholeLines } from "./output.ts";
import type { OutputName, Program } from "./program.ts";
import type { Encoding } from "./result.ts";

const lineFeed = 10;
const carriageReturn = 13;

type Result = IteratorResult<string, void>;

/**
 * The lines of an output. An async generator that yields line by line takes
 * more than twice as long for each; so a generator yields many lines in one
 * text, and this hands them out.
 */
export class Lines implements AsyncGenerator<string, void, void> {
  readonly #program: Program<Encoding>;
  readonly #name: OutputName;
  readonly #output: Output;
  readonly #blocks = this.#read();
  #text = "";
  #hasReturns = false;
  /** Where in the text the next line begins. */
  #start = 0;
  /** How many wait for a line, and the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(program: Program<Encoding>, name: OutputName) {
    const output = program.outputs.get(name);
    if (output === undefined) {
      throw new TypeError(`Subprocess.lines: ${name} is not piped`);
    }
    this.#program = program;
    this.#name = name;
    this.#output = output;
    this.#checkFree();
  }

  #checkFree(): void {
    if (this.#output.reader === undefined) return;
    throw new TypeError(
      `Subprocess.lines: ${this.#name} is being read already`,
    );
  }

  /** The next line. */
  next(): Promise<Result> {
    if (this.#waiting > 0 || this.#start >= this.#text.length) {
      const before = this.#last.catch(() => {});
      return this.#last = this.#wait(before);
    }
    return Promise.resolve({ value: this.#take(), done: false });
  }

  #take(): string {
    const found = this.#text.indexOf("\n", this.#start);
    const end = found < 0 ? this.#text.length : found;
    const line = this.#text.slice(this.#start, end);
    this.#start = end + 1;
    const isCut = this.#hasReturns && found >= 0 && line.endsWith("\r");
    return isCut ? line.slice(0, -1) : line;
  }

  /** Waits for those that asked before, and then for a line. */
  async #wait(before: Promise<unknown>): Promise<Result> {
    this.#waiting += 1;
    try {
      await before;
      while (this.#start >= this.#text.length) {
        const { value, done } = await this.#blocks.next();
        if (done) return { value, done };
        this.#set(value);
      }
      return { value: this.#take(), done: false };
    } finally {
      this.#waiting -= 1;
    }
  }

  #set(text: string): void {
    this.#text = text;
    this.#hasReturns = text.includes("\r");
    this.#start = 0;
  }

  /** Ends the program, also while a line is waited for. */
  async return(): Promise<Result> {
    this.#set("");
    if (this.#output.reader === this) await this.#program.release();
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

  /** Reads whole lines, many at a time, and at last the one that has no end. */
  async *#read(): AsyncGenerator<string, void, void> {
    const [program, output] = [this.#program, this.#output];
    this.#checkFree();
    output.reader = this;
    // What is taken as it comes needs no limit; a line does.
    const { limit } = output;
    output.limit = Infinity;
    // A program that may not go on printing errors does not go on at all.
    const stopDraining = program.drainAll();
    const decoder = new TextDecoder();
    const lines = new WholeLines();
    let isFitting = true;
    try {
      while (isFitting && (output.size > 0 || await program.more(output))) {
        const whole = lines.push(output.take());
        const end = fitting(whole, limit);
        yield decoder.decode(whole.subarray(0, end), { stream: true });
        isFitting = end === whole.length &&
          (lines.size <= limit || fitting(lines.rest(), limit) === lines.size);
      }
      if (isFitting) yield decoder.decode(lines.rest());
      else program.failLimit();
      await program.throwFailure();
    } finally {
      stopDraining();
      output.reader = undefined;
      output.limit = limit;
      if (!output.ended) await program.release();
    }
  }
}

/** How much of some lines comes before the first one that is too long. */
function fitting(lines: Bytes, limit: number): number {
  // Mostly, not even all of it together is too long for one line.
  let start = lines.length > limit ? 0 : lines.length;
  while (start < lines.length) {
    const found = lines.indexOf(lineFeed, start);
    const end = found < 0 ? lines.length : found;
    const hasReturn = end > start && lines[end - 1] === carriageReturn;
    if (end - start - (hasReturn ? 1 : 0) > limit) return start;
    start = found < 0 ? end : end + 1;
  }
  return lines.length;
}
