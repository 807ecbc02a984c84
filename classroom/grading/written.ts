/**
 * What a student wrote, without the starter around it.
 *
 * @module
 */

import { regionsOf, starterOf } from "../exercise/regions.ts";

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

/**
 * What a submission declares otherwise than the lesson does: a sign that it was
 * made from an older starter.
 *
 * @param own The text of the lesson's own file.
 * @param submitted The text of the submitted file.
 * @returns What is different, in words; nothing if all is as it should be.
 */
export function differencesOf(own: string, submitted: string): string[] {
  const expected = signaturesOf(own);
  const found = signaturesOf(submitted);
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const changed = [...expected].filter(([name, signature]) =>
    found.has(name) && found.get(name) !== signature
  ).map(([name]) => name);
  const all = [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
    ...(changed.length > 0 ? [`declares ${changed.join(", ")} otherwise`] : []),
  ];
  if (all.length === 0) return [];
  return [`${all.join(", and ")}: was it made from an older starter?`];
}

/** The heads of a file's exported functions and classes, by name. */
function signaturesOf(source: string): Map<string, string> {
  const signatures = new Map<string, string>();
  const lines = source.split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const declared = /^export (?:async )?(?:function\*?|class|const) (\w+)/
      .exec(line);
    if (declared === null) continue;
    // The head of a function can take some lines. What is longer than they are
    // is cut, which is no reason to search it for ever.
    const text = lines.slice(i, i + 8).join("").slice(0, 500);
    const [head = ""] = text.slice(declared[0].length).split(/\{|;|=>|= /);
    signatures.set(declared[1]!, head.replace(/[\s,]+/g, ""));
  }
  return signatures;
}
