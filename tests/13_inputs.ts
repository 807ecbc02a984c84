/**
 * What lesson 13 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  once,
  type Random,
  setOf,
  Shown,
  withoutCalling,
} from "../classroom/sandbox/inputs.ts";
import { range } from "../mod.ts";

const kinds: readonly ((random: Random) => unknown)[] = [
  () => [],
  (random) => [2 * random.whole(1, 50)],
  (random) => random.numbers(4, 9),
  (random) => random.list(2, 5, () => -2 * random.whole(1, 50)),
  (random) => random.list(2, 5, () => 2 * random.whole(1, 50) + 1),
  () => [0, -0, 2, -0],
  (random) => random.fractions(),
  (random) => random.large(),
  (random) => [2 ** 54, 2 ** random.whole(55, 60)],
  (random) => setOf(random.numbers(4, 9)),
  (random) => once(random.numbers(4, 9)),
  () => [Infinity, 3],
  // More than an answer would count up to that gives up somewhere.
  (random) => {
    const to = random.whole(2_500, 3_500);
    return new Shown(`range(${to})`, range(to));
  },
];

const ways = ["nested", "stepwise", "chained", "comprehension"];

/** Each of the ways is to be written anew. */
export const apart = ways;

const draws = (name: string): Draw[] => [
  ...kinds.map((make): Draw => (lesson, random) =>
    callOf(lesson, name, [make(random)])
  ),
  withoutCalling(name, ...ways.filter((way) => way !== name)),
];

export const inputs: Inputs = Object.fromEntries(
  ways.map((name) => [name, draws(name)]),
);
