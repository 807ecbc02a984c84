import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  Barrier,
  BrokenBarrierError,
  FunctionWorker,
  Lock,
  LockAbandonedError,
  pipe,
  Pool,
} from "../../mod.ts";
import { Line } from "../../lib/sync.ts";
import { realm } from "../../lib/messages/life.ts";
import { testWith } from "../helper.ts";
import { sharedPools } from "./shared_pools.ts";

const mod = new URL("../../mod.ts", import.meta.url).href;

const cells = (length: number) =>
  new Int32Array(new SharedArrayBuffer(4 * length));

let pool!: Pool;
const withPool = sharedPools(() => [pool = new Pool({ workers: 1 })]);

/** Registers a test that needs any worker, and takes that of `pool`. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test(name, withPool(fn));
}

/** A worker that holds a lock, until it is told to go on or is terminated. */
async function holder(lock: Lock) {
  const gate = cells(2);
  const worker = new FunctionWorker((lock: Lock, gate: Int32Array) => {
    using _ = lock.acquire();
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
    Atomics.wait(gate, 0, 0);
  }, { args: [lock, gate] });
  worker.start();
  const { async: waits, value } = Atomics.waitAsync(gate, 1, 0);
  if (waits) await value;
  const letGo = () => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  };
  return { worker, letGo };
}

Deno.test("Lock is free, then held, then free again", async () => {
  const lock = new Lock();
  assertEquals(lock.isLocked, false);
  {
    using guard = await lock.acquireAsync();
    void guard;
    assertEquals(lock.isLocked, true);
    assertEquals(Deno.inspect(lock), "Lock { isLocked: true }");
  }
  assertEquals(lock.isLocked, false);
});

Deno.test("Lock's guard releases once", async () => {
  const lock = new Lock();
  const guard = await lock.acquireAsync();
  guard.release();
  using other = await lock.acquireAsync();
  guard.release();
  guard[Symbol.dispose]();
  assertEquals(lock.isLocked, true);
  void other;
});

Deno.test("Lock.acquire() refuses to block main", () => {
  assertThrows(() => new Lock().acquire(), Error, "use acquireAsync()");
});

Deno.test("Lock.acquireAsync() lets one after another have it", async () => {
  const lock = new Lock();
  const order: string[] = [];
  const task = async (name: string) => {
    using _ = await lock.acquireAsync();
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
  };
  await Promise.all(["a", "b", "c"].map(task));
  for (let i = 0; i < order.length; i += 2) {
    assertEquals(order[i]!.replace("in", "out"), order[i + 1]);
  }
  assertEquals(order.length, 6);
});

Deno.test("Lock.acquireAsync() waits for a worker that holds it", async () => {
  const lock = new Lock();
  const { worker, letGo } = await holder(lock);
  let acquired = false;
  const acquiring = lock.acquireAsync().then((guard) => {
    acquired = true;
    return guard;
  });
  await Promise.resolve();
  assertEquals([acquired, lock.isLocked], [false, true]);
  letGo();
  (await acquiring).release();
  await worker.join();
  assertEquals(lock.isLocked, false);
});

test("Lock.acquire() blocks a worker until main lets go", async () => {
  const lock = new Lock();
  const guard = await lock.acquireAsync();
  const trace = cells(1);
  const seen = pool.apply((lock: Lock, trace: Int32Array) => {
    using _ = lock.acquire();
    return trace[0];
  }, [lock, trace]);
  trace[0] = 7;
  guard.release();
  assertEquals(await seen, 7);
});

Deno.test("Lock loses no update: 4 workers, 2000 each", async () => {
  using pool = new Pool({ workers: 4 });
  const lock = new Lock();
  const counter = cells(1);
  const count = (lock: Lock, counter: Int32Array) => {
    for (let i = 0; i < 2000; i++) {
      using _ = lock.acquire();
      counter[0]!++;
    }
  };
  await pool.starmap(count, Array(4).fill([lock, counter]));
  assertEquals([counter[0], lock.isLocked], [8000, false]);
});

Deno.test("Lock.release() throws for one who does not hold it", async () => {
  const lock = new Lock();
  assertThrows(() => lock.release(), Error, "nobody holds the lock");
  const { worker, letGo } = await holder(lock);
  assertThrows(() => lock.release(), Error, "another thread holds the lock");
  letGo();
  await worker.join();
});

test("Lock.acquire() by its own holder throws instead of hanging", async () => {
  await assertRejects(
    () =>
      pool.apply((lock: Lock) => {
        using _ = lock.acquire();
        lock.acquire();
      }, [new Lock()]),
    Error,
    "this thread holds the lock already",
  );
});

test("Lock gives up after a timeout or a signal, and loses no turn", async () => {
  const lock = new Lock();
  const guard = await lock.acquireAsync();
  const late = await assertRejects(
    () => lock.acquireAsync({ timeout: 1 }),
    DOMException,
  );
  assertEquals(late.name, "TimeoutError");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => lock.acquireAsync({ signal }), Error, "enough");
  const controller = new AbortController();
  const aborted = lock.acquireAsync({ signal: controller.signal });
  const next = lock.acquireAsync();
  controller.abort(new Error("later"));
  await assertRejects(() => aborted, Error, "later");
  guard.release();
  (await next).release();

  using held = await lock.acquireAsync();
  void held;
  const inWorker = await assertRejects(
    () => pool.apply((lock: Lock) => void lock.acquire({ timeout: 1 }), [lock]),
    DOMException,
  );
  assertEquals(inWorker.name, "TimeoutError");
});

Deno.test("Lock tells the next one that its holder ended, then is free", async () => {
  const lock = new Lock();
  const { worker, letGo } = await holder(lock);
  const waiting = lock.acquireAsync();
  worker.terminate();
  const error = await assertRejects(() => waiting, LockAbandonedError);
  assertEquals(error.name, "LockAbandonedError");
  using guard = await lock.acquireAsync();
  void guard;
  letGo();
});

Deno.test("Lock tells a worker that blocks, and one that got it through a pipe", async () => {
  const [here, there] = pipe<Lock>();
  const lock = new Lock();
  const gate = cells(1);
  const first = new FunctionWorker(
    async (end: typeof there, gate: Int32Array) => {
      (await end.recv()).acquire();
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      await new Promise(() => {});
    },
    { args: [there, gate] },
  );
  first.start();
  await here.send(lock);
  const { async: waits, value } = Atomics.waitAsync(gate, 0, 0);
  if (waits) await value;
  const second = new FunctionWorker((lock: Lock) => {
    try {
      lock.acquire();
    } catch (error) {
      return (error as Error).name;
    }
    return "acquired";
  }, { args: [lock] });
  second.start();
  first.terminate();
  assertEquals(await second.join(), "LockAbandonedError");
});

/** Resolves once a cell holds something else than 0. */
async function changed(cells: Int32Array<SharedArrayBuffer>, index: number) {
  const { async: waits, value } = Atomics.waitAsync(cells, index, 0);
  if (waits) await value;
}

Deno.test("Lock.acquireAsync() is first come, first served", async () => {
  const lock = new Lock();
  const order: string[] = [];
  const take = async (name: string) => {
    const guard = await lock.acquireAsync();
    order.push(name);
    return guard;
  };
  const first = await take("first");
  const second = take("second");
  first.release();
  // The lock is free now, but somebody waits for it.
  const third = take("third");
  (await second).release();
  (await third).release();
  assertEquals(order, ["first", "second", "third"]);
});

Deno.test("Lock.acquireAsync() has a turn beside one that retakes the lock at once", async () => {
  const lock = new Lock();
  const turns = [0, 0];
  let isOver = false;
  const loop = async (me: number) => {
    while (!isOver) {
      using _ = await lock.acquireAsync();
      turns[me]! += 1;
    }
  };
  const loops = [loop(0), loop(1)];
  // A timer has its turn too.
  await new Promise((resolve) => setTimeout(resolve));
  isOver = true;
  await Promise.all(loops);
  assert(Math.abs(turns[0]! - turns[1]!) <= 1, `${turns}`);
});

Deno.test("Lock serves a worker that waits before main, which comes later", async () => {
  const lock = new Lock();
  const gate = cells(2);
  const guard = await lock.acquireAsync();
  const task = (lock: Lock, gate: Int32Array) => {
    const { wait } = Atomics;
    Atomics.wait = ((...args: Parameters<typeof wait>) => {
      // It stands in the line: it is about to sleep.
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      return wait(...args);
    }) as typeof wait;
    using _ = lock.acquire();
    return Atomics.add(gate, 1, 1);
  };
  using worker = new FunctionWorker(task, { args: [lock, gate] });
  worker.start();
  await changed(gate, 0);
  guard.release();
  using _ = await lock.acquireAsync();
  assertEquals([Atomics.add(gate, 1, 1), await worker.join()], [1, 0]);
});

for (const how of ["blocks in acquire()", "computes, and asks for it later"]) {
  Deno.test(`Lock is not taken by a terminated worker that ${how}`, async () => {
    const lock = new Lock();
    const gate = cells(3);
    const guard = await lock.acquireAsync();
    const task = (lock: Lock, gate: Int32Array, blocks: boolean) => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      while (!blocks && Atomics.load(gate, 1) === 0);
      try {
        lock.acquire();
        Atomics.store(gate, 2, 1);
      } finally {
        // Whether it ended in this way or by being stopped, nothing is told.
        Atomics.wait(gate, 1, 0);
      }
    };
    const blocks = how.startsWith("blocks");
    const worker = new FunctionWorker(task, { args: [lock, gate, blocks] });
    worker.start();
    await changed(gate, 0);
    worker.terminate();
    await worker.join().catch(() => {});
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
    guard.release();
    // Again and again: the worker may need a while.
    for (let i = 0; i < 20; i++) {
      using _ = await lock.acquireAsync({ timeout: 60_000 });
      await new Promise((resolve) => setTimeout(resolve));
      assertEquals(Atomics.load(gate, 2), 0);
    }
  });
}

testWith(
  ["read"],
  "Lock is free when a worker ends in which a worker holds it",
  async () => {
    const lock = new Lock();
    const gate = cells(1);
    const outer = async (lock: Lock, gate: Int32Array, mod: string) => {
      const { FunctionWorker } = await import(mod);
      const inner = async (lock: Lock, gate: Int32Array) => {
        await lock.acquireAsync();
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
        await new Promise(() => {});
      };
      const worker = new FunctionWorker(inner, { args: [lock, gate] });
      worker.start();
      await worker.join();
    };
    using worker = new FunctionWorker(outer, { args: [lock, gate, mod] });
    worker.start();
    await changed(gate, 0);
    const waiting = lock.acquireAsync();
    worker.terminate();
    await assertRejects(() => waiting, LockAbandonedError);
    (await lock.acquireAsync()).release();
  },
);

/** A line of two threads, one of which holds the lock, and what they can do. */
class Stage {
  readonly line = new Line();
  readonly one = realm().life.begin(realm().thread);
  readonly holder = realm().life.begin(realm().thread);
  /** Who believes that it holds the lock. */
  readonly holders = new Set<number>();

  readonly moves: Record<string, (thread: number) => void> = {
    enters: (thread) => {
      if (!this.line.enter(this.line.join()!)) return;
      this.holders.add(thread);
      assertEquals([...this.holders], [thread]);
    },
    "gives up": () => {
      const ticket = this.line.join()!;
      if (this.line.enter(ticket)) this.line.free();
      else this.line.leave(ticket);
    },
    "ends the other": () => this.end(this.holder),
  };

  /** Has a thread make a move. */
  make(thread: number, move: string): void {
    const here = realm();
    const before = here.thread;
    here.thread = thread;
    try {
      this.moves[move]!(thread);
    } finally {
      here.thread = before;
    }
  }

  end(thread: number): void {
    this.holders.delete(thread);
    realm().life.end(thread);
  }
}

Deno.test("Line: tickets are handed out on after the last number of 32 bits", () => {
  const after = new Line();
  // As 2 ** 32 - 64 tickets leave it: each place says which one was used last.
  after.cells.fill(-64, 0, 2);
  for (let i = 0; i < 64; i++) after.cells[2 + i] = -2 * (2 ** 26 - 1);
  for (let i = 0; i < 200; i++) {
    const ticket = after.join()!;
    assertEquals([ticket, after.enter(ticket)], [i - 64, true]);
    assert(after.free());
  }
});

// What can be tried in every order is: sync_orders_test.ts. A thread that asks
// for a lock twice has too many of them.
for (const first of Object.keys(new Stage().moves)) {
  for (const second of ["enters", "gives up"]) {
    Deno.test(`Line: one ${first}; the holder ${second} between any two steps of it`, () => {
      for (let step = 0; step < 60; step++) {
        const stage = new Stage();
        const { line, one, holder } = stage;
        stage.make(holder, "enters");
        between(
          step,
          () => stage.make(holder, second),
          () => stage.make(one, first),
        );
        // Whatever came of it: whoever comes next gets the lock.
        for (const thread of [one, holder]) stage.end(thread);
        assertEquals(line.enter(line.join()!), true, `step ${step}`);
        line.free();
      }
    });
  }
}

/** Calls a function before the nth atomic step of another one. */
function between(n: number, first: () => void, run: () => void) {
  const atomics = Atomics as unknown as Record<string, unknown>;
  const all = ["load", "compareExchange"].map((name) =>
    [name, atomics[name] as (...args: unknown[]) => unknown] as const
  );
  const restore = () => all.forEach(([name, fn]) => atomics[name] = fn);
  for (const [name, fn] of all) {
    atomics[name] = (...args: unknown[]) => {
      if (n-- === 0) {
        restore();
        first();
      }
      return fn(...args);
    };
  }
  try {
    run();
  } finally {
    restore();
  }
}

Deno.test("Barrier lets all go on when all have arrived, again and again", async () => {
  using pool = new Pool({ workers: 3 });
  const barrier = new Barrier(3);
  const arrived = cells(1);
  const meet = (barrier: Barrier, arrived: Int32Array) => {
    const seen: number[] = [];
    for (let round = 1; round <= 20; round++) {
      Atomics.add(arrived, 0, 1);
      barrier.wait();
      seen.push(Atomics.load(arrived, 0));
      barrier.wait();
    }
    return seen;
  };
  const everyThird = Array.from({ length: 20 }, (_, i) => 3 * (i + 1));
  const all = await pool.starmap(meet, Array(3).fill([barrier, arrived]));
  assertEquals(all, [everyThird, everyThird, everyThird]);
});

Deno.test("Barrier tells each how many arrived before", async () => {
  const barrier = new Barrier(3);
  const places = [1, 2, 3].map(() => barrier.waitAsync());
  assertEquals(await Promise.all(places), [0, 1, 2]);
  assertEquals(await new Barrier(1).waitAsync(), 0);
  assertEquals(Deno.inspect(barrier), "Barrier { parties: 3 }");
});

test("Barrier joins main and a worker", async () => {
  const barrier = new Barrier(2);
  const place = pool.apply((barrier: Barrier) => barrier.wait(), [barrier]);
  assertEquals(await barrier.waitAsync() + await place, 1);
});

Deno.test("Barrier refuses a number of parties that is none, and to block main", () => {
  assertThrows(() => new Barrier(0), RangeError, "received 0");
  assertThrows(() => new Barrier(1.5), RangeError, "received 1.5");
  assertThrows(() => new Barrier("2" as never), TypeError, '"2" (string)');
  assertThrows(() => new Barrier(1).wait(), Error, "use waitAsync()");
});

Deno.test("Barrier breaks when one gives up, for all the others", async () => {
  const barrier = new Barrier(3);
  const waiting = barrier.waitAsync();
  const late = await assertRejects(
    () => barrier.waitAsync({ timeout: 1 }),
    DOMException,
  );
  assertEquals(late.name, "TimeoutError");
  await assertRejects(() => waiting, BrokenBarrierError);
  await assertRejects(() => barrier.waitAsync(), BrokenBarrierError);
  assertEquals(barrier.isBroken, true);
});

Deno.test("Barrier breaks when a thread that has it dies", async () => {
  using pool = new Pool({ workers: 2 });
  const barrier = new Barrier(2);
  const settled = await Promise.allSettled([
    pool.apply((barrier: Barrier) => barrier.wait(), [barrier]),
    pool.apply((_: Barrier) => Deno.exit(1), [barrier]),
  ]);
  const [first] = settled;
  assert(first?.status === "rejected");
  assertInstanceOf(first.reason, Error);
  assertEquals(first.reason.name, "BrokenBarrierError");
});

Deno.test("Barrier stays whole when a thread that has it ends well", async () => {
  const barrier = new Barrier(1);
  const worker = new FunctionWorker((barrier: Barrier) => barrier.wait(), {
    args: [barrier],
  });
  worker.start();
  await worker.join();
  assertEquals(barrier.isBroken, false);
});

Deno.test("Barrier breaks when a task that has it throws", async () => {
  const barrier = new Barrier(2);
  const worker = new FunctionWorker((_: Barrier) => {
    throw new Error("before it arrived");
  }, { args: [barrier] });
  worker.start();
  await assertRejects(() => worker.join(), Error, "before it arrived");
  await assertRejects(() => barrier.waitAsync(), BrokenBarrierError);
});

test("Barrier stays whole when a thread dies whose task had ended", async () => {
  const barrier = new Barrier(2);
  const meet = (barrier: Barrier) => barrier.wait();
  const both = () =>
    Promise.all([barrier.waitAsync(), pool.apply(meet, [barrier])]);
  await both();
  await pool.apply(() => Deno.exit(1)).catch(() => {});
  assertEquals((await both()).toSorted(), [0, 1]);
  assertEquals(barrier.isBroken, false);
});

testWith(
  ["read"],
  "Barrier breaks when a worker ends in which a worker has it",
  async () => {
    const barrier = new Barrier(2);
    const gate = cells(1);
    const outer = async (barrier: Barrier, gate: Int32Array, mod: string) => {
      const { FunctionWorker } = await import(mod);
      const inner = async (_: Barrier, gate: Int32Array) => {
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
        await new Promise(() => {});
      };
      const worker = new FunctionWorker(inner, { args: [barrier, gate] });
      worker.start();
      await worker.join();
    };
    using worker = new FunctionWorker(outer, { args: [barrier, gate, mod] });
    worker.start();
    await changed(gate, 0);
    const waiting = barrier.waitAsync();
    worker.terminate();
    await assertRejects(() => waiting, BrokenBarrierError);
  },
);
