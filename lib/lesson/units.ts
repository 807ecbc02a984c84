/**
 * Quantities as people read them: grouped digits, and units that fit.
 *
 * @module
 */

import { format } from "@std/fmt/bytes";

/**
 * Writes a number with its digits in groups of three: `4 000 000`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { count } from "../lesson.ts";
 *
 * assertEquals(count(4_000_000), "4 000 000");
 * assertEquals(count(1234.5), "1 234.5");
 * ```
 *
 * @param value The number.
 * @returns The number as text.
 */
export function count(value: number | bigint): string {
  const [whole = "", ...fraction] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, " ");
  return [grouped, ...fraction].join(".");
}

/**
 * Writes a duration with the unit that fits it: `2.00 s`, `12.5 ms`, `7 µs`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { duration } from "../lesson.ts";
 *
 * assertEquals(duration(2000), "2.00 s");
 * assertEquals(duration(12.46), "12.5 ms");
 * assertEquals(duration(0.0071), "7 µs");
 * ```
 *
 * @param ms The duration in milliseconds.
 * @returns The duration as text, with three digits; microseconds are whole.
 */
export function duration(ms: number): string {
  const microseconds = Math.round(ms * 1000);
  if (Math.abs(microseconds) < 1000) return `${microseconds} µs`;
  if (Math.abs(ms) < 999.5) return `${threeDigits(ms)} ms`;
  return `${threeDigits(ms / 1000)} s`;
}

/**
 * Writes how many times as fast one of two ways was: `1.73 ×`, or, where it was
 * slower, `3 700 × slower`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { speedup } from "../lesson.ts";
 *
 * assertEquals(speedup(200, 100), "2.00 ×");
 * assertEquals(speedup(1, 3700), "3 700 × slower");
 * ```
 *
 * @param before How long it took the usual way, on any scale.
 * @param after How long it took the other way, on the same scale.
 * @returns The ratio as text, with two or three digits.
 */
export function speedup(before: number, after: number): string {
  if (!(before > 0 && after > 0)) return "too quick to tell";
  return after <= before
    ? `${threeDigits(before / after)} ×`
    : `${threeDigits(after / before)} × slower`;
}

/**
 * Writes a number of bytes with the unit that fits it: `800 kB`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bytes } from "../lesson.ts";
 *
 * assertEquals(bytes(800_056), "800 kB");
 * ```
 *
 * @param size The number of bytes.
 * @returns The number as text, in units of 1000.
 */
export function bytes(size: number): string {
  return format(size);
}

/** Three digits that count, and no exponent: 1.73, 12.5, 3 700. */
function threeDigits(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  if (decimals > 0) return value.toFixed(Math.min(decimals, 2));
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value))) - 1);
  return count(
    value < 1000 ? Math.round(value) : Math.round(value / unit) * unit,
  );
}
