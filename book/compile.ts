/**
 * Makes JavaScript of a lesson: its types go, its lines stay.
 *
 * @module
 */

import { transform } from "npm:sucrase@3.35.1";

/** The imports that there can be: of names, or of everything. */
const imports =
  /^import\s*(?:(\{[^}]*\})|\*\s*as\s+(\w+))\s*from\s*(["'])([^"'\n]+)\3/gm;
/** All other ways to load a module as a part of this one. */
const others =
  /^(?:import\s*(?!\()[^;.(]*|export\b[^;"'(=]*from\s*)["']([^"'\n]+)["']/m;

/** An error of the language, and where it is. */
export class CompileError extends SyntaxError {
  /** The line, from 1. */
  readonly line: number;

  /** @param message What is wrong. */
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/**
 * Compiles a module of the course.
 *
 * @param source TypeScript.
 * @param path Its path in the project, which stacks name.
 * @returns A module that takes its imports from the global functions `course`
 * and `courseImport`, and says to be at `course:///` and its path.
 * @throws {CompileError} If it cannot be parsed, or imports in a way that the
 * book cannot.
 */
export function compile(source: string, path: string): string {
  const code = withoutTypes(source).replace(
    imports,
    (_, names: string | undefined, all, _quote, from) => {
      const wanted = (names ?? "").replace(/[{}]/g, "").split(",")
        .map((it) => it.trim().split(/\s/)[0]!).filter(Boolean);
      const left = names?.replace(/\bas\b/g, ":") ?? all;
      return `const ${left}=course(${JSON.stringify(from)},${
        JSON.stringify(wanted)
      })`;
    },
  ).replace(/(?<![.\w$])import\(/g, "courseImport(");
  const other = others.exec(code);
  if (other) {
    const line = code.slice(0, other.index).split("\n").length;
    throw new CompileError(
      `the book cannot import "${other[1]}" so: a lesson imports names, ` +
        'import { … } from "…", of "../mod.ts" and "../lib/lesson.ts"',
      line,
    );
  }
  const meta =
    `Object.assign(import.meta,{url:"course:///${path}",main:false});`;
  return `${meta}${code}\n//# sourceURL=${path}`;
}

/** The JavaScript in TypeScript, on the same lines; throws a CompileError. */
export function withoutTypes(source: string): string {
  try {
    return transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: false,
    }).code;
  } catch (error) {
    const { message } = error as Error;
    const [, what = message, line = 1] =
      /^(?:Error parsing .*?: )?(.*?) \((\d+):\d+\)$/.exec(message) ?? [];
    throw new CompileError(what, Number(line));
  }
}

/** An address from which a module can be imported, also in a page from the disk. */
export function addressOf(module: string): string {
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(module)}`;
}
