/**
 * Many calls of apply() at once: those that wait may share a message, and nobody
 * can tell by what comes of them.
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
} from "@std/assert";
import { Pool, type PoolOptions, Queue, WorkerDiedError } from "../../mod.ts";
import { testWith } from "../helper.ts";

/** What goes wrong where a call has this argument. */
const odd = -1;

/** So many calls that some of them wait behind others. */
const many = 2_000;

/** Calls a task once with each number, at once, with the odd one among them. */
async function callAll<T>(pool: Pool, task: (x: number) => T) {
  // How long it takes is known once it has been called.
  await Promise.all([1, 2, 3, 4].map((x) => pool.apply(task, [x])));
  const numbers = Array.from({ length: many }, (_, i) => i);
  numbers[many / 2] = odd;
  const calls = numbers.map((x) => pool.apply(task, [x]));
  return {
    calls,
    rest: calls.filter((_, i) => i !== many / 2),
    at: calls[many / 2]!,
  };
}

const doubled = Array.from({ length: many }, (_, i) => i * 2)
  .filter((_, i) => i !== many / 2);

for (const isolation of ["worker", "process"] as const) {
  const test = (name: string, fn: () => Promise<void>) =>
    testWith(
      isolation === "worker" ? [] : ["run"],
      `many calls at once: ${name} (${isolation})`,
      fn,
    );
  const open = (options: PoolOptions = {}) =>
    new Pool({ workers: 2, isolation, ...options });

  test("each gets its own result", async () => {
    using pool = open();
    const { calls } = await callAll(pool, (x) => x * 2);
    const results = await Promise.all(calls);
    assertEquals(results[many / 2], odd * 2);
    assertEquals(results.filter((_, i) => i !== many / 2), doubled);
  });

  test("an error stays with its call", async () => {
    using pool = open();
    const { rest, at } = await callAll(pool, function check(x: number) {
      if (x === -1) throw new RangeError("odd", { cause: x });
      return x * 2;
    });
    const error = await at.catch((error) => error);
    assertInstanceOf(error, RangeError);
    assertEquals([error.message, error.cause], ["odd", odd]);
    assertMatch(error.stack!, /in apply\(check\) on Worker-[12]/);
    assertEquals(await Promise.all(rest), doubled);
  });

  test("a result that cannot be sent stays with its call", async () => {
    using pool = open();
    const { rest, at } = await callAll(pool, (x) => x < 0 ? [() => x] : x * 2);
    const error = await at.catch((error) => error);
    assertInstanceOf(error, TypeError);
    assertMatch(error.message, /^result\[0\]: a function cannot be sent/);
    assertEquals(await Promise.all(rest), doubled);
  });

  test("a worker that dies takes no other call with it", async () => {
    using pool = open();
    for (
      const die of [
        (x: number) => x < 0 ? Deno.exit(3) : x * 2,
        (x: number) => x < 0 ? (self.close(), new Promise(() => {})) : x * 2,
        (x: number) => {
          if (x < 0) {
            setTimeout(() => {
              throw new Error("late");
            });
            return new Promise(() => {});
          }
          return x * 2;
        },
      ]
    ) {
      const { rest, at } = await callAll<unknown>(pool, die);
      assertInstanceOf(await at.catch((error) => error), WorkerDiedError);
      assertEquals(await Promise.all(rest), doubled);
    }
  });

  test("one that never ends holds nobody else up", async () => {
    using pool = open();
    const { rest, at } = await callAll<unknown>(
      pool,
      (x) => x < 0 ? new Promise(() => {}) : x * 2,
    );
    assertEquals(await Promise.all(rest), doubled);
    pool.terminate();
    const error = await at.catch((error) => error) as Error;
    assertEquals(error.name, "AbortError");
  });

  test("onTask is told of each, and no worker does more than it may", async () => {
    const tasks = new Map<number, number>();
    using pool = open({
      maxTasksPerWorker: isolation === "worker" ? 100 : 1_000,
      onTask: ({ from, to, worker }) => {
        assert(from <= to);
        tasks.set(worker, (tasks.get(worker) ?? 0) + 1);
      },
    });
    const { calls } = await callAll(pool, () => {
      const memory = globalThis as { calls?: number };
      return memory.calls = (memory.calls ?? 0) + 1;
    });
    const counts = await Promise.all(calls);
    assertEquals(Math.max(...counts), isolation === "worker" ? 100 : 1_000);
    const told = tasks.values().reduce((sum, count) => sum + count, 0);
    assertEquals(told, many + 4);
  });
}

Deno.test("many calls at once: one that blocks its thread holds nobody else up", async () => {
  using pool = new Pool({ workers: 2 });
  const cell = new Int32Array(new SharedArrayBuffer(4));
  // Each waits for the other, so that both workers get the cell.
  const give = async (
    cell: Int32Array,
    own: Queue<number>,
    other: Queue<number>,
  ) => {
    (globalThis as { cell?: Int32Array }).cell = cell;
    await other.put(1);
    await own.get();
  };
  const [a, b] = [new Queue<number>(), new Queue<number>()];
  await pool.starmap(give, [[cell, a, b], [cell, b, a]]);
  const { rest, at } = await callAll(pool, (x) => {
    const { cell } = globalThis as unknown as { cell: Int32Array };
    if (x < 0) Atomics.wait(cell, 0, 0);
    return x * 2;
  });
  assertEquals(await Promise.all(rest), doubled);
  Atomics.store(cell, 0, 1);
  Atomics.notify(cell, 0);
  assertEquals(await at, odd * 2);
});

Deno.test("many calls at once take few messages", async () => {
  const { postMessage } = Worker.prototype;
  let messages = 0;
  Worker.prototype.postMessage = function (...args: unknown[]) {
    messages++;
    return postMessage.apply(this, args as [unknown]);
  };
  try {
    using pool = new Pool({ workers: 2 });
    const { calls } = await callAll(pool, (x) => x);
    await Promise.all(calls);
    assert(messages < many / 4, `${messages} messages`);
  } finally {
    Worker.prototype.postMessage = postMessage;
  }
});
