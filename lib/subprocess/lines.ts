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

  /** `limit` is how many bytes a line may have. */
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

/**
 * Hands out lists of lines, one line at a time. A generator that yields line by
 * line takes more than twice as long for each; so this one does it only when its
 * list is at its end, and else the next line is taken past it. `leave` is called
 * when the loop is left, also while a list is awaited.
 */
export function oneByOne(
  lists: AsyncGenerator<string[], void, void>,
  leave: () => Promise<void>,
): AsyncGenerator<string, void, void> {
  let list: string[] = [];
  let taken = 0;
  let waiting = 0;
  const lines = (async function* () {
    for await (list of lists) {
      for (taken = 0; taken < list.length;) yield list[taken++]!;
    }
  })();
  const { next, return: end } = lines;
  lines.next = () => {
    if (waiting === 0 && taken < list.length) {
      return Promise.resolve({ value: list[taken++]!, done: false });
    }
    waiting += 1;
    return next.call(lines).finally(() => waiting -= 1);
  };
  lines.return = async () => {
    list = [];
    await leave();
    return await end.call(lines);
  };
  return lines;
}
