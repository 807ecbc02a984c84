/**
 * How lessons print in a Jupyter notebook.
 *
 * Deno's kernel (2.9) reads what a cell writes to standard output on the side:
 * what is written just before the cell ends comes late, in another cell, or
 * not at all. So lines are sent as messages of their own, and each function
 * resolves once its lines have been sent.
 *
 * @module
 */

import * as lesson from "../lesson.ts";
import { terminal } from "./output.ts";

// deno-lint-ignore no-explicit-any
type Print = (...args: any[]) => unknown;

/** What of `Deno.jupyter` is used; the compiler knows it as unstable. */
interface Jupyter {
  broadcast(type: "stream", content: Record<string, unknown>): Promise<void>;
}

/**
 * The functions that print, for a notebook: `await show(() => 2 + 2)`. The
 * others are as they are.
 *
 * @example In the first cell of a notebook
 * ```ts ignore
 * const { show, code } = inNotebook();
 * ```
 */
export function inNotebook(): Record<string, unknown> {
  const { jupyter } = Deno as unknown as { jupyter: Jupyter };
  let sent = Promise.resolve();
  lesson.printTo(terminal((line) => {
    const content = { name: "stdout", text: `${line}\n` };
    sent = sent.then(() => jupyter.broadcast("stream", content));
  }, 80));
  const awaited = (print: Print): Print => async (...args) => {
    await print(...args);
    await sent;
  };
  const printing = [
    lesson.show,
    lesson.showError,
    lesson.say,
    lesson.code,
    lesson.table,
    lesson.measure,
    lesson.bars,
    lesson.timeline,
  ];
  const all = printing.map((print) => [print.name, awaited(print as Print)]);
  return { ...lesson, ...Object.fromEntries(all) };
}
