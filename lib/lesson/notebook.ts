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

/** Has a notebook show a text below the cell that runs. */
export function printInNotebook(text: string): Promise<void> {
  const { jupyter } = Deno as unknown as { jupyter: Jupyter };
  return jupyter.broadcast("stream", { name: "stdout", text: `${text}\n` });
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
  let sent = Promise.resolve();
  lesson.printTo(terminal((line) => {
    sent = sent.then(() => printInNotebook(line));
  }, 80));
  const awaited = (print: Print): Print => async (...args) => {
    const value = await print(...args);
    await sent;
    // The kernel needs a turn, or it says that the cell has ended before.
    await new Promise((resolve) => setTimeout(resolve, 50));
    // A cell shows the value of its last expression: here, once more.
    return print === lesson.measure ? value : undefined;
  };
  const printing = [
    lesson.show,
    lesson.showError,
    lesson.say,
    lesson.code,
    lesson.table,
    lesson.measure,
    lesson.bars,
    lesson.curve,
    lesson.timeline,
  ];
  const all = printing.map((print) => [print.name, awaited(print as Print)]);
  return { ...lesson, ...Object.fromEntries(all) };
}
