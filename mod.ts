/**
 * Parallelism and functional programming for Deno: workers, a pool,
 * subprocesses and lazy pipelines.
 *
 * @module
 */

export {};
