/**
 * Finds lines in the stacks of errors, as any engine writes them.
 *
 * @module
 */

/**
 * The line of a module in which a stack's innermost call into it is.
 *
 * @param stack The stack of an error, as any engine writes it.
 * @param path The module's path.
 * @returns The line, from 1; undefined if the module is not in the stack.
 */
export function lineIn(
  stack: string | undefined,
  path: string,
): number | undefined {
  // Engines name the module by its sourceURL, or by its address, which ends so.
  const names = [path, encodeURIComponent(path)].map((name) => `${name}:`);
  const found = names.map((name) => stack?.indexOf(name) ?? -1);
  const at = Math.min(...found.filter((at) => at >= 0));
  const [, line] = /^[^:]*:(\d+)/.exec(stack?.slice(at) ?? "") ?? [];
  return line === undefined ? undefined : Number(line);
}
