/**
 * Quantities as people read them: grouped digits, and units that fit.
 *
 * @module
 */

import { format } from "@std/fmt/bytes";

/** A number with its digits in groups of three: `4 000 000`, `1 234.5`. */
export function count(value: number | bigint): string {
  const [whole = "", ...fraction] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, " ");
  return [grouped, ...fraction].join(".");
}

/** Milliseconds, with the unit that fits: `2.00 s`, `12.5 ms`, `7 µs`. */
export function duration(ms: number): string {
  const microseconds = Math.round(ms * 1000);
  if (Math.abs(microseconds) < 1000) return `${microseconds} µs`;
  if (Math.abs(ms) < 999.5) return `${threeDigits(ms)} ms`;
  return `${threeDigits(ms / 1000)} s`;
}

/**
 * How many times as fast the second of two ways was, given how long each took:
 * `1.73 ×`, or, where it was slower, `3 700 × slower`.
 */
export function speedup(before: number, after: number): string {
  if (!(before > 0 && after > 0)) return "too quick to tell";
  return after <= before
    ? `${threeDigits(before / after)} ×`
    : `${threeDigits(after / before)} × slower`;
}

/** A number of bytes, with the unit that fits, in steps of 1000: `800 kB`. */
export function bytes(size: number): string {
  return format(size);
}

/** Three digits that count, and no exponent: `1.73`, `12.5`, `3 700`. */
function threeDigits(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  if (decimals > 0) return value.toFixed(Math.min(decimals, 2));
  return count(Number(value.toPrecision(value < 1000 ? 3 : 2)));
}
