/**
 * A sequence of numbers that is computed and never stored.
 *
 * @module
 */

import { checkNumber } from "../describe.ts";

/**
 * A sequence of numbers at equal distances: `start`, `start + step`,
 * `start + 2 * step`, … Made by `range()`.
 *
 * It is iterable, and no iterator: every loop over it starts again. It keeps
 * two numbers or three, however many it stands for, and computes each one from its
 * place, so that errors of fractions do not add up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { range } from "./functions.ts";
 *
 * const numbers = range(0, 1_000_000, 10);
 * assertEquals(numbers.length, 100_000);
 * assertEquals(numbers.at(-1), 999_990);
 * assertEquals(numbers.includes(15), false);
 * assertEquals([...numbers.slice(1, 4)], [10, 20, 30]);
 * ```
 */
export class Range implements Iterable<number> {
  /** The first number; 0 if there is none. */
  readonly start: number;
  /** The distance between two numbers; 1 if there are fewer than two. */
  declare readonly step: number;
  /** How many numbers there are. */
  readonly length: number;

  // Ranges of the same numbers are made of the same fields, so that they are
  // equal for whoever compares fields, as tests do.
  private constructor(start: number, step: number, length: number) {
    this.start = length > 0 ? start : 0;
    this.length = length;
    if (length > 1 && step !== 1) this.step = step;
  }

  static {
    // Most ranges count by one, and need not keep that: it saves them a sixth.
    Object.defineProperty(this.prototype, "step", { value: 1, writable: true });
  }

  /**
   * Makes a range; `range()` is the short way.
   *
   * @param start The first number.
   * @param stop Where it ends; this number is not part of it.
   * @param step The distance between two numbers.
   * @returns The range.
   * @throws {TypeError} If an argument is no number.
   * @throws {RangeError} If an argument is not finite, the step is 0, or there
   * are more numbers than can be counted.
   */
  static from(start: number, stop: number, step: number): Range {
    checkNumber("range", "start", start);
    checkNumber("range", "stop", stop);
    checkNumber("range", "step", step);
    if (step === 0) throw new RangeError("range: step must not be 0");

    let length = Math.max(0, Math.ceil((stop - start) / step));
    // The division rounds; the numbers themselves decide.
    const isBefore = (i: number) =>
      step > 0 ? start + i * step < stop : start + i * step > stop;
    if (length > 0 && !isBefore(length - 1)) length -= 1;
    else if (isBefore(length)) length += 1;
    if (!Number.isSafeInteger(length)) {
      throw new RangeError(`range: ${length} numbers are too many to count`);
    }
    return new Range(start, step, length);
  }

  /**
   * Gives the number at a place.
   *
   * @param index The place, from 0; from the end if below 0.
   * @returns The number; `undefined` if there is none.
   */
  at(index: number): number | undefined {
    const place = Math.trunc(index) || 0;
    const i = place < 0 ? place + this.length : place;
    return i >= 0 && i < this.length ? this.start + i * this.step : undefined;
  }

  /**
   * Finds a number, without looking at the others.
   *
   * @param value The number.
   * @returns Its place; -1 if it is not one of them.
   */
  indexOf(value: number): number {
    if (typeof value !== "number") return -1;
    const index = Math.round((value - this.start) / this.step);
    return this.at(index) === value && index >= 0 ? index + 0 : -1;
  }

  /**
   * Tells whether a number is one of them.
   *
   * @param value The number.
   * @returns Whether it is.
   */
  includes(value: number): boolean {
    return this.indexOf(value) >= 0;
  }

  /**
   * Gives a part, as `Array.prototype.slice` does.
   *
   * @param from The first place of the part; from the end if below 0.
   * @param to The place after the last one; from the end if below 0.
   * @returns The part, a Range again.
   */
  slice(from = 0, to: number = this.length): Range {
    const place = (index: number) => {
      const i = Math.trunc(index) || 0;
      return i < 0 ? Math.max(0, this.length + i) : Math.min(this.length, i);
    };
    const first = place(from);
    const length = Math.max(0, place(to) - first);
    return new Range(this.start + first * this.step, this.step, length);
  }

  /**
   * Gives the same numbers from the last to the first.
   *
   * @returns A Range again.
   */
  toReversed(): Range {
    return new Range(this.at(-1) ?? 0, -this.step, this.length);
  }

  /**
   * Gives the numbers one by one.
   *
   * @returns A new iterator, which begins with the first number.
   */
  *[Symbol.iterator](): Generator<number, void, void> {
    for (let i = 0; i < this.length; i++) yield this.start + i * this.step;
  }

  /** How the range prints. */
  [Symbol.for("Deno.customInspect")](): string {
    const stop = this.start + this.length * this.step;
    const step = this.step === 1 ? "" : `, ${this.step}`;
    return `Range(${this.start}, ${stop}${step})`;
  }
}
