/**
 * How much memory a program's values keep.
 *
 * @module
 */

/**
 * Measures the heap: the memory in which JavaScript keeps its values.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { heapInUse } from "../lesson.ts";
 *
 * const before = heapInUse();
 * const numbers = new Array(1_000_000).fill(0);
 * const added = heapInUse() - before; // about 8 bytes for each number
 * assert(added > 7 * numbers.length && added < 9 * numbers.length);
 * ```
 *
 * @returns How many bytes are in use. What nobody can reach any more is
 * collected first.
 */
export function heapInUse(): number {
  try {
    // No computer has this much: V8 collects all garbage before it refuses.
    new ArrayBuffer(2 ** 50);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return Deno.memoryUsage().heapUsed;
}
