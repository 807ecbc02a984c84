/**
 * Waits that are longer than a timer can be: 2 147 483 647 ms, 24.8 days.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Barrier,
  FunctionWorker,
  Lock,
  pipe,
  Pool,
  Queue,
  spawn,
} from "../../mod.ts";
import { testWith } from "../helper.ts";

const longest = 2 ** 31 - 1;
const month = 30 * 24 * 60 * 60 * 1000;

/**
 * Calls a function while days pass at once.
 *
 * @returns How many milliseconds passed until the wait was given up.
 */
async function timeUntilLate(wait: () => Promise<unknown>): Promise<number> {
  const { setTimeout } = globalThis;
  let passed = 0;
  const hurry = (run: () => void, delay = 0) => {
    const isLong = delay > 1e8;
    return setTimeout(() => {
      if (isLong) passed += delay > longest ? 0 : delay;
      run();
    }, isLong ? 0 : delay);
  };
  globalThis.setTimeout = hurry as typeof setTimeout;
  try {
    await assertRejects(wait, Error);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return passed;
}

const waits: Record<string, (timeout: number) => Promise<unknown>> = {
  "Connection.recv()": async (timeout) => {
    const [end] = pipe();
    await end.recv({ timeout });
  },
  "Queue.get()": (timeout) => new Queue().get({ timeout }),
  "Queue.put()": async (timeout) => {
    const queue = new Queue<number>({ capacity: 1 });
    await queue.put(1);
    await queue.put(2, { timeout });
  },
  "Lock.acquireAsync()": async (timeout) => {
    const lock = new Lock();
    using _ = await lock.acquireAsync();
    await lock.acquireAsync({ timeout });
  },
  "Barrier.waitAsync()": (timeout) => new Barrier(2).waitAsync({ timeout }),
  "FunctionWorker.join()": async (timeout) => {
    using worker = new FunctionWorker(() => new Promise(() => {}));
    worker.start();
    await worker.join({ timeout });
  },
  "Pool.apply()": async (timeout) => {
    using pool = new Pool({ workers: 1 });
    await pool.apply(() => new Promise(() => {}), [], { timeout });
  },
};

for (const [name, wait] of Object.entries(waits)) {
  Deno.test(`${name} with a timeout of a month waits for a month`, async () => {
    assertEquals(await timeUntilLate(() => wait(month)), month);
  });
}

testWith(
  ["run"],
  "A program's limits of a month last a month",
  async () => {
    const endless = [Deno.execPath(), "eval", "setInterval(() => {}, 1000)"];
    const waits = [
      async () => {
        await using child = spawn(endless, { timeout: month });
        await child.wait();
      },
      async () => {
        await using child = spawn(endless);
        await child.wait({ timeout: month });
      },
    ];
    for (const wait of waits) assertEquals(await timeUntilLate(wait), month);
  },
);

Deno.test("Lock.acquire() without a timeout waits for more than a month", async () => {
  const lock = new Lock();
  const guard = await lock.acquireAsync();
  const isOver = new Int32Array(new SharedArrayBuffer(4));
  const wait = (lock: Lock, isOver: Int32Array, month: number) => {
    // A clock that only a wait advances, by more than it was asked for.
    let now = 0;
    performance.now = () => now;
    const { wait } = Atomics;
    Atomics.wait = ((cells: Int32Array, ...[index, value]: number[]) => {
      now += month / 10;
      if (now < 2 * month) return "timed-out";
      Atomics.store(isOver, 0, 1);
      Atomics.notify(isOver, 0);
      return wait(cells, index!, value!);
    }) as typeof wait;
    using _ = lock.acquire();
    return now;
  };
  using worker = new FunctionWorker(wait, { args: [lock, isOver, month] });
  worker.start();
  const ended = worker.join();
  const { async: isAsync, value } = Atomics.waitAsync(isOver, 0, 0);
  if (isAsync) await Promise.race([value, ended]);
  guard.release();
  assert(await ended > month);
});
