/**
 * What a student wrote, without the starter around it.
 *
 * @module
 */

import { regionsOf, starterOf } from "./regions.ts";

/** What stands in one function, of a student's making. */
export interface WrittenRegion {
  readonly name: string;
  readonly text: string;
}

/**
 * Finds what a student wrote in the functions that were to be written. The
 * markers of the regions are not in a starter, so a function is found by its
 * head and ends with the brace below that; lines that stand in the starter are
 * left out.
 *
 * @param lesson The text of the lesson's own file.
 * @param submitted The text of the submitted file.
 * @returns What was written in each function that is there.
 */
export function writtenIn(lesson: string, submitted: string): WrittenRegion[] {
  const starter = new Set(linesOf(starterOf(lesson)).map((it) => it.trim()));
  const lines = linesOf(submitted);
  const names = [...new Set(regionsOf(lesson).map(({ name }) => name))];
  return names.flatMap((name) => {
    const head = new RegExp(
      `^(?:export )?(?:async )?(?:function\\*?|class|const) ${name}\\b` +
        `|^ {2}(?:static |async |\\*)*${name}(?:<.*>)?\\(`,
    );
    const start = lines.findIndex((line) => head.test(line));
    if (start === -1) return [];
    const [indent] = /^ */.exec(lines[start]!)!;
    const length = lines.slice(start + 1)
      .findIndex((line) => line.startsWith(`${indent}}`));
    const end = length === -1 ? lines.length : start + 1 + length;
    const own = lines.slice(start, end).filter((line) =>
      !starter.has(line.trim()) && !isMarker.test(line)
    );
    return [{ name, text: own.join("\n") }];
  });
}

const isMarker = /^\s*\/\/ #(end)?region solution\b/;

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}
