/**
 * How a function travels to where it runs: as its source text, or as the name
 * of what a module exports.
 *
 * @module
 */

import { describe } from "../describe.ts";

/** A function as it travels. */
export interface Task {
  /** The same for two functions of the same text. */
  readonly id: number;
  readonly name: string;
  /** The text of the function, unless a module is named. */
  readonly source: string;
  /** The URL of the module that exports the function. */
  readonly module: string | undefined;
}

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Reading a function's text again for each of many calls would cost. */
const tasks = new WeakMap<AnyFunction, Task>();
const ids = new Map<string, number>();

/**
 * Makes a function ready to travel: by its name if a module exports it, as text
 * otherwise. It throws a TypeError if there is no text to send.
 */
export function packFunction(
  fn: AnyFunction,
  caller: string,
  module?: string,
): Task {
  const known = module === undefined ? tasks.get(fn) : undefined;
  if (known) return known;
  if (typeof fn !== "function") {
    throw new TypeError(
      `${caller}: a task must be a function: received ${describe(fn)}`,
    );
  }
  if (module !== undefined && !fn.name) {
    throw new TypeError(
      `${caller}: a task from a module must have the name it is exported under`,
    );
  }
  const source = module === undefined ? sourceOf(fn, caller) : "";
  const key = JSON.stringify([source, module, fn.name]);
  const id = ids.get(key) ?? ids.size;
  ids.set(key, id);
  const task = { id, name: fn.name || "task", source, module };
  if (module === undefined) tasks.set(fn, task);
  return task;
}

function sourceOf(fn: AnyFunction, caller: string): string {
  const source = textOf(fn);
  const refuse = (why: string) =>
    new TypeError(`${caller}: cannot send ${describe(fn)}: ${why}`);
  if (/^(class\b|@)/.test(source)) {
    throw refuse("a task is called without new");
  }
  if (/\{\s*\[native code\]\s*\}$/.test(source)) {
    throw refuse(
      fn.name.startsWith("bound ")
        ? "it is bound, and what it is bound to would stay behind; " +
          "pass that as an argument"
        : "it is native, so it has no text; wrap it in a function of your " +
          "own, such as (x) => Math.abs(x)",
    );
  }
  return source;
}

/**
 * The text of a function or class. Deno 2.8 moves the computed names of a class's
 * members out of it, to variables; the symbols say what they were. Of a class in
 * a function, the variables are in the function, too.
 */
export function textOf(part: unknown): string {
  const { prototype } = part as { prototype?: object };
  const symbols = Object.getOwnPropertySymbols(prototype ?? {});
  return String(part).replace(/(?<=\[)_computedKey\d*(?=\])/g, (name) => {
    const symbol = symbols.shift();
    if (!symbol) return name;
    const key = Symbol.keyFor(symbol);
    return key ? `Symbol.for("${key}")` : symbol.description!;
  });
}
