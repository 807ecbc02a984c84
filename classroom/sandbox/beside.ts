/**
 * Inside the sandbox: the functions of the lesson's own solution that stand beside
 * what is graded. A submission that has another function wrong is not to lose
 * this one too.
 *
 * @module
 */

/**
 * The functions by their names, for the lines at the end of a submission. What
 * may have any type is here.
 */
// deno-lint-ignore no-explicit-any
export const beside: Map<string, any> = new Map<string, any>();

/** A function or class at the top of a file. */
const declared = /^(?:export )?(?:async )?(?:function\s*\*?|class) *(\w+)/gm;

/**
 * Lines for the end of a submission, which put the solution's functions into the
 * places of its own. A module can give its functions other values, and whoever
 * imports them, or calls them in the same file, gets those.
 *
 * @param source What was submitted.
 * @returns The lines; they import this module as `../beside.ts`.
 */
export function linesFor(source: string): string {
  const names = new Set([...source.matchAll(declared)].map(([, name]) => name));
  const lines = [...names].map((name) =>
    // What looks like a function may stand in a text, and not be there.
    "// @ts-ignore: a function is given another value\n" +
    `try { if (beside$.has("${name}")) ${name} = beside$.get("${name}"); } ` +
    "catch {}\n"
  );
  return '\nimport { beside as beside$ } from "../beside.ts";\n' +
    lines.join("");
}
