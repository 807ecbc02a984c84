/**
 * What lesson 12 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  items,
  type Lesson,
  once,
  type Random,
  setOf,
  Shown,
  Source,
} from "../classroom/sandbox/inputs.ts";
import { range } from "../mod.ts";

/** Numbers beyond 2 ** 53, where those that are added have to be multiples. */
const huge = (
  random: Random,
) => [2 ** 54, -(2 ** 54), 2 ** random.whole(55, 60)];

/** Numbers of each kind. */
const kinds: readonly ((random: Random) => unknown)[] = [
  () => [],
  (random) => random.numbers(1, 1),
  (random) => random.numbers(3, 8),
  (random) => random.list(2, 5, () => random.whole(-99, -1)),
  (random) => [0, -0, random.whole(1, 9), -0],
  (random) => random.fractions(),
  (random) => random.large(),
  huge,
  (random) => setOf(random.numbers()),
  (random) => once(random.numbers(3, 8)),
  // More than an answer would count up to that gives up somewhere.
  (random) => {
    const to = random.whole(2_500, 3_500);
    return new Shown(`range(${to})`, range(to));
  },
];

/** All that an iterator hands out. */
const lazily = (name: string): Draw[] => [
  ...kinds.map((make): Draw => (lesson, random) =>
    callOf(lesson, name, [make(random)], items)
  ),
  // Only as far as it is asked.
  (lesson, random) => {
    const source = new Source([2, 4, 2 * random.whole(3, 40)], true);
    const arg = new Shown("an endless source", source);
    return callOf(lesson, name, [arg], (result: Lesson) => {
      const before = Source.asked(source);
      const first = [result.next(), result.next()];
      return { before, first, asked: Source.asked(source) };
    });
  },
  (lesson, random) => {
    const source = new Source(random.numbers(4, 6));
    const arg = new Shown("a source that counts", source);
    return callOf(lesson, name, [arg], (result: Lesson) => ({
      isItsOwnIterator: result[Symbol.iterator]() === result,
      items: items(result),
      again: items(result),
      closed: Source.closed(source),
    }));
  },
];

/** One value of all numbers, and of an initial one. */
const toOne = (name: string): Draw[] => [
  ...kinds.map((make): Draw => (lesson, random) =>
    callOf(lesson, name, [make(random)])
  ),
  ...kinds.map((make): Draw => (lesson, random) => {
    // So that the sum is exact, whatever is added first.
    const initial = random.whole(-50, 50) * (make === huge ? 2 ** 10 : 1);
    return callOf(lesson, name, [make(random), initial]);
  }),
  (lesson, random) =>
    callOf(lesson, name, [random.list(2, 5, () => random.whole(-99, -1)), 0]),
  (lesson, random) => callOf(lesson, name, [random.numbers(), 0.5]),
  (lesson, random) => callOf(lesson, name, [random.numbers(), 2 ** 40]),
  (lesson, random) => callOf(lesson, name, [random.numbers(), undefined]),
  (lesson) => callOf(lesson, name, [[7, 7, 7], 7]),
  (lesson, random) => {
    const source = new Source(random.numbers(4, 6));
    const arg = new Shown("a source that counts", source);
    return callOf(lesson, name, [arg], (result) => ({
      result,
      closed: Source.closed(source),
      left: source.next(),
    }));
  },
];

const words: readonly ((random: Random) => unknown)[] = [
  () => [],
  () => once([]),
  (random) => [random.word()],
  (random) => random.words(2, 6),
  (random) => ["", random.word(), "", random.word()],
  () => [""],
  () => ["", ""],
  (random) => [`${random.word()} `, ` ${random.word()}`, "two words"],
  () => ["0", "false", "null"],
  (random) => setOf(random.words(2, 4)),
  (random) => once(random.words(2, 4)),
];

export const inputs: Inputs = {
  squareAll: lazily("squareAll"),
  keepEven: lazily("keepEven"),
  sumAll: toOne("sumAll"),
  largest: toOne("largest"),
  joinWords: words.map((make): Draw => (lesson, random) =>
    callOf(lesson, "joinWords", [make(random)])
  ),
};
