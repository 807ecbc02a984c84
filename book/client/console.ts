/**
 * A console whose words go to the page.
 *
 * @module
 */

import { inspect, words } from "./inspect.ts";

/** More than this has no reader, and leaves a page no time for a click on Stop. */
const most = 5_000;
const longest = 20_000;

/** The beginning of a text that is longer than anybody reads. */
export function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}

/**
 * Puts a console into this thread.
 *
 * @param print Takes what is printed; the first five thousand texts only.
 */
export function installConsole(print: (text: string) => void): void {
  let printed = 0;
  let indent = "";
  const log = (...values: unknown[]) => {
    printed += 1;
    if (printed > most + 1) return;
    const text = printed > most
      ? `after ${most} lines, nothing more is shown`
      : (indent + words(values)).replaceAll("\n", `\n${indent}`);
    print(shorten(text));
  };
  const group = (...values: unknown[]) => {
    log(...values);
    indent += "  ";
  };
  const counts = new Map<string, number>();
  const starts = new Map<string, number>();
  const took = (name = "default") =>
    log(
      `${name}: ${Math.round(performance.now() - (starts.get(name) ?? 0))}ms`,
    );
  Object.assign(console, {
    ...{ log, error: log, warn: log, info: log, debug: log, trace: log },
    ...{ group, groupCollapsed: group },
    groupEnd: () => indent = indent.slice(2),
    dir: (value: unknown) => log(inspect(value)),
    assert: (is: unknown, ...values: unknown[]) =>
      is || log("Assertion failed:", ...values),
    count: (name = "default") => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      log(`${name}: ${counts.get(name)}`);
    },
    time: (name = "default") => starts.set(name, performance.now()),
    ...{ timeLog: took, timeEnd: took },
    table: (rows: unknown) => log(tableOf(rows)),
  });
}

/** What `console.table` prints: a column for each key, a row for each item. */
function tableOf(rows: unknown): string {
  if (typeof rows !== "object" || rows === null) return words([rows]);
  const all = Object.entries(rows);
  const isRow = (row: unknown) => typeof row === "object" && row !== null;
  const keys = new Set(
    all.flatMap(([, row]) => isRow(row) ? Object.keys(row) : ["Values"]),
  );
  const cells = all.map(([name, row]) => [
    name,
    ...[...keys].map((key) => {
      if (!isRow(row)) return key === "Values" ? inspect(row) : "";
      return key in row ? inspect((row as Record<string, unknown>)[key]) : "";
    }),
  ]);
  const lines = [["", ...keys], ...cells];
  const widths = lines[0]!.map((_, i) =>
    Math.max(...lines.map((line) => line[i]!.length))
  );
  return lines.map((line) =>
    line.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()
  ).join("\n");
}
