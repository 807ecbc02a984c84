/**
 * What lesson 4 is graded with besides its tests: codes. What starts programs
 * takes no inputs.
 *
 * @module
 */

import { callOf, type Draw, type Inputs } from "../classroom/sandbox/inputs.ts";

const code = (least: number, most: number): Draw => (lesson, random) =>
  callOf(lesson, "describeExit", [random.whole(least, most)]);

export const inputs: Inputs = {
  describeExit: [code(0, 0), code(1, 127), code(128, 128), code(129, 159)],
};
