/**
 * The pool beside the same tasks one after another, and on workers written by
 * hand.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock bench/pool_bench.ts
 * ```
 *
 * @module
 */

import { sumOfSquares } from "../lessons/03_pool.ts";
import { Pool } from "../mod.ts";
import { measure, report } from "./measure.ts";

const workers = 4;

/** Eight tasks on four workers, as one would write it without a pool. */
async function byHand(n: number): Promise<void> {
  const program = `${sumOfSquares}
    onmessage = ({ data }) => postMessage(sumOfSquares(data));`;
  const blob = new Blob([program], { type: "text/javascript" });
  const url = URL.createObjectURL(blob);
  let left = 8;
  await Promise.all(Array.from({ length: workers }, async () => {
    const worker = new Worker(url, { type: "module" });
    while (left > 0) {
      left -= 1;
      await new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage(n);
      });
    }
    worker.terminate();
  }));
  URL.revokeObjectURL(url);
}

async function withPool(n: number): Promise<void> {
  using pool = new Pool({ workers });
  await pool.map(sumOfSquares, Array(8).fill(n), { chunkSize: 1 });
}

function sequential(n: number): void {
  for (let i = 0; i < 8; i++) sumOfSquares(n);
}

for (const [n, size] of [[4_000_000, "large"], [2, "small"]] as const) {
  const times = await measure([
    { name: "one after another", run: () => sequential(n) },
    { name: "workers by hand", run: () => byHand(n) },
    { name: "Pool", run: () => withPool(n) },
  ]);
  report(
    `8 ${size} tasks, ${workers} workers, starting them included`,
    times,
    "Pool",
  );
}
