/**
 * Runs before a student's tests, so that they find what grading finds.
 *
 * @module
 */

import { freezeLanguage } from "../sandbox/lockdown.ts";

freezeLanguage();
