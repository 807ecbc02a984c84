/**
 * Which submissions have more in common than chance explains.
 *
 * What students wrote inside the regions is cut into tokens, names are ignored,
 * and every run of {@linkcode runLength} tokens is a fingerprint (S. Schleimer,
 * D. Wilkerson, A. Aiken: "Winnowing: Local Algorithms for Document
 * Fingerprinting", SIGMOD 2003; with a window of 1, as regions are so short that
 * none of their fingerprints has to be left out).
 *
 * A short function can be written in few ways only, so having one in common is
 * no evidence by itself. A fingerprint that `m` of `n` submissions have weighs
 * log2(n / m), nothing if more than half of them have it, and nothing if it
 * stands in the lesson itself. A pair weighs what its common fingerprints weigh,
 * times the part they are of all that the two wrote (Ochiai's coefficient).
 *
 * How much that says, the class decides, most of whose pairs did not copy: if
 * one in 2^b of all pairs weighs as much in a region, it counts b bits. Regions
 * are added up by Fisher's method (R. A. Fisher: "Statistical Methods for
 * Research Workers", 1925), and a pair is listed if chance would list one pair in
 * {@linkcode classesPerMistake} classes.
 *
 * @module
 */

import { cut, visible } from "../reports/text.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** What one student wrote in one lesson. */
export interface Written {
  readonly student: string;
  readonly lesson: string;
  readonly regions: readonly { readonly name: string; readonly text: string }[];
}

/** What a class had to start with. */
export interface SimilarOptions {
  /**
   * Texts that everyone may have from the lesson: its own solution and its
   * starter. What stands there is no evidence.
   */
  readonly known?: readonly Omit<Written, "student">[];
}

/** What a pair has in common in one region. */
export interface SimilarRegion {
  readonly lesson: string;
  readonly name: string;
  /** One in 2^bits of all pairs has as much in common there. */
  readonly bits: number;
  /** How many tokens of each stand in runs that few others have. */
  readonly shared: readonly [number, number];
  /** How many tokens each wrote. */
  readonly written: readonly [number, number];
  /** How many submissions, these two among them, have the rarest run. */
  readonly holders: number;
  /** How many submissions have something in this region. */
  readonly submissions: number;
  /** The longest stretch in common, as each wrote it. */
  readonly excerpts: readonly [string, string];
}

/** Two students who have more in common than chance explains. */
export interface SimilarPair {
  readonly students: readonly [string, string];
  /** The lesson that shows it, or `undefined` if it takes all of them. */
  readonly lesson: string | undefined;
  /** One in 2^bits of all pairs would have as much in common by chance. */
  readonly bits: number;
  /** From how many bits on pairs of this class are listed. */
  readonly limit: number;
  /** Where, most bits first. */
  readonly regions: readonly SimilarRegion[];
}

/** How many tokens make a fingerprint. */
export const runLength = 6;

/** Below so many students, a class cannot tell how far chance goes. */
export const leastStudents = 8;

/** In how many classes chance alone may list one pair, on average. */
export const classesPerMistake = 20;

/** A longer region is cut: nobody writes that much by hand. */
const mostTokens = 5_000;

/** Fewer pairs in a region have no tail that could be continued. */
const leastPairs = 1000;

/** A step of less weight than a fingerprint or two is no matter of chance. */
const leastHalf = 4;

/** One student's text of one region, as fingerprints. */
interface Text {
  readonly source: string;
  readonly tokens: readonly Token[];
  /** Each fingerprint, and the token at which it begins for the first time. */
  readonly prints: ReadonlyMap<string, number>;
}

/** All texts of one region, and how rare each fingerprint is. */
interface Region {
  readonly lesson: string;
  readonly name: string;
  /** By the student's number. */
  readonly texts: ReadonlyMap<number, Text>;
  /** For each fingerprint that counts, the students who have it. */
  readonly holders: ReadonlyMap<string, readonly number[]>;
}

/**
 * Lists the pairs of students who have more in common, inside the regions, than
 * chance explains in their class. Renamed variables, other comments, other white
 * space and quotes, and statements in another order make little difference.
 *
 * It is for a teacher to read, never a verdict.
 *
 * @param submissions What each student wrote in each lesson.
 * @param options What everyone had to start with.
 * @returns The pairs, the clearest first; none if fewer than
 * {@linkcode leastStudents} students wrote something.
 */
export function similarPairs(
  submissions: readonly Written[],
  options: SimilarOptions = {},
): SimilarPair[] {
  const students = [...new Set(submissions.map((each) => each.student))]
    .toSorted();
  const regions = regionsOf(submissions, students, options.known ?? []);
  const surprises = regions.map((region) =>
    surpriseOf(region, students.length)
  );
  const lessons = [...new Set(regions.map(({ lesson }) => lesson))];
  // Each lesson is looked at by itself, and then all together, as a little in
  // each may add up.
  const scopes = lessons.length > 1 ? [...lessons, undefined] : lessons;
  const found = new Map<string, Suspicion>();
  for (const lesson of scopes) {
    const within = surprises.filter((_, i) =>
      lesson === undefined || regions[i]!.lesson === lesson
    );
    const mistakes = 1 / classesPerMistake / scopes.length;
    for (const each of beyondChance(within, students.length, mistakes)) {
      const key = `${each.pair}`;
      if ((found.get(key)?.bits ?? 0) >= each.bits) continue;
      found.set(key, { ...each, lesson });
    }
  }
  return [...found.values()]
    .map(({ pair: [a, b], lesson, bits, limit }): SimilarPair => ({
      students: [students[a]!, students[b]!],
      lesson,
      bits,
      limit,
      regions: regions.flatMap((region, i) =>
        inCommon(region, a, b, surprises[i]![a * students.length + b]!)
      ).sort((one, other) => other.bits - one.bits),
    }))
    .sort((one, other) => other.bits - one.bits);
}

interface Suspicion {
  readonly pair: readonly [number, number];
  readonly lesson?: string | undefined;
  readonly bits: number;
  readonly limit: number;
}

function regionsOf(
  submissions: readonly Written[],
  students: readonly string[],
  known: readonly Omit<Written, "student">[],
): Region[] {
  const numbers = new Map(students.map((student, i) => [student, i]));
  // A class may have two methods to write, under one name: they count as one.
  const sources = new Map<string, Map<number, string>>();
  for (const { student, lesson, regions } of submissions) {
    for (const { name, text } of regions) {
      const key = `${lesson} ${name}`;
      const found = sources.get(key) ?? new Map<number, string>();
      sources.set(key, found);
      const number = numbers.get(student)!;
      found.set(number, `${found.get(number) ?? ""}${text}\n`);
    }
  }
  const given = new Map<string, Set<string>>();
  for (const { lesson, regions } of known) {
    const prints = given.get(lesson) ?? new Set();
    given.set(lesson, prints);
    for (const { text } of regions) {
      for (const print of textOf(text).prints.keys()) prints.add(print);
    }
  }
  return [...sources].sort(([a], [b]) => a < b ? -1 : 1).map(([key, found]) => {
    const space = key.indexOf(" ");
    const [lesson, name] = [key.slice(0, space), key.slice(space + 1)];
    const common = given.get(lesson) ?? new Set();
    // Who left the starter as it was wrote nothing that can be compared.
    const texts = new Map<number, Text>();
    // In the students' order, so that of each pair the lower number is first.
    for (const [student, source] of [...found].sort(([a], [b]) => a - b)) {
      const text = textOf(source);
      const isOwn = [...text.prints.keys()].some((print) => !common.has(print));
      if (isOwn) texts.set(student, text);
    }
    return { lesson, name, texts, holders: holdersOf(texts, common) };
  });
}

function holdersOf(
  texts: ReadonlyMap<number, Text>,
  common: ReadonlySet<string>,
): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const [student, { prints }] of texts) {
    for (const print of prints.keys()) {
      if (common.has(print)) continue;
      const list = holders.get(print);
      if (list) list.push(student);
      else holders.set(print, [student]);
    }
  }
  for (const [print, { length }] of holders) {
    if (length > texts.size / 2) holders.delete(print);
  }
  return holders;
}

function textOf(source: string): Text {
  // Semicolons are a matter of style, and a formatter's.
  const tokens = tokensOf(source).filter(({ text }) => text !== ";")
    .slice(0, mostTokens);
  const symbols = tokens.map(symbolOf);
  const prints = new Map<string, number>();
  for (let i = 0; i + runLength <= symbols.length; i++) {
    const print = symbols.slice(i, i + runLength).join(" ");
    if (!prints.has(print)) prints.set(print, i);
  }
  return { source, tokens, prints };
}

/**
 * What is left of a token: a name is any name, and so is a string. A property
 * keeps its name, as that is mostly the language's and cannot be changed.
 */
function symbolOf({ kind, text }: Token, i: number, all: readonly Token[]) {
  if (kind === "name") return "<name>";
  if (kind === "string") return "<string>";
  if (kind === "property") return all[i - 2]?.text === "this" ? "<name>" : text;
  return text === "let" || text === "var" ? "const" : text;
}

/**
 * For each pair, how surprising it is that they have so much in common in a
 * region, in bits; NaN where one of them wrote nothing.
 *
 * @param region The region.
 * @param count How many students there are.
 * @returns The bits of students `a` and `b`, a < b, at `a * count + b`.
 */
function surpriseOf(region: Region, count: number): Float64Array {
  const writers = [...region.texts.keys()];
  const pairs = writers.flatMap((a, i) =>
    writers.slice(i + 1).map((b) => a * count + b)
  );
  const shared = sharedWeights(region, count);
  const wholes = wholeWeights(region);
  const weights = pairs.map((pair) => {
    const [a, b] = [Math.floor(pair / count), pair % count];
    const whole = Math.sqrt(wholes.get(a)! * wholes.get(b)!);
    return whole > 0 ? shared[pair]! ** 2 / whole : 0;
  });
  const bitsOf = surprise(weights);
  const bits = new Float64Array(count * count).fill(NaN);
  for (const [i, pair] of pairs.entries()) bits[pair] = bitsOf(weights[i]!);
  return bits;
}

/** What the fingerprints weigh that two students have in common. */
function sharedWeights(
  { texts, holders }: Region,
  count: number,
): Float64Array {
  const weights = new Float64Array(count * count);
  for (const students of holders.values()) {
    const weight = Math.log2(texts.size / students.length);
    for (const [i, a] of students.entries()) {
      for (let j = i + 1; j < students.length; j++) {
        weights[a * count + students[j]!]! += weight;
      }
    }
  }
  return weights;
}

/** What all fingerprints of each student weigh. */
function wholeWeights({ texts, holders }: Region): Map<number, number> {
  const weights = new Map([...texts.keys()].map((student) => [student, 0]));
  for (const students of holders.values()) {
    const weight = Math.log2(texts.size / students.length);
    for (const each of students) weights.set(each, weights.get(each)! + weight);
  }
  return weights;
}

/**
 * How surprising a weight is among those of all pairs, in bits: b, if one in 2^b
 * weighs as much.
 *
 * Among many pairs, one that is far beyond all others counts more than its rank
 * does. The tail is taken to fall off exponentially, as that of sums does
 * (J. Pickands: "Statistical Inference Using Extreme Order Statistics", Annals of
 * Statistics 3, 1975): a bit more for each step over which it falls to half. The
 * step is the longest that half of the pairs, a quarter, an eighth and so on
 * show, up to so few that they may be the ones that copied.
 *
 * @param weights The weights of all pairs.
 * @returns The bits of a weight.
 */
export function surprise(
  weights: readonly number[],
): (weight: number) => number {
  const sorted = Float64Array.from(weights).sort();
  const most = Math.log2(sorted.length);
  /** The weight that one in 2^octave pairs has. */
  const at = (octave: number) =>
    sorted[Math.floor((1 - 2 ** -octave) * (sorted.length - 1))] ?? 0;
  // One pair for eight students may have copied: the tail is read up to them.
  const students = Math.sqrt(2 * sorted.length);
  const trusted = Math.max(2, Math.floor(most - Math.log2(1 + students / 8)));
  let half = leastHalf;
  for (let octave = 1; octave < trusted; octave++) {
    half = Math.max(half, at(octave + 1) - at(octave));
  }
  /** What chance reaches once among so many pairs. */
  const reached = at(trusted) + half * (most - trusted);
  return (weight) => {
    // Of those with the same weight, half count as above.
    const from = firstNotBelow(sorted, weight);
    const to = firstNotBelow(sorted, weight + 1e-9);
    const above = Math.max(1 / 2, sorted.length - (from + to) / 2);
    const bits = most - Math.log2(above);
    if (sorted.length < leastPairs || weight <= reached) return bits;
    return Math.max(bits, most + (weight - reached) / half);
  };
}

/** Where the first value stands that is not below `value`. */
function firstNotBelow(sorted: Float64Array, value: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The pairs that have more in common than chance explains. */
function beyondChance(
  surprises: readonly Float64Array[],
  count: number,
  mistakes: number,
): Suspicion[] {
  const found: { pair: [number, number]; bits: number }[] = [];
  const writers = new Set<number>();
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const bits = surprises.map((each) => each[a * count + b]!)
        .filter((each) => !Number.isNaN(each));
      if (bits.length === 0) continue;
      writers.add(a).add(b);
      found.push({ pair: [a, b], bits: combined(bits) });
    }
  }
  if (writers.size < leastStudents) return [];
  // By chance, a quarter of all pairs has 2 bits and an eighth has 3. If more of
  // the class has, its students write alike in general: all bits count less.
  const sorted = Float64Array.from(found, ({ bits }) => bits).sort();
  const quantile = (share: number) =>
    sorted[Math.floor(share * (sorted.length - 1))]!;
  const alike = Math.max(1, quantile(3 / 4) / 2, quantile(7 / 8) / 3);
  const limit = Math.log2(found.length / mistakes);
  return found.map(({ pair, bits }) => ({ pair, bits: bits / alike, limit }))
    .filter(({ bits }) => bits > limit);
}

/**
 * The bits of several regions in one, by Fisher's method: the sum of `n`
 * surprises exceeds x nats by chance with probability
 * e^-x (1 + x + x²/2! + … + x^(n-1)/(n-1)!).
 */
function combined(bits: readonly number[]): number {
  const x = bits.reduce((sum, each) => sum + each, 0) * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let i = 1; i < bits.length; i++) sum += term *= x / i;
  return (x - Math.log(sum)) / Math.LN2;
}

/** What two students have in common in a region, if anything that counts. */
function inCommon(
  region: Region,
  a: number,
  b: number,
  bits: number,
): SimilarRegion[] {
  const { lesson, name, texts, holders } = region;
  const one = texts.get(a);
  const other = texts.get(b);
  if (!one || !other) return [];
  const prints = [...one.prints.keys()].filter((print) =>
    other.prints.has(print) && holders.has(print)
  );
  if (prints.length === 0) return [];
  const counts = prints.map((print) => holders.get(print)!.length);
  const stretches = [one, other].map((text) => stretchesOf(text, prints));
  const [ofOne, ofOther] = stretches as [Stretch[], Stretch[]];
  return [{
    lesson,
    name,
    bits,
    shared: [lengthOf(ofOne), lengthOf(ofOther)],
    written: [one.tokens.length, other.tokens.length],
    holders: Math.min(...counts),
    submissions: texts.size,
    excerpts: [longestOf(one, ofOne), longestOf(other, ofOther)],
  }];
}

/** Tokens from `start` up to, not including, `end`. */
interface Stretch {
  start: number;
  end: number;
}

/** Where a text's tokens stand in any of these fingerprints. */
function stretchesOf(text: Text, prints: readonly string[]): Stretch[] {
  const starts = prints.map((print) => text.prints.get(print)!)
    .sort((a, b) => a - b);
  const stretches: Stretch[] = [];
  for (const start of starts) {
    const last = stretches.at(-1);
    if (last && start <= last.end) last.end = start + runLength;
    else stretches.push({ start, end: start + runLength });
  }
  return stretches;
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { start, end }) => sum + end - start, 0);
}

function longestOf(text: Text, stretches: readonly Stretch[]): string {
  const longest = stretches.reduce((a, b) =>
    b.end - b.start > a.end - a.start ? b : a
  );
  const { start } = text.tokens[longest.start]!;
  return text.source.slice(start, text.tokens[longest.end - 1]!.end);
}

/**
 * The pairs in words, with what they have in common.
 *
 * @param pairs What {@linkcode similarPairs} found.
 * @returns The text, with a newline at its end.
 */
export function formatSimilar(pairs: readonly SimilarPair[]): string {
  if (pairs.length === 0) {
    return "No two submissions have more in common than chance explains.\n" +
      `(With fewer than ${leastStudents} students nothing can be said.)\n`;
  }
  const heading = pairs.length === 1 ? "1 pair" : `${pairs.length} pairs`;
  return [
    `${heading} with more in common than chance explains, names aside.`,
    "This is for you to read, and no verdict: there are good reasons to write",
    "the same, such as one page that both read, or work that they were to share.",
    "With b bits, one in 2^b pairs would have as much in common by chance.",
    ...pairs.flatMap(pairLines),
    "",
  ].join("\n");
}

function pairLines(pair: SimilarPair): string[] {
  const { students, lesson, bits, limit, regions } = pair;
  const names = students.map((name) => JSON.stringify(visible(name)));
  const where = lesson === undefined ? "all lessons" : `lesson ${lesson}`;
  return [
    "",
    `${names.join(" and ")}: ${bits.toFixed(1)} bits in ${where}, ` +
    `listed from ${limit.toFixed(1)} on`,
    ...regions.flatMap((region) => regionLines(region, names)),
  ];
}

function regionLines(region: SimilarRegion, names: readonly string[]) {
  const { lesson, name, bits, shared, written, holders, submissions } = region;
  const tokens = shared.map((count, i) => `${count} of ${written[i]}`);
  const excerpts = region.excerpts.flatMap((text, i) => [
    `    ${names[i]}:`,
    ...visible(text).split("\n").slice(0, 12)
      .map((line) => `      ${cut(line, 100)}`),
  ]);
  return [
    `  ${lesson} ${visible(name)}: ${tokens.join(" and ")} tokens in common; ` +
    `${holders} of ${submissions} submissions have the rarest of it; ` +
    `${bits.toFixed(1)} bits`,
    ...excerpts,
  ];
}
