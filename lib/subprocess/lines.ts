/**
 * Bytes, cut into lines.
 *
 * @module
 */

import type { Bytes } from "./output.ts";

/** Cuts UTF-8 into lines, which end with LF or CRLF. */
export class LineCutter {
  /** Whether the line after the last one that was given is too long. */
  isTooLong = false;
  readonly #limit: number;
  // Unless told to, Deno drops a byte order mark at the start of some chunks.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #isFirst = true;
  /** The line that has not ended. */
  #rest = "";
  #endedInReturn = false;

  /** @param limit How many bytes a line may have. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that end in a chunk; if one is too long, those before it. */
  push(chunk: Bytes): string[] {
    const text = this.#decode(chunk);
    // A line is looked at once, when it has ended, however long it is.
    const units = this.#rest.length + text.length;
    const lines = text.split("\n");
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop()!;
    const hasReturns = this.#endedInReturn || text.includes("\r");
    this.#endedInReturn = text.endsWith("\r");
    return this.#fitting(hasReturns ? lines.map(withoutReturn) : lines, units);
  }

  /** The last line, if it ended without a line end. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    return this.#fitting(rest === "" ? [] : [rest], rest.length);
  }

  #decode(chunk: Bytes): string {
    const text = this.#decoder.decode(chunk, { stream: true });
    const hasMark = this.#isFirst && text.startsWith("\ufeff");
    this.#isFirst &&= text === "";
    return hasMark ? text.slice(1) : text;
  }

  /** The lines before one that is too long. */
  #fitting(lines: string[], units: number): string[] {
    const limit = this.#limit;
    // One unit of a string is up to three bytes.
    if (units * 3 <= limit) return lines;
    const first = lines.findIndex((line) =>
      new TextEncoder().encode(line).length > limit
    );
    // The last character may be half of a CRLF.
    this.isTooLong = first >= 0 || this.#rest.length > limit + 1;
    return first >= 0 ? lines.slice(0, first) : lines;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

type Result = IteratorResult<string, void>;

/**
 * Hands out lists of lines, one line at a time. An async generator that yields
 * line by line takes more than twice as long for each.
 */
export class Lines implements AsyncGenerator<string, void, void> {
  readonly #lists: AsyncGenerator<string[], void, void>;
  readonly #leave: () => Promise<void>;
  #lines: string[] = [];
  #next = 0;
  /** How many wait for a line, and what the next one has to wait for. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param leave Called when the loop is left, also while a list is awaited. */
  constructor(
    lists: AsyncGenerator<string[], void, void>,
    leave: () => Promise<void>,
  ) {
    this.#lists = lists;
    this.#leave = leave;
  }

  /** The next line. */
  next(): Promise<Result> {
    if (this.#waiting === 0 && this.#next < this.#lines.length) {
      return Promise.resolve(this.#take());
    }
    this.#waiting += 1;
    const line = this.#last.then(() => this.#wait());
    this.#last = line.catch(() => {});
    return line;
  }

  #take(): Result {
    const value = this.#lines[this.#next]!;
    this.#next += 1;
    return { value, done: false };
  }

  async #wait(): Promise<Result> {
    try {
      while (this.#next >= this.#lines.length) {
        const { value, done } = await this.#lists.next();
        if (done) return { value, done };
        this.#lines = value;
        this.#next = 0;
      }
      return this.#take();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Ends the program. */
  async return(): Promise<Result> {
    this.#lines = [];
    await this.#leave();
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
}
