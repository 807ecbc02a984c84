/**
 * A sequence of numbers that is computed and never stored.
 *
 * @module
 */

import { checkNumber } from "../describe.ts";

/**
 * The numbers `start`, `start + step`, `start + 2 * step`, …; `range()` makes it.
 *
 * It is iterable, and no iterator: every loop over it starts again. It computes
 * each number from its place, so that errors of fractions do not add up.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const tens = Range.from(0, 1_000_000, 10);
 * assertEquals([tens.length, tens.at(-1)], [100_000, 999_990]);
 * assertEquals(tens.includes(15), false);
 * assertEquals([...tens.slice(1, 4)], [10, 20, 30]);
 * ```
 */
export class Range implements Iterable<number> {
  /** The first number; 0 if there is none. */
  readonly start: number;
  /** The distance between two numbers; 1 if there are fewer than two. */
  declare readonly step: number;
  /** How many numbers there are. */
  readonly length: number;

  // Ranges of the same numbers have the same fields, so that they are equal for
  // whoever compares fields, as tests do.
  private constructor(start: number, step: number, length: number) {
    this.start = length > 0 ? start : 0;
    this.length = length;
    if (length > 1 && step !== 1) this.step = step;
  }

  static {
    // Most ranges count by one, and need not keep that: it saves them a sixth.
    Object.defineProperty(this.prototype, "step", { value: 1, writable: true });
  }

  /** Checks the arguments of `range()`, which is the short way. */
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

  /** The number at a place, from the end if below 0; `undefined` if none. */
  at(index: number): number | undefined {
    const place = Math.trunc(index) || 0;
    const i = place < 0 ? place + this.length : place;
    return i >= 0 && i < this.length ? this.start + i * this.step : undefined;
  }

  /** The place of a number, found without a search; -1 without one. */
  indexOf(value: number): number {
    if (typeof value !== "number") return -1;
    const index = Math.round((value - this.start) / this.step);
    return this.at(index) === value && index >= 0 ? index + 0 : -1;
  }

  /** Whether a number is one of them. */
  includes(value: number): boolean {
    return this.indexOf(value) >= 0;
  }

  /**
   * A part, cut as `Array.prototype.slice` does; a Range again. Fractions are
   * computed from its own start: their last digits may be others.
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

  /** From the last number to the first; a Range again, for fractions as `slice()`. */
  toReversed(): Range {
    return new Range(this.at(-1) ?? 0, -this.step, this.length);
  }

  /** Gives the numbers one by one. */
  *[Symbol.iterator](): Generator<number, void, void> {
    for (let i = 0; i < this.length; i++) yield this.start + i * this.step;
  }

  /** What keeps it from being sent to a worker: it could not be iterated there. */
  get [Symbol.for("side-by-side.stays")](): true {
    return true;
  }

  /** How the range prints. */
  [Symbol.for("Deno.customInspect")](): string {
    const stop = this.start + this.length * this.step;
    const step = this.step === 1 ? "" : `, ${this.step}`;
    return `Range(${this.start}, ${stop}${step})`;
  }
}
