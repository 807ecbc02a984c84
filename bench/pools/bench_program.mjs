/**
 * The measurements of one pool: the program that `pool_bench.ts` runs for each
 * of them, under Deno or Node. It measures a case when it is told to on its
 * input, so that the pools can take turns.
 *
 * Its arguments are an adapter's file and the kind of worker.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";

const megabytes10 = 10_000_000;

const [file, kind] = process.argv.slice(2);
const { open } = await import(new URL(file, import.meta.url).href);

const workers = 4;

/** Started for the first case that needs it, and kept. */
let kept;

/** The pool, each of whose workers has done a task before. */
async function poolFor(task, arg) {
  kept ??= await open(kind, { workers });
  const calls = Array.from({ length: workers }, () => kept.run(task, arg()));
  await Promise.all(calls);
  return kept;
}

/** How long something takes, in ms. */
async function time(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Stops a measurement of something that was not done. */
function expect(actual, expected) {
  if (actual === expected) return;
  throw new Error(`${file} gave ${actual} instead of ${expected}`);
}

const cases = {
  /** A new pool of four, to its first result. */
  async start() {
    let pool;
    const ms = await time(async () => {
      pool = await open(kind, { workers });
      expect(await pool.run("square", 3), 9);
    });
    await pool.end();
    return { ms };
  },

  /** Tiny tasks, by `map` or what comes next to it. */
  async map(count) {
    const pool = await poolFor("square", () => 1);
    if (!pool.map) return await cases.calls(count);
    const items = Array.from({ length: count }, (_, i) => i);
    let results;
    const ms = await time(async () =>
      results = await pool.map("square", items)
    );
    expect(results[count - 1], (count - 1) ** 2);
    return { ms };
  },

  /** Tiny tasks, each a call, all at once. */
  async calls(count) {
    const pool = await poolFor("square", () => 1);
    let results;
    const ms = await time(async () => {
      const calls = [];
      for (let i = 0; i < count; i++) calls.push(pool.run("square", i));
      results = await Promise.all(calls);
    });
    expect(results[count - 1], (count - 1) ** 2);
    return { ms };
  },

  /** Tiny tasks, each a call, one after another. */
  async oneByOne(count) {
    const pool = await poolFor("square", () => 1);
    const ms = await time(async () => {
      for (let i = 0; i < count; i++) await pool.run("square", i);
    });
    return { ms };
  },

  /** Eight large tasks. */
  async large(n) {
    const pool = await poolFor("sumOfSquares", () => 1);
    const ms = await time(() =>
      Promise.all(Array.from({ length: 8 }, () => pool.run("sumOfSquares", n)))
    );
    return { ms };
  },

  /** An argument of 10 MB that is copied. */
  async copy(count) {
    const pool = await poolFor("size", () => new Uint8Array(1));
    if (pool.movesOnly) return { missing: "copies nothing" };
    const bytes = new Uint8Array(megabytes10);
    const ms = await time(async () => {
      for (let i = 0; i < count; i++) {
        expect(await pool.run("size", bytes), megabytes10);
      }
    });
    return { ms };
  },

  /** An argument of 10 MB that is moved. */
  async move(count) {
    if (kind !== "thread") return { missing: "a process has its own memory" };
    const pool = await poolFor("size", () => new Uint8Array(1));
    const all = Array.from(
      { length: count },
      () => new Uint8Array(megabytes10),
    );
    const ms = await time(async () => {
      for (const bytes of all) {
        const options = { transfer: [bytes.buffer] };
        expect(await pool.run("size", bytes, options), megabytes10);
      }
    });
    return { ms };
  },

  /** Many items through `imap`, and how much memory that takes. */
  async imap(count) {
    const pool = await poolFor("square", () => 1);
    if (!pool.imap) return { missing: "no such call" };
    function* numbers() {
      for (let i = 0; i < count; i++) yield i;
    }
    const before = process.memoryUsage().rss;
    let peak = before;
    let seen = 0;
    const ms = await time(async () => {
      const results = pool.imap("square", numbers(), { chunkSize: 100 });
      for await (const _ of results) {
        if (++seen % 10_000 === 0) {
          peak = Math.max(peak, process.memoryUsage().rss);
        }
      }
    });
    expect(seen, count);
    return { ms, memory: peak - before };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, count] = JSON.parse(line);
  process.stdout.write(`\n@@${JSON.stringify(await cases[name](count))}\n`);
}
await kept?.end();
process.exit(0);
