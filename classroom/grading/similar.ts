/**
 * Which submissions share code that few others have.
 *
 * Every submitted file is cut into tokens, each token is written as one
 * character, and every run of {@linkcode runLength} of them is looked for in all
 * submissions. Which runs are rare is counted: nothing is estimated.
 *
 * @module
 */

// js-tokens never fails, keeps to the standard also in templates and regular
// expressions, takes time in proportion to any input, and needs no other package.
import jsTokens from "npm:js-tokens@10.0.0";
import type { SimilarPair } from "../reports/report.ts";

/** What one student submitted: texts by the names of their files. */
export interface Submitted {
  readonly student: string;
  readonly files: ReadonlyMap<string, string>;
}

/** How many tokens make a run: what is shorter, many write alike. */
export const runLength = 12;

/** How many pairs are listed, and how many stretches of each. */
const most = { pairs: 10, stretches: 5 };

/** A longer file is cut: nobody writes that much by hand. */
const longest = 100_000;

/** A file, and a character for each of its tokens. */
interface Code {
  readonly file: string;
  readonly text: string;
  readonly symbols: string;
}

/** Where a run stands in a submission. */
interface Place {
  readonly code: Code;
  /** The number of its first token. */
  readonly at: number;
}

/** A stretch that two submissions have in common. */
interface Stretch {
  readonly places: readonly [Place, Place];
  /** How many tokens it has. */
  length: number;
  /** How many submissions have the rarest run of it. */
  holders: number;
  weight: number;
}

/**
 * Lists the pairs of students who share the rarest stretches of code, for a
 * teacher to judge. A run that both have and nobody else counts 1, one that n
 * others have too counts 1 / (n + 1), and one that more than half of the class
 * has counts nothing. The names of variables, the values of literals, comments
 * and white space make no difference, and neither does the file or the order in
 * which things stand.
 *
 * @param submissions What each student submitted.
 * @param known Texts that everyone was given: what stands there is left out.
 * @returns At most ten pairs, those that share most first.
 */
export function similarPairs(
  submissions: readonly Submitted[],
  known: readonly string[] = [],
): SimilarPair[] {
  const symbolOf = symbols();
  const given = runsOf(known.map((text) => codeOf("", text, symbolOf)));
  const runs = submissions.map(({ files }) =>
    runsOf(
      [...files].map(([file, text]) => codeOf(file, text, symbolOf)),
      given,
    )
  );
  const holders = rareRuns(runs);
  return firstPairs(runs.length, holders.values()).map(([a, b]) => {
    const stretches = stretchesOf(runs[a]!, runs[b]!, holders);
    return {
      students: [submissions[a]!.student, submissions[b]!.student],
      tokens: stretches.reduce((sum, { length }) => sum + length, 0),
      stretches: stretches.slice(0, most.stretches).map(
        ({ length, holders, places: [one, other] }) => ({
          tokens: length,
          others: holders - 2,
          sides: [sideOf(one, length), sideOf(other, length)],
        }),
      ),
    };
  });
}

const keywords = new Set(
  ("as async await break case catch class const continue default delete do else " +
    "extends false finally for function get if import in instanceof new null " +
    "of return set static super switch this throw true try typeof undefined " +
    "void while yield").split(" "),
);

/** Gives each word that cannot be renamed, and each sign, a character. */
function symbols(): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    const found = known.get(word);
    if (found !== undefined) return found;
    const symbol = String.fromCharCode(1 + known.size % 0xffff);
    known.set(word, symbol);
    return symbol;
  };
}

function codeOf(
  file: string,
  whole: string,
  symbolOf: (word: string) => string,
): Code {
  const text = whole.slice(0, longest);
  let symbols = "";
  let [before, last] = ["", ""];
  for (const { type, value } of tokensOf(text)) {
    symbols += symbolOf(wordOf(type, value, last, before));
    [before, last] = [last, value];
  }
  return { file, text, symbols };
}

/** The tokens that make a difference, and where each of them begins and ends. */
function* tokensOf(text: string) {
  let end = 0;
  for (const { type, value } of jsTokens(text)) {
    const start = end;
    end += value.length;
    // Semicolons are a matter of style, and a formatter's.
    if (/Comment|Space|LineTerminator/.test(type) || value === ";") continue;
    yield { type, value, start, end };
  }
}

/** What is left of a token if names and values make no difference. */
function wordOf(type: string, value: string, last: string, before: string) {
  if (type === "Punctuator") return value;
  if (type !== "IdentifierName") return type;
  // A property's name is mostly the language's; one of `this` is the student's.
  if (last === "." || last === "?.") return before === "this" ? type : value;
  if (value === "let" || value === "var") return "const";
  return keywords.has(value) ? value : type;
}

/** All runs that were not given, and where each of them stands first. */
function runsOf(
  codes: readonly Code[],
  given: ReadonlyMap<string, Place> = new Map(),
): Map<string, Place> {
  const runs = new Map<string, Place>();
  for (const code of codes) {
    for (let at = 0; at + runLength <= code.symbols.length; at++) {
      const run = code.symbols.slice(at, at + runLength);
      if (!given.has(run) && !runs.has(run)) runs.set(run, { code, at });
    }
  }
  return runs;
}

/** The runs that some have and most have not, and who has each of them. */
function rareRuns(
  runs: readonly ReadonlyMap<string, Place>[],
): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const [student, own] of runs.entries()) {
    for (const run of own.keys()) {
      const list = holders.get(run);
      if (list) list.push(student);
      else holders.set(run, [student]);
    }
  }
  const limit = Math.max(2, runs.length / 2);
  for (const [run, { length }] of holders) {
    if (length < 2 || length > limit) holders.delete(run);
  }
  return holders;
}

/** The pairs of students that weigh most, by their numbers. */
function firstPairs(
  count: number,
  holders: Iterable<readonly number[]>,
): [number, number][] {
  const weights = new Float64Array(count * count);
  for (const students of holders) {
    for (const [i, a] of students.entries()) {
      for (let j = i + 1; j < students.length; j++) {
        weights[a * count + students[j]!]! += 1 / (students.length - 1);
      }
    }
  }
  return [...weights.keys()].filter((pair) => weights[pair]! > 0)
    .sort((a, b) => weights[b]! - weights[a]!).slice(0, most.pairs)
    .map((pair) => [Math.floor(pair / count), pair % count]);
}

/** The stretches that two submissions have in common, the rarest first. */
function stretchesOf(
  one: ReadonlyMap<string, Place>,
  other: ReadonlyMap<string, Place>,
  holders: ReadonlyMap<string, readonly number[]>,
): Stretch[] {
  const stretches: Stretch[] = [];
  for (const [run, a] of one) {
    const b = other.get(run);
    const count = holders.get(run)?.length;
    if (b === undefined || count === undefined) continue;
    const last = stretches.at(-1);
    const [from, to] = last?.places ?? [a, b];
    const length = a.at - from.at + runLength;
    // It goes on, in both, where the one before ends.
    const goesOn = last && a.code === from.code && b.code === to.code &&
      a.at - from.at === b.at - to.at && length <= last.length + runLength;
    const stretch = goesOn
      ? last
      : { places: [a, b] as const, length: 0, holders: count, weight: 0 };
    if (!goesOn) stretches.push(stretch);
    stretch.length = goesOn ? length : runLength;
    stretch.holders = Math.min(stretch.holders, count);
    stretch.weight += 1 / (count - 1);
  }
  return stretches.sort((a, b) => b.weight - a.weight);
}

/** The lines on which a stretch stands. */
function sideOf({ code, at }: Place, length: number) {
  const { file, text } = code;
  const tokens = [...tokensOf(text)];
  const from = text.lastIndexOf("\n", tokens[at]!.start) + 1;
  const to = text.indexOf("\n", tokens[at + length - 1]!.end);
  return {
    file,
    line: text.slice(0, from).split("\n").length,
    text: text.slice(from, to === -1 ? text.length : to),
  };
}
