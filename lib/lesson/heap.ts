/**
 * How much memory a program's values keep.
 *
 * @module
 */

/**
 * How many bytes of the heap, where JavaScript keeps its values, are in use. What
 * nobody can reach any more is collected first.
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
