/**
 * Asks the reader for each value before it is printed.
 *
 * @module
 */

import { isRight } from "./claims.ts";

/** The reader has ended the lesson, with Ctrl-C or Ctrl-D. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** Reads guesses and counts how many are right. */
export class Quiz {
  readonly #read: () => string | null;
  #asked = 0;
  #right = 0;

  /** @param read Reads a line; null where the reader ends the lesson. */
  constructor(read: () => string | null = () => prompt("    ?")) {
    this.#read = read;
  }

  /**
   * Waits for a line of the reader.
   *
   * @throws {Stopped} If there is none to come.
   */
  ask(): string {
    const line = this.#read();
    const before = this.#asked > 0 ? ` ${this.result}` : "";
    if (line === null) throw new Stopped(`You ended the lesson.${before}`);
    this.#asked += 1;
    return line.trim();
  }

  /** What to say of a guess; nothing where the reader only pressed Enter. */
  judge(guess: string, printed: string): string {
    if (guess === "") return "";
    if (!isRight(guess, printed)) return `wrong: you said ${guess}`;
    this.#right += 1;
    return "right";
  }

  /** A sentence that says how many of the guesses were right. */
  get result(): string {
    return this.#asked === 0
      ? "Nothing was asked: the values here differ from machine to machine."
      : `Your guesses: ${this.#right} of ${this.#asked} right.`;
  }
}
