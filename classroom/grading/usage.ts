/**
 * What is wrong with a command line.
 *
 * @module
 */

/** A command line that cannot be carried out: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
