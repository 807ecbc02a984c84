/**
 * Makes JavaScript of a lesson: its types go, its lines stay.
 *
 * @module
 */

import { transform } from "npm:sucrase@3.35.1";

/**
 * Compiles a module of the course.
 *
 * @param source TypeScript.
 * @param path Its path in the project, which stacks name.
 * @returns A module that takes its imports from a global function `course`, and
 * says to be at `course:///` and its path.
 * @throws {SyntaxError} If it cannot be parsed; `line` says where.
 */
export function compile(source: string, path: string): string {
  let code: string;
  try {
    ({ code } = transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: false,
    }));
  } catch (error) {
    const [, what, line] = /^(?:Error parsing .*?: )?(.*?) \((\d+):\d+\)$/
      .exec((error as Error).message) ?? [];
    throw Object.assign(new SyntaxError(what ?? (error as Error).message), {
      line: Number(line ?? 1),
    });
  }
  const imports = code.replace(
    /^import\s*(?:(\{[^}]*\})|\*\s*as\s+(\w+))\s*from\s*("[^"]+")/gm,
    (_, names: string | undefined, all, from) =>
      `const ${names?.replace(/\bas\b/g, ":") ?? all} = course(${from})`,
  );
  const meta =
    `Object.assign(import.meta,{url:"course:///${path}",main:false});`;
  return `${meta}${imports}\n//# sourceURL=${path}`;
}

/** An address from which a module can be imported, also in a page from the disk. */
export function addressOf(module: string): string {
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(module)}`;
}
