import { assert, assertEquals } from "@std/assert";
import { Barrier, Pool } from "../mod.ts";
import {
  countUnprotected,
  countWithAtomics,
  countWithLock,
  loseAnUpdate,
  writeHereReadThere,
} from "../lessons/05_shared_memory.ts";

Deno.test("writeHereReadThere: threads see the same memory; no message is sent", async () => {
  assertEquals(await writeHereReadThere(42), 42);
});

Deno.test("loseAnUpdate: both read before either writes, and 1 + 1 is 1", async () => {
  assertEquals(await loseAnUpdate(), 1);
});

Deno.test("the lost update is lost in 1000 of 1000 runs", async () => {
  using pool = new Pool({ workers: 2 });
  const counters = new Int32Array(new SharedArrayBuffer(4 * 1000));
  const increment = (counters: Int32Array, barrier: Barrier) => {
    for (let run = 0; run < 1000; run++) {
      const seen = counters[run]!;
      barrier.wait();
      counters[run] = seen + 1;
    }
  };
  const barrier = new Barrier(2);
  const args: Parameters<typeof increment> = [counters, barrier];
  await pool.starmap(increment, [args, args]);
  assertEquals([...counters], Array(1000).fill(1));
});

Deno.test("countUnprotected: never counts more than there was to count", async () => {
  const counted = await countUnprotected(2, 1000);
  assert(counted >= 1000 && counted <= 2000, `${counted}`);
});

Deno.test("countWithAtomics: loses no update of 4 workers × 250 000", async () => {
  assertEquals(await countWithAtomics(4, 250_000), 1_000_000);
});

Deno.test("countWithLock: loses no update of 4 workers × 250 000", async () => {
  assertEquals(await countWithLock(4, 250_000), 1_000_000);
});

Deno.test("countWithAtomics: counting nothing gives nothing", async () => {
  assertEquals(await countWithAtomics(1, 0), 0);
});

Deno.test("countWithLock: counting nothing gives nothing", async () => {
  assertEquals(await countWithLock(1, 0), 0);
});
