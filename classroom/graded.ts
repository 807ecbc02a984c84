/**
 * Which tests grade what.
 *
 * @module
 */

/**
 * Whether a test grades a function: it does if it names it.
 *
 * @param test The name of the test.
 * @param name The name of the function, class or method.
 * @returns Whether the name stands in the test's, as a word of its own.
 */
export function grades(test: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(test);
}
