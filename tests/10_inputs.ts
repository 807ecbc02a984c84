/**
 * What lesson 10 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  items,
} from "../classroom/sandbox/inputs.ts";

const all = (name: string, least: number, most: number): Draw =>
(
  lesson,
  random,
) => callOf(lesson, name, [random.whole(least, most)], items);

/** The last of so many squares that they do not fit into 32 bits. */
const last = (name: string): Draw => (lesson, random) =>
  callOf(
    lesson,
    name,
    [random.whole(66_000, 70_000)],
    (squares: Iterable<number>) => Array.from(squares).at(-1),
  );

export const inputs: Inputs = {
  squares: [
    all("squares", 1, 1),
    all("squares", 5, 60),
    last("squares"),
    (lesson, random) => {
      const count = random.whole(4, 9);
      return callOf(
        lesson,
        "squares",
        [Infinity],
        (squares: Iterable<number>) => items(squares, count),
      );
    },
  ],
  squaresArray: [
    all("squaresArray", 0, 0),
    all("squaresArray", 1, 1),
    all("squaresArray", 5, 60),
    last("squaresArray"),
    (lesson, random) =>
      callOf(lesson, "squaresArray", [random.whole(3, 9)], (squares) => ({
        squares,
        isArray: Array.isArray(squares),
        places: Object.keys(squares).length,
      })),
  ],
  weigh: [0, 7].map((times): Draw => (lesson) => ({
    call: `how often weigh(make, ${times}) calls make`,
    run: () => {
      let made = 0;
      lesson.weigh(() => ({ number: made++ }), times);
      return made;
    },
  })),
};
