/**
 * The program of a worker that a lesson starts.
 *
 * @module
 */

import { startThread } from "../../lib/workers/far_side.ts";

startThread();
