/**
 * What lesson 14 is graded with besides its tests: nothing, as its functions
 * take no inputs.
 *
 * @module
 */

import type { Inputs } from "../classroom/sandbox/inputs.ts";

export const inputs: Inputs = {};
