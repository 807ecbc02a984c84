/**
 * Parallelism and functional programming for Deno: workers, a pool,
 * subprocesses and lazy pipelines.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pool } from "./mod.ts";
 *
 * using pool = new Pool({ workers: 2 });
 * const squares = await pool.map((x: number) => x * x, [1, 2, 3]);
 * assertEquals(squares, [1, 4, 9]);
 * ```
 *
 * @module
 */

export {
  ChannelClosedError,
  Connection,
  pipe,
  type SendOptions,
  type WaitOptions,
} from "./lib/messages/pipe.ts";
export { Queue, type QueueOptions } from "./lib/messages/queue.ts";
export {
  accumulate,
  chunks,
  concat,
  count,
  cycle,
  drop,
  dropWhile,
  enumerate,
  every,
  filter,
  find,
  first,
  flatMap,
  forEach,
  groupBy,
  iterate,
  join,
  map,
  max,
  min,
  pairwise,
  partition,
  Range,
  range,
  reduce,
  repeat,
  some,
  sum,
  take,
  takeWhile,
  toArray,
  unique,
  windows,
  zip,
} from "./lib/lazy/functions.ts";
export * from "./lib/lazy/pipeline.ts";
export * from "./lib/orders/orders.ts";
export * from "./lib/workers/pool.ts";
export * from "./lib/processes/process.ts";
export type {
  Command,
  Stdio,
  SubprocessOptions,
} from "./lib/subprocess/command.ts";
export type { Input } from "./lib/subprocess/input.ts";
export {
  CalledProcessError,
  type CompletedProcess,
  type Decoded,
  type Encoding,
  OutputLimitExceeded,
  type ProcessDetails,
  SubprocessError,
  TimeoutExpired,
} from "./lib/subprocess/result.ts";
export * from "./lib/subprocess/run.ts";
export * from "./lib/subprocess/spawn.ts";
export {
  Barrier,
  BrokenBarrierError,
  Lock,
  LockAbandonedError,
  LockGuard,
} from "./lib/sync.ts";
export * from "./lib/workers/worker.ts";
