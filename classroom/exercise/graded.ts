/**
 * What names mean: which tests grade what, and which lesson somebody typed.
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

/**
 * Whether a lesson is the one that somebody means.
 *
 * @param lesson Its number, two digits, and its path in the project.
 * @param typed A number, `7` or `07`, or a file, with a path or without.
 * @returns Whether it is.
 */
export function isMeant(
  lesson: { readonly number: string; readonly path: string },
  typed: string,
): boolean {
  if (/^\d+$/.test(typed)) return Number(typed) === Number(lesson.number);
  const nameOf = (path: string) =>
    path.split(/[\\/]/).at(-1)!.replace(/\.ts$/, "");
  return nameOf(typed) === nameOf(lesson.path);
}
