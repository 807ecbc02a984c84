/**
 * What lesson 4 is graded with besides its tests: codes, and children that are no
 * processes, as the sandbox starts none.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Random,
  Shown,
} from "../classroom/sandbox/inputs.ts";

const code = (least: number, most: number): Draw => (lesson, random) =>
  callOf(lesson, "describeExit", [random.whole(least, most)]);

/** Stands for a child: what it returns, or throws, comes with its join. */
class Child {
  #isAlive = false;
  constructor(readonly end: () => unknown) {}
  start(): void {
    this.#isAlive = true;
  }
  get isAlive(): boolean {
    return this.#isAlive;
  }
  async join(): Promise<unknown> {
    await null;
    this.#isAlive = false;
    return this.end();
  }
}

const introduced = (text: string, make: (random: Random) => Child[]): Draw =>
(
  lesson,
  random,
) => callOf(lesson, "introduceAll", [new Shown(text, make(random))]);

/** What a child says of itself. */
const said = (random: Random) => ({
  message: random.word(),
  pid: `${random.whole(1, 9_999)}`,
  parent: `${random.whole(1, 9_999)}`,
  counter: random.whole(1, 9),
});

export const inputs: Inputs = {
  describeExit: [code(0, 0), code(1, 127), code(128, 128), code(129, 159)],
  introduceAll: [
    introduced("no children", () => []),
    introduced("three children", (random) =>
      Array.from({ length: 3 }, () => {
        const own = said(random);
        return new Child(() => own);
      })),
    introduced("two children, of which one fails", (random) => {
      const own = said(random);
      const fail = () => {
        throw new RangeError("this child fails");
      };
      return [new Child(() => own), new Child(fail)];
    }),
  ],
};
