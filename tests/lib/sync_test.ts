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

const cells = (length: number) =>
  new Int32Array(new SharedArrayBuffer(4 * length));

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

Deno.test("Lock.acquire() blocks a worker until main lets go", async () => {
  const lock = new Lock();
  const guard = await lock.acquireAsync();
  const trace = cells(1);
  const worker = new FunctionWorker((lock: Lock, trace: Int32Array) => {
    using _ = lock.acquire();
    return trace[0];
  }, { args: [lock, trace] });
  worker.start();
  trace[0] = 7;
  guard.release();
  assertEquals(await worker.join(), 7);
});

Deno.test("Lock loses no update: 4 workers, 250 000 each", async () => {
  using pool = new Pool({ workers: 4 });
  const lock = new Lock();
  const counter = cells(1);
  const count = (lock: Lock, counter: Int32Array) => {
    for (let i = 0; i < 250_000; i++) {
      using _ = lock.acquire();
      counter[0]!++;
    }
  };
  await pool.starmap(count, Array(4).fill([lock, counter]));
  assertEquals([counter[0], lock.isLocked], [1_000_000, false]);
});

Deno.test("Lock.release() throws for one who does not hold it", async () => {
  const lock = new Lock();
  assertThrows(() => lock.release(), Error, "nobody holds the lock");
  const { worker, letGo } = await holder(lock);
  assertThrows(() => lock.release(), Error, "another thread holds the lock");
  letGo();
  await worker.join();
});

Deno.test("Lock.acquire() by its own holder throws instead of hanging", async () => {
  using pool = new Pool({ workers: 1 });
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

Deno.test("Lock gives up after a timeout or a signal, and loses no turn", async () => {
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
  using pool = new Pool({ workers: 1 });
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

Deno.test("Barrier lets all go on when all have arrived, again and again", async () => {
  using pool = new Pool({ workers: 3 });
  const barrier = new Barrier(3);
  const arrived = cells(1);
  const meet = (barrier: Barrier, arrived: Int32Array) => {
    const seen: number[] = [];
    for (let round = 1; round <= 50; round++) {
      Atomics.add(arrived, 0, 1);
      barrier.wait();
      seen.push(Atomics.load(arrived, 0));
      barrier.wait();
    }
    return seen;
  };
  const everyThird = Array.from({ length: 50 }, (_, i) => 3 * (i + 1));
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

/** Calls a function before the nth atomic step of another one. */
function between<Result>(n: number, first: () => void, run: () => Result) {
  const atomics = Atomics as unknown as Record<string, unknown>;
  const names = ["add", "and", "compareExchange", "exchange", "load", "or"];
  const all = [...names, "store", "sub"].map((name) =>
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
    return run();
  } finally {
    restore();
  }
}

Deno.test("Barrier counts an arrival between any two steps of another one", async () => {
  for (let step = 0; step < 10; step++) {
    const barrier = new Barrier(2);
    const places = [barrier.waitAsync()];
    const arrive = () => void places.push(barrier.waitAsync());
    places.push(between(step, arrive, () => barrier.waitAsync()));
    // A step that the arrival does not have.
    if (places.length === 2) arrive();
    arrive();
    const signal = AbortSignal.timeout(10_000);
    const late = new Promise<never>((_, reject) => {
      signal.onabort = () => reject(new Error(`step ${step}: one waits`));
    });
    const all = await Promise.race([Promise.all(places), late]);
    assertEquals(all.sort(), [0, 0, 1, 1], `step ${step}`);
  }
});

Deno.test("Barrier wakes a worker that is about to sleep when it breaks", async () => {
  const barrier = new Barrier(3);
  const gate = cells(2);
  using worker = new FunctionWorker((barrier: Barrier, gate: Int32Array) => {
    const { wait } = Atomics;
    Atomics.wait = ((...args: Parameters<typeof wait>) => {
      Atomics.wait = wait;
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      wait(gate, 1, 0);
      return wait(...args);
    }) as typeof wait;
    barrier.wait();
  }, { args: [barrier, gate] });
  worker.start();
  const ended = worker.join({ timeout: 10_000 }).catch((error) => error.name);
  const { async: isAsync, value } = Atomics.waitAsync(gate, 0, 0);
  if (isAsync) await value;
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = assertRejects(() => barrier.waitAsync({ signal }));
  controller.abort();
  await aborted;
  Atomics.store(gate, 1, 1);
  Atomics.notify(gate, 1);
  assertEquals(await ended, "BrokenBarrierError");
});

Deno.test("Barrier joins main and a worker", async () => {
  const barrier = new Barrier(2);
  const worker = new FunctionWorker((barrier: Barrier) => barrier.wait(), {
    args: [barrier],
  });
  worker.start();
  const place = await barrier.waitAsync();
  assertEquals(place + await worker.join(), 1);
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
