/**
 * The fresh inputs are tried on functions that are changed at random places: each
 * part of what is compared has to differ for one of them. What no change reaches
 * would be compared in vain.
 */

import { assertEquals } from "@std/assert";
import { answersTo, replaced } from "../../classroom/exercise/answers.ts";
import {
  type LessonFiles,
  lessonsIn,
  type Region,
  regionsOf,
} from "../../classroom/exercise/regions.ts";
import { freshInputs, type Outcome } from "../../classroom/sandbox/inputs.ts";
import type { Kit } from "../../classroom/sandbox/kit.ts";
import { testWith } from "../helper.ts";
import { forEach, root, Tried, withKit } from "./kits.ts";

testWith(
  ["run", "read", "write", "env"],
  "inputs: each part of what is compared differs for a wrong function",
  () =>
    withKit(async (kit) => {
      // Nothing but the inputs is to be tried.
      for (const lesson of kit.lessons.values()) {
        await Deno.writeTextFile(
          `${kit.folder}/kit/tests/${lesson}_test.ts`,
          'Deno.test("given: nothing", () => {});\n',
        );
      }
      const unseen = await forEach(
        lessonsIn(root),
        (lesson) => unseenIn(kit, lesson),
      );
      assertEquals(unseen.sort(), []);
    }),
);

/** The parts of a lesson's outcomes that no changed function changes. */
async function unseenIn(kit: Kit, lesson: LessonFiles): Promise<string[]> {
  const { number } = lesson;
  const tried = new Tried(kit, lesson, { seed: 7, trusted: false });
  const unseen: string[] = [];
  for (const region of regionsOf(tried.source)) {
    const expected = await outcomesOf(tried, tried.source, region) ?? [];
    const parts = expected.map(({ result }) => partsOf(result));
    unseen.push(
      ...expected.filter(({ call, result }) =>
        /(?<!done: true, value: )\bundefined\b/.test(result) &&
        !call.includes("undefined")
      ).map(({ call, result }) => `${number} ${call} compares ${result}`),
    );
    const wrong = answersTo(lesson)
      .filter((it) => it.region === region.name && !it.isRight && !it.top)
      .map(({ body }) => body);
    for (const body of [...wrong, ...changesOf(region)]) {
      if (parts.every(({ size }) => size === 0)) break;
      const text = replaced(tried.source, region, body);
      const found = await outcomesOf(tried, text, region) ?? [];
      parts.forEach((own, i) => {
        const others = partsOf(found[i]?.result ?? "");
        for (const [name, value] of own) {
          const isSeen = found[i]?.call === expected[i]!.call &&
            others.get(name) !== value;
          if (isSeen) own.delete(name);
        }
      });
    }
    parts.forEach((own, i) => {
      for (const [name, value] of own) {
        unseen.push(`${number} ${expected[i]!.call}: ${name} ${value}`);
      }
    });
  }
  return unseen;
}

/** What fresh inputs give, if the function takes any, and gets through them. */
async function outcomesOf(
  tried: Tried,
  text: string,
  { name }: Region,
): Promise<readonly Outcome[] | undefined> {
  const isOwn = text === tried.source;
  const { limits } = tried.options();
  // Of those that do not end, nothing is expected.
  const { regions } = await tried.run(text, [name], {
    ...limits,
    ...(isOwn ? {} : { time: 3_000 }),
  });
  const run = regions.get(name)?.tests.get(freshInputs(name));
  if (isOwn && run?.status === "failed") throw new Error(run.reason);
  return run?.status === "passed" ? run.outcomes : undefined;
}

/** The fields of an object that `canonical` wrote; of another value, itself. */
function partsOf(result: string): Map<string, string> {
  if (!result.startsWith("{")) return new Map([["", result]]);
  const parts = new Map<string, string>();
  let depth = 0;
  let part = "";
  for (const [token] of result.slice(1).matchAll(/"(?:\\.|[^"\\])*"|[^]/g)) {
    if ("[{".includes(token)) depth += 1;
    if ("]}".includes(token)) depth -= 1;
    if (depth < 0 || token === "," && depth === 0) {
      const [, name = "", value = ""] = /^ ?([^:]*): ([^]*)$/.exec(part) ?? [];
      if (name) parts.set(name, value);
      part = "";
    } else part += token;
  }
  return parts;
}

/** What stands in a region, changed in one place each time; and other ends. */
function changesOf({ text }: Region): string[] {
  const ends = ["undefined", "true", "false", "0", "[]"]
    .map((value) => `return ${value} as any;`);
  const changes: readonly (readonly [RegExp, string])[] = [
    [/\b\d+n?\b/g, "$& + 1"],
    [/\bawait /g, ""],
    [/ === /g, " !== "],
    [/ !== /g, " === "],
    [/ (<|>=) /g, " <= "],
    [/ > /g, " >= "],
    [/ \+= /g, " -= "],
    [/ \+ /g, " - "],
    [/ \* /g, " + "],
    [/\btrue\b/g, "false"],
    [/\bfalse\b/g, "true"],
    [/"(\w)/g, '"x$1'],
    [/^ *(?!return|const|let|for|if|switch|case|using|\}|\{)\S.*;$/gm, ""],
  ];
  return [
    ...ends,
    ...changes.flatMap(([pattern, by]) =>
      [...text.matchAll(pattern)].map(({ 0: found, index }) =>
        text.slice(0, index) +
        found.replace(new RegExp(pattern.source, "m"), by) +
        text.slice(index + found.length)
      )
    ),
    'throw new Error("another one");',
  ];
}
