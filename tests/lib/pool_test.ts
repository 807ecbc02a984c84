import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  ChannelClosedError,
  pipe,
  Pool,
  type PoolOptions,
  type Progress,
  Queue,
  type TaskRun,
  WorkerDiedError,
} from "../../mod.ts";
import { realm } from "../../lib/messages/life.ts";
import { deno, runProgram, testWith } from "../helper.ts";
import { sharedPools } from "./shared_pools.ts";

const double = (x: number) => x * 2;
const never = () => new Promise<never>(() => {});

/** Counts up for ever, and notes how far it was taken and how it was closed. */
function endless() {
  const source = {
    taken: 0,
    closed: 0,
    *[Symbol.iterator]() {
      try {
        for (;;) yield source.taken++;
      } finally {
        source.closed++;
      }
    },
  };
  return source;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

type Doors = [arrived: Queue<string>, opened: Queue<never>];

/** A gate that tasks wait at, so that tests decide when they go on. */
function gate() {
  const doors: Doors = [new Queue<string>(), new Queue<never>()];
  return {
    doors,
    /** Resolves once a task waits at the gate. */
    reached: () => doors[0].get(),
    open: () => doors[1].close(),
  };
}

/** Waits at a gate. */
async function pass(arrived: Queue<string>, opened: Queue<never>) {
  await arrived.put("here");
  for await (const _ of opened);
  return "passed";
}

for (const isolation of ["worker", "process"] as const) {
  /** A pool that is gone at the end of its block, whatever still runs. */
  class TestPool extends Pool {
    constructor(options: PoolOptions = {}) {
      super({ ...options, isolation });
    }
    override async [Symbol.asyncDispose]() {
      this.terminate();
      await this.close();
    }
  }

  // For the tests that need any worker, and any two.
  let single!: TestPool;
  let pool!: TestPool;
  const withPools = sharedPools(() => [
    single = new TestPool({ workers: 1 }),
    pool = new TestPool({ workers: 2 }),
  ]);

  const test = (name: string, fn: () => Promise<void>) => {
    const run = withPools(fn);
    if (isolation === "worker") Deno.test(name, run);
    else testWith(["run"], `${name} (process)`, run);
  };

  test("Pool.map() gives the results in the order of the input", async () => {
    const input = Array.from({ length: 100 }, (_, i) => i);
    assertEquals(await pool.map(double, input), input.map(double));
  });

  test("Pool.map() takes any iterable, also an empty one and one of one", async () => {
    assertEquals(await pool.map(double, []), []);
    assertEquals(await pool.map(double, new Set([4])), [8]);
    assertEquals(
      await pool.map(
        double,
        function* () {
          yield* [1, 2, 3];
        }(),
      ),
      [2, 4, 6],
    );
  });

  test("Pool.map() keeps results that are arrays, and waits for promises", async () => {
    const twice = async (x: number) => await Promise.resolve([x, [x]]);
    assertEquals(await pool.map(twice, [1, 2]), [[1, [1]], [2, [2]]]);
  });

  test("Pool.map() runs 200 000 small tasks", async () => {
    const results = await pool.map(double, Array(200_000).fill(21));
    assertEquals(results.length, 200_000);
    assert(results.every((x) => x === 42));
  });

  test("Pool.map() cuts its input into chunks of a quarter of an even share", async () => {
    const steps: number[] = [];
    await pool.map(double, Array(80).fill(1), {
      onProgress: ({ done }) => steps.push(done),
    });
    assertEquals(steps, [10, 20, 30, 40, 50, 60, 70, 80]);
  });

  test("Pool.map() cuts its input as chunkSize says", async () => {
    const steps: Progress[] = [];
    await single.map(double, [1, 2, 3, 4, 5], {
      chunkSize: 2,
      onProgress: (progress) => steps.push(progress),
    });
    assertEquals(steps, [
      { done: 2, total: 5 },
      { done: 4, total: 5 },
      { done: 5, total: 5 },
    ]);
  });

  test("Pool.starmap() calls with argument lists", async () => {
    const power = (base: number, exponent: number) => base ** exponent;
    assertEquals(await pool.starmap(power, [[2, 3], [3, 2]]), [8, 9]);
  });

  test("Pool.apply() calls once, with or without arguments", async () => {
    assertEquals(
      await single.apply((a: number, b: string) => b + a, [1, "b"]),
      "b1",
    );
    assertEquals(await single.apply(() => "nothing given"), "nothing given");
    assertEquals(await single.apply(() => undefined), undefined);
  });

  test("Pool.apply() moves what is to be transferred", async () => {
    const buffer = new ArrayBuffer(16);
    const size = (buffer: ArrayBuffer) => buffer.byteLength;
    assertEquals(
      await single.apply(size, [buffer], { transfer: [buffer] }),
      16,
    );
    assertEquals(buffer.byteLength, 0);
  });

  test("Pool runs tasks at the same time: as many wait for each other", async () => {
    // Each puts a token in for every other one, and waits for as many.
    const meet = async (own: Queue<number>, others: Queue<number>[]) => {
      for (const other of others) await other.put(1);
      for (const _ of others) await own.get();
      return true;
    };
    const queues = [1, 2].map(() => new Queue<number>());
    const lists = queues.map((own) =>
      [own, queues.filter((queue) => queue !== own)] as Parameters<typeof meet>
    );
    assertEquals(await pool.starmap(meet, lists), [true, true]);
  });

  test("Pool starts no more workers than there is work, and uses them again", async () => {
    const runs: TaskRun[] = [];
    await using pool = new TestPool({
      workers: 4,
      onTask: (run) => runs.push(run),
    });
    const count = () => {
      const memory = globalThis as { calls?: number };
      return memory.calls = (memory.calls ?? 0) + 1;
    };
    assertEquals(await pool.apply(count), 1);
    assertEquals(await pool.apply(count), 2);
    assertEquals(await pool.apply(count), 3);
    assertEquals(runs.map(({ worker }) => worker), [1, 1, 1]);
  });

  test("Pool prefers a worker that has started to a new one", async () => {
    const runs: TaskRun[] = [];
    await using pool = new TestPool({
      workers: 2,
      onTask: (run) => runs.push(run),
    });
    const { doors, open } = gate();
    const first = pool.apply(pass, doors);
    await pool.apply(double, [1]);
    open();
    await first;
    await assertRejects(() => pool.apply(() => Deno.exit(1)), WorkerDiedError);
    await pool.apply(double, [1]);
    assertEquals(runs.map(({ worker }) => worker), [2, 1, 2]);
  });

  test("Pool.onTask is told which worker ran which task, and when", async () => {
    const runs: TaskRun[] = [];
    await using pool = new TestPool({
      workers: 2,
      onTask: (run) => runs.push(run),
    });
    const before = performance.now();
    await pool.map(double, [1, 2, 3, 4, 5]);
    const after = performance.now();
    assertEquals(runs.map(({ task }) => task).sort(), [0, 1, 2, 3, 4]);
    for (const { worker, from, to } of runs) {
      assert(worker === 1 || worker === 2, `worker ${worker}`);
      // Clocks of two threads agree to within some milliseconds.
      assert(before - 50 < from && from <= to && to < after + 50);
    }
  });

  test("Pool.onTask is told of what is done before a task of the chunk fails", async () => {
    const done: number[] = [];
    await using pool = new TestPool({
      workers: 1,
      onTask: ({ task }) => done.push(task),
    });
    const fail = (x: number) => {
      if (x === 2) throw new RangeError("two");
    };
    const failing = pool.map(fail, [0, 1, 2, 3], { chunkSize: 4 });
    await assertRejects(() => failing, RangeError, "two");
    assertEquals(done, [0, 1]);
  });

  test("Pool's calls refuse arguments that are wrong", async () => {
    class Task {}
    const bound = function f() {}.bind(null);
    const wrong: [unknown, string][] = [
      [5, "Pool.map: a task must be a function: received 5 (number)"],
      [undefined, "received undefined"],
      [Task, "the class Task"],
      [Math.max, "the function max: it is native"],
      [bound, "the function bound f: it is bound"],
    ];
    for (const [task, message] of wrong) {
      const fn = task as () => void;
      await assertRejects(() => single.map(fn, [1]), TypeError, message);
      assertThrows(() => single.imap(fn, [1]), TypeError);
      assertThrows(() => single.imapUnordered(fn, [1]), TypeError);
      await assertRejects(() => single.apply(fn), TypeError);
      await assertRejects(() => single.starmap(fn, [[]]), TypeError);
    }
    await assertRejects(
      () => single.map(double, 5 as unknown as number[]),
      TypeError,
      "Pool.map: 5 (number) is not iterable",
    );
    assertThrows(
      () => single.imap(double, null as unknown as number[]),
      TypeError,
      "Pool.imap: null is not iterable",
    );
    await assertRejects(
      () => single.map(double, (async function* () {})() as never),
      TypeError,
      "imap takes what arrives over time",
    );
    await assertRejects(
      () => single.map(double, [1], { chunkSize: -1 }),
      RangeError,
      "chunkSize must be a whole number, at least 1: received -1",
    );
    await assertRejects(
      () => single.map(double, [1], { timeout: -1 }),
      RangeError,
      "timeout must be milliseconds, at least 0: received -1",
    );
    await assertRejects(
      () => single.apply(double, 1 as never),
      TypeError,
      "args must be an array: received 1 (number)",
    );
  });

  test("Pool's first failing task rejects its call with its own error", async () => {
    const error = await assertRejects(
      () =>
        pool.map(function check(x: number) {
          if (x === 3) throw new RangeError(`no ${x}`, { cause: "three" });
          return x;
        }, [1, 2, 3, 4]),
      RangeError,
      "no 3",
    );
    assertEquals([error.name, error.cause], ["RangeError", "three"]);
    assertMatch(error.stack!, /at check \(worker:check:/);
    assertMatch(error.stack!, /in task 2 of map\(check\) on Worker-[12]/);
    assertMatch(error.stack!, /at .*pool_test\.ts/);
    assertEquals(await pool.map(double, [1]), [2]);
  });

  test("Pool's errors say where each method was called", async () => {
    const fail = () => {
      throw new Error("no");
    };
    const calls: Record<string, (() => Promise<unknown>)> = {
      map: () => single.map(fail, [1]),
      starmap: () => single.starmap(fail, [[]]),
      apply: () => single.apply(fail),
      imap: () => collect(single.imap(fail, [1])),
      imapUnordered: () => collect(single.imapUnordered(fail, [1])),
    };
    for (const [method, call] of Object.entries(calls)) {
      const { stack } = await assertRejects(call, Error, "no");
      const asked = stack!.split(`${method}(fail) on Worker-1`)[1];
      assertMatch(asked!, /at .*pool_test\.ts/, method);
      assert(!/[/]lib[/]workers[/]|FarSide/.test(stack!), stack);
    }
  });

  test("Pool does not begin what has not begun when a task fails", async () => {
    const failAtThird = (x: number) => {
      const memory = globalThis as { ran?: number };
      memory.ran = (memory.ran ?? 0) + 1;
      if (x === 3) throw new Error("third");
    };
    const takeCount = () => {
      const memory = globalThis as { ran?: number };
      const { ran } = memory;
      delete memory.ran;
      return ran;
    };
    for (const chunkSize of [1, 10]) {
      await assertRejects(
        () => single.map(failAtThird, [1, 2, 3, 4, 5, 6], { chunkSize }),
        Error,
        "third",
      );
      const ran = await single.apply(takeCount);
      assertEquals(ran, 3, `with chunks of ${chunkSize}`);
    }
  });

  test("Pool stops the chunk of another worker when a task fails", async () => {
    const ran = new Queue<number>();
    const go = new Queue<never>();
    const task = async (
      [place, ran, go]: [number, Queue<number>, Queue<never>],
    ) => {
      if (place === 5) {
        // Fails only once the other worker is in its first task.
        await ran.get();
        throw new Error("failed");
      }
      await ran.put(place);
      for await (const _ of go);
      // A turn, in which the worker hears that the call has failed.
      await new Promise((resolve) => setTimeout(resolve));
    };
    // The first chunk waits in its first task; the second one fails.
    const items = [0, 1, 2, 3, 4, 5].map((place) =>
      [place, ran, go] as [number, typeof ran, typeof go]
    );
    await assertRejects(
      () => pool.map(task, items, { chunkSize: 5 }),
      Error,
      "failed",
    );
    go.close();
    await Promise.all([pool.apply(() => {}), pool.apply(() => {})]);
    assertEquals(ran.size, 0, "more of the chunk has run");
  });

  test("Pool stops a chunk that computes without a break", async () => {
    await using pool = new TestPool({ workers: 2 });
    const started = new Queue<number>();
    const compute = async (item: [number, Queue<number>]) => {
      const [place, started] = item;
      if (place === 1_000) {
        await started.get();
        throw new Error("failed");
      }
      if (place === 0) await started.put(0);
      const memory = globalThis as { ran?: number };
      memory.ran = place;
      const end = performance.now() + 15;
      while (performance.now() < end);
    };
    const items = Array.from(
      { length: 1_001 },
      (_, i) => [i, started] as [number, Queue<number>],
    );
    await assertRejects(
      () => pool.map(compute, items, { chunkSize: 1_000 }),
      Error,
      "failed",
    );
    const last = () => (globalThis as { ran?: number }).ran ?? 0;
    // The other worker is kept, so the one that computed has to answer.
    const { doors, reached, open } = gate();
    const kept = pool.apply(pass, doors);
    await reached();
    const ran = await pool.apply(last);
    assert(ran < 999, `all have run: ${ran}`);
    open();
    await kept;
  });

  test("Pool explains a variable from outside", async () => {
    const factor = 2;
    const error = await assertRejects(
      () => single.map((x: number) => x * factor, [1]),
      ReferenceError,
      'uses "factor", which is neither an argument nor a variable of its own',
    );
    assertMatch(error.message, /shares no memory/);
    const own = await assertRejects(
      () =>
        single.apply(() => {
          throw new ReferenceError("no such entry");
        }),
      ReferenceError,
    );
    assertEquals(own.message, "no such entry");
  });

  test("Pool stays usable after a value that cannot be sent", async () => {
    const identity = (x: unknown) => x;
    await assertRejects(
      () => single.map(identity, [1, { f: () => {} }]),
      TypeError,
      "items[1].f: a function cannot be sent",
    );
    await assertRejects(
      () => single.starmap(identity, [[1], [{ s: Symbol("s") }]]),
      TypeError,
      "argumentLists[1][0].s: a symbol cannot be sent",
    );
    await assertRejects(
      () => single.apply(identity, [new WeakMap()]),
      TypeError,
      "args[0]: a WeakMap cannot be sent",
    );
    const bytes = new ArrayBuffer(8);
    await assertRejects(
      () => single.apply(identity, [[bytes, () => {}]], { transfer: [bytes] }),
      TypeError,
      "args[0][1]: a function cannot be sent",
    );
    await assertRejects(
      () => single.map((x: number) => x === 1 ? [() => {}] : x, [0, 1, 2]),
      TypeError,
      "result[0]: a function cannot be sent",
    );
    assertEquals(await single.map(identity, ["works"]), ["works"]);
  });

  test("Pool.map() gives up on a task that takes longer than the timeout", async () => {
    const error = await assertRejects(
      () =>
        pool.map((x: number) => x || new Promise<number>(() => {}), [1, 0], {
          timeout: 20,
        }),
      DOMException,
      "took over 20 ms",
    );
    assertEquals(error.name, "TimeoutError");
    assertEquals(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
  });

  test("Pool's timeout is for a task, not for a call, and may be Infinity", async () => {
    const results = await single.map(double, [1, 2], { timeout: Infinity });
    assertEquals(results, [2, 4]);
  });

  test("Pool ends a call when its signal is aborted", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { doors, reached, open } = gate();
    const running = single.apply(pass, doors, { signal });
    const waiting = single.map(double, [1], { signal });
    await reached();
    controller.abort(new Error("enough"));
    await assertRejects(() => running, Error, "enough");
    await assertRejects(() => waiting, Error, "enough");
    // The task still waits, but its worker has been replaced.
    assertEquals(await single.apply(double, [1]), 2);
    open();
  });

  test("Pool starts nothing for a signal that is aborted already", async () => {
    const run = () => {
      (globalThis as { ran?: boolean }).ran = true;
    };
    const signal = AbortSignal.abort();
    await assertRejects(() => single.apply(run, [], { signal }), DOMException);
    await assertRejects(() => single.map(run, [1], { signal }), DOMException);
    await assertRejects(() => collect(single.imap(run, [1], { signal })));
    const hasRun = () => (globalThis as { ran?: boolean }).ran === true;
    assertEquals(await single.apply(hasRun), false);
  });

  test("Pool.imap() gives results in the order of the input", async () => {
    // The first can only finish after the second has run.
    const ran = new Queue<number>();
    const task = async ([place, ran]: [number, Queue<number>]) => {
      if (place === 1) await ran.get();
      else await ran.put(place);
      return place;
    };
    const items = [1, 2].map((place) => [place, ran] as [number, typeof ran]);
    assertEquals(await collect(pool.imap(task, items)), [1, 2]);
  });

  test("Pool.imapUnordered() gives results as they finish", async () => {
    const { doors, open } = gate();
    const task = async (opened: Queue<never> | undefined) => {
      if (!opened) return "quick";
      for await (const _ of opened);
      return "slow";
    };
    const results: string[] = [];
    for await (
      const result of pool.imapUnordered(task, [doors[1], undefined])
    ) {
      results.push(result);
      open();
    }
    assertEquals(results, ["quick", "slow"]);
  });

  for (const method of ["imap", "imapUnordered"] as const) {
    test(`Pool.${method}() takes nothing, one item, and what comes over time`, async () => {
      assertEquals(await collect(pool[method](double, [])), []);
      assertEquals(await collect(pool[method](double, [4])), [8]);
      async function* over() {
        for (let i = 1; i <= 3; i++) yield await Promise.resolve(i);
      }
      const results = await collect(pool[method](double, over()));
      assertEquals(results.sort(), [2, 4, 6]);
    });

    test(`Pool.${method}() sends chunks`, async () => {
      const steps: number[] = [];
      const results = single[method](double, [1, 2, 3, 4, 5], {
        chunkSize: 2,
        onProgress: ({ done }) => steps.push(done),
      });
      assertEquals(await collect(results), [2, 4, 6, 8, 10]);
      assertEquals(steps, [2, 4, 5]);
    });

    test(`Pool.${method}() takes an input that is shorter than a chunk`, async () => {
      for (const input of [[], [1], [1, 2]]) {
        const results = single[method](double, input, { chunkSize: 3 });
        assertEquals(await collect(results), input.map(double));
      }
    });

    test(`Pool.${method}() takes little more from its input than it gives`, async () => {
      const source = endless();
      let given = 0;
      for await (const _ of pool[method](double, source)) {
        given++;
        assert(
          source.taken <= given + 5,
          `${source.taken} taken, ${given} given`,
        );
        if (given === 100) break;
      }
    });

    test(`Pool.${method}() closes its input once when the loop is left`, async () => {
      const source = endless();
      for await (const _ of pool[method](double, source)) break;
      assertEquals(source.closed, 1);
      const { taken } = source;
      await pool.apply(double, [1]);
      assertEquals(source.taken, taken);
    });

    test(`Pool.${method}() closes its input once when a task fails`, async () => {
      const source = endless();
      const fail = (x: number) => {
        if (x === 10) throw new Error("ten");
        return x;
      };
      await assertRejects(
        () => collect(pool[method](fail, source)),
        Error,
        "ten",
      );
      assertEquals(source.closed, 1);
      assertEquals(await pool.apply(double, [1]), 2);
    });

    test(`Pool.${method}() delivers what came before its input failed`, async () => {
      function* source() {
        yield* [1, 2, 3];
        throw new Error("dry");
      }
      const results: number[] = [];
      await assertRejects(
        async () => {
          for await (const x of pool[method](double, source())) results.push(x);
        },
        Error,
        "dry",
      );
      assertEquals(results.sort(), [2, 4, 6]);
    });

    test(`Pool.${method}() does not close an input that has ended`, async () => {
      let left = 3;
      let closed = 0;
      const source: IterableIterator<number> = {
        [Symbol.iterator]: () => source,
        next: () => left-- > 0 ? { value: left } : { done: true, value: 0 },
        return: () => (closed++, { done: true, value: 0 }),
      };
      await collect(pool[method](double, source));
      assertEquals(closed, 0);
    });

    test(`Pool.${method}() ends with its pool while its input is awaited`, async () => {
      const pool = new TestPool({ workers: 2 });
      const asked = Promise.withResolvers<void>();
      const source = {
        [Symbol.asyncIterator]: () => source,
        next: () => (asked.resolve(), new Promise<never>(() => {})),
      };
      const result = pool[method](double, source).next();
      await asked.promise;
      pool.terminate();
      await assertRejects(() => result, DOMException, "terminated");
    });

    test(`Pool.${method}() takes nothing before its first result is asked for`, async () => {
      const source = endless();
      const results = pool[method](double, source);
      await pool.apply(double, [1]);
      assertEquals(source.taken, 0);
      await results.return();
      assertEquals([source.taken, source.closed], [0, 0]);
    });
  }

  test("Pool.imap() gives all that comes before the task that failed", async () => {
    const { doors, open } = gate();
    const task = async (opened: Queue<never> | undefined) => {
      if (!opened) throw new Error("second");
      for await (const _ of opened);
      return "first";
    };
    const results = pool.imap(task, [doors[1], undefined]);
    const first = results.next();
    open();
    assertEquals((await first).value, "first");
    await assertRejects(() => results.next(), Error, "second");
  });

  test("Pool.close() waits for what runs and what waits, and takes no more", async () => {
    const pool = new TestPool({ workers: 1 });
    const { doors, open } = gate();
    const calls = [pool.apply(pass, doors), pool.apply(double, [21])];
    const closed = pool.close();
    await assertRejects(
      () => pool.apply(double, [1]),
      Error,
      "Pool.apply: the pool is closing",
    );
    open();
    assertEquals(await Promise.all(calls), ["passed", 42]);
    await closed;
    await pool.close();
    await assertRejects(() => pool.map(double, [1]), Error, "is closed");
  });

  test("Pool.close() of a pool that never worked resolves", async () => {
    await new TestPool({ workers: 1 }).close();
  });

  test("Pool.terminate() rejects what runs and what waits, each once", async () => {
    const pool = new TestPool({ workers: 2 });
    const calls = Array.from({ length: 1000 }, () => pool.apply(never));
    let settled = 0;
    for (const call of calls) call.catch(() => settled++);
    const stream = pool.imap(never, [1]).next();
    pool.terminate();
    pool.terminate();
    for (const call of [...calls, stream]) {
      const error = await assertRejects(() => call, DOMException, "terminated");
      assertEquals(error.name, "AbortError");
    }
    assertEquals(settled, 1000);
  });

  test("Pool terminates with using, and closes with await using", async () => {
    let call: Promise<unknown>;
    let ended: Pool;
    {
      using pool = new Pool({ workers: 1, isolation });
      call = pool.apply(never);
      ended = pool;
    }
    await assertRejects(() => call, DOMException, "terminated");
    await ended.close();
    {
      await using pool = new Pool({ workers: 1, isolation });
      call = pool.apply(double, [21]);
    }
    assertEquals(await call, 42);
  });

  test("Pool calls its initializer once in each worker, before any task", async () => {
    await using pool = new TestPool({
      workers: 1,
      initializer: async () => {
        const memory = globalThis as { started?: number };
        memory.started = await Promise.resolve((memory.started ?? 0) + 1);
      },
    });
    const started = () => (globalThis as { started?: number }).started;
    assertEquals(await pool.apply(started), 1);
    assertEquals(await pool.apply(started), 1);
    await assertRejects(() => pool.apply(() => Deno.exit(1)), WorkerDiedError);
    assertEquals(await pool.apply(started), 1);
  });

  test("Pool rejects its calls with what the initializer threw", async () => {
    await using pool = new TestPool({
      workers: 1,
      initializer: () => {
        throw new RangeError("not today");
      },
    });
    await assertRejects(() => pool.apply(double, [1]), RangeError, "not today");
    await assertRejects(
      () => pool.map(double, [1, 2]),
      RangeError,
      "not today",
    );
  });

  test("Pool calls its initializer with initializerArgs, and they last", async () => {
    const queue = new Queue<string>();
    await using pool = new TestPool({
      workers: 1,
      initializer: (name: string, queue: Queue<string>) => {
        Object.assign(globalThis, { told: { name, queue } });
      },
      initializerArgs: ["Ada", queue],
    });
    const put = async (x: number) => {
      const { told } = globalThis as unknown as {
        told: { name: string; queue: Queue<string> };
      };
      await told.queue.put(told.name + x);
    };
    // The first task ends before the second one uses the queue.
    for (const x of [1, 2]) await pool.apply(put, [x]);
    assertEquals([await queue.get(), await queue.get()], ["Ada1", "Ada2"]);
  });

  test("Pool.map() settles if it is ended while its input is read", async () => {
    for (const method of ["map", "starmap"] as const) {
      const pool = new TestPool({ workers: 1 });
      const read = pool[method].bind(pool) as typeof pool.starmap<
        [number],
        number
      >;
      const aborted = new AbortController();
      const input = function* (end: () => void): Generator<[number]> {
        yield [1];
        end();
        yield [2];
      };
      const { signal } = aborted;
      const call = (end: () => void) => read(double, input(end), { signal });
      await assertRejects(
        () => call(() => aborted.abort(new RangeError("stop"))),
        RangeError,
        "stop",
      );
      const error = await assertRejects(
        () => read(double, input(() => pool.terminate())),
        DOMException,
        "terminated",
      );
      assertEquals(error.name, "AbortError");
    }
  });

  test("Pool copies arguments when the call is made", async () => {
    const bytes = new Uint8Array(1);
    const calls: Promise<number>[] = [];
    for (let i = 0; i < 5; i++) {
      bytes[0] = i;
      calls.push(single.apply((bytes: Uint8Array) => bytes[0]!, [bytes]));
    }
    const item = { x: 1 };
    const mapped = single.map((item: { x: number }) => item.x, [item, item], {
      chunkSize: 1,
    });
    item.x = 2;
    assertEquals(await Promise.all(calls), [0, 1, 2, 3, 4]);
    assertEquals(await mapped, [1, 1]);
  });

  test("Pool copies argument lists when the call is made", async () => {
    await using pool = new TestPool({ workers: 1 });
    const args: [number] = [0];
    const calls: Promise<number>[] = [];
    for (let i = 0; i < 3; i++) {
      args[0] = i;
      calls.push(pool.apply(double, args));
    }
    const mapped = pool.starmap(double, [args, args], { chunkSize: 1 });
    args[0] = 7;
    assertEquals<unknown>(await Promise.all([...calls, mapped]), [0, 2, 4, [
      4,
      4,
    ]]);
  });

  test("Pool closes what a call was given that waits and is given up", async () => {
    await using pool = new TestPool({ workers: 1 });
    const { doors, open } = gate();
    const kept = pool.apply(pass, doors);
    const calls = new AbortController();
    const [here, there] = pipe<string>();
    const given = pool.apply((end: typeof there) => end.send("hi"), [there], {
      signal: calls.signal,
    });
    calls.abort(new RangeError("no more"));
    await assertRejects(() => given, RangeError, "no more");
    await assertRejects(
      () => here.recv({ timeout: 5_000 }),
      ChannelClosedError,
    );
    open();
    assertEquals(await kept, "passed");
  });

  test("Pool closes what a task returns whose call has failed", async () => {
    await using pool = new TestPool({ workers: 2 });
    const [keeps, fails] = [gate(), gate()];
    const [here, there] = pipe<string>();
    const task = async (end: typeof there | null, ...doors: Doors) => {
      await doors[0].put("here");
      for await (const _ of doors[1]);
      if (!end) throw new RangeError("no end");
      return end;
    };
    const lists: [typeof there | null, ...Doors][] = [
      [there, ...keeps.doors],
      [null, ...fails.doors],
    ];
    const calls = pool.starmap(task, lists, { chunkSize: 1 });
    await Promise.all([keeps.reached(), fails.reached()]);
    fails.open();
    await assertRejects(() => calls, RangeError, "no end");
    keeps.open();
    await assertRejects(
      () => here.recv({ timeout: 5_000 }),
      ChannelClosedError,
    );
  });

  test("Pool leaves queues to a task that runs when its call has failed", async () => {
    await using pool = new TestPool({ workers: 2 });
    const [first, second] = [gate(), gate()];
    const [keeps, fails] = [gate(), gate()];
    const busy = [first, second].map(({ doors }) => pool.apply(pass, doors));
    await Promise.all([first.reached(), second.reached()]);
    // These wait, so they are given copies.
    const after = new Queue<string>();
    const task = async (
      after: typeof first.doors[0] | null,
      ...doors: Doors
    ) => {
      await doors[0].put("here");
      for await (const _ of doors[1]);
      if (!after) throw new RangeError("no queue");
      await after.put("still there");
    };
    const lists: [typeof after | null, ...Doors][] = [
      [after, ...keeps.doors],
      [null, ...fails.doors],
    ];
    const calls = pool.starmap(task, lists, { chunkSize: 1 });
    first.open();
    second.open();
    await Promise.all([...busy, keeps.reached(), fails.reached()]);
    fails.open();
    await assertRejects(() => calls, RangeError, "no queue");
    keeps.open();
    assertEquals(await after.get({ timeout: 30_000 }), "still there");
  });

  test("Pool lets go of a queue that calls were given which waited", async () => {
    const { watchers } = realm();
    const before = watchers.size;
    const queue = new Queue<number>();
    {
      // The second one waits for a worker, and then for its initializer.
      const initializer = () => {};
      await using pool = new TestPool({ workers: 1, initializer });
      const dies = pool.apply(() => {
        setTimeout(() => {
          throw new Error("on its own");
        });
        return new Promise(() => {});
      });
      const put = (queue: Queue<number>, x: number) => queue.put(x);
      const puts = pool.starmap(put, [[queue, 1], [queue, 2]], {
        chunkSize: 1,
      });
      await assertRejects(() => dies, WorkerDiedError);
      await puts;
    }
    assertEquals([await queue.get(), await queue.get()], [1, 2]);
    // The store hears a little later who is gone; then it watches nobody.
    for (let i = 0; i < 1_000 && watchers.size > before; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert(watchers.size <= before);
  });

  test("Pool names what cannot be sent of a call that waits", async () => {
    const { doors, open } = gate();
    const kept = single.apply(pass, doors);
    const same = (x: unknown) => x;
    await assertRejects(
      () => single.map(same, [1, { f: () => {} }], { chunkSize: 2 }),
      TypeError,
      "items[1].f: a function cannot be sent",
    );
    open();
    assertEquals(await kept, "passed");
  });

  test("Pool.apply() many times at once gives each call its own result", async () => {
    const calls = Array.from(
      { length: 600 },
      (_, i) =>
        pool.apply((x: number) => {
          if (x === 300) throw new RangeError("odd");
          return x * 2;
        }, [i]).catch((error: Error) => error.message),
    );
    const expected = calls.map((_, i) => i === 300 ? "odd" : i * 2);
    assertEquals(await Promise.all(calls) as unknown, expected);
  });

  test("Pool says which variable is missing where a task takes it for its own", async () => {
    const name = "Ada";
    const error = await assertRejects(
      () => single.map((x: number) => name + x, [1]),
      ReferenceError,
      'uses "name", which is neither an argument nor a variable of its own',
    );
    assertMatch(error.message, /define it inside/);
  });

  test("Pool says why the text of a task has no meaning elsewhere", async () => {
    await assertRejects(
      () => single.apply(() => import.meta.url),
      SyntaxError,
      "task cannot be sent as text: import.meta has no meaning outside",
    );
    class Holder {
      #secret = 1;
      read = (other: Holder) => other.#secret;
    }
    await assertRejects(
      () => single.apply(new Holder().read, [{} as Holder]),
      SyntaxError,
      "read cannot be sent as text: .#secret has no meaning outside",
    );
    const error = await assertRejects(
      () => single.apply(() => new Function("return @")),
      SyntaxError,
    );
    assert(!error.message.includes("cannot be sent"), error.message);
  });

  test("Pool takes arrows, functions, methods and async ones, in strict mode", async () => {
    const targets = [
      (x: number) => x * 2,
      async (x: number) => await x * 2,
      function named(x: number) {
        return x * 2;
      },
      { method: (x: number) => x * 2 }.method,
      {
        shorthand(x: number) {
          return x * 2;
        },
      }.shorthand,
      {
        async shorthand(x: number) {
          return await x * 2;
        },
      }.shorthand,
    ];
    for (const target of targets) {
      assertEquals(await single.apply(target, [21]), 42, String(target));
    }
    const isStrict = await single.apply(function (this: unknown) {
      return this === undefined;
    });
    assertEquals(isStrict, true);
  });

  test("Pool takes a task by any name", async () => {
    const tasks = { ["a\nglobalThis.isHacked = true;//"]: (x: number) => x };
    assertEquals(await single.apply(Object.values(tasks)[0]!, [1]), 1);
    assertEquals(await single.apply(() => "isHacked" in globalThis), false);
  });

  test("Pool runs nothing in a worker without its initializer, also if a call ends while the worker starts", async () => {
    const initializer = () => {
      (globalThis as { isReady?: boolean }).isReady = true;
    };
    // Each waits for the other, so that both workers are asked.
    const ask = async (here: Queue<number>, there: Queue<number>) => {
      await there.put(1);
      await here.get();
      return (globalThis as { isReady?: boolean }).isReady;
    };
    const fail = (x: number) => {
      if (x === 0) throw new Error("zero");
      return x;
    };
    const ends: Record<string, (pool: Pool) => Promise<unknown>> = {
      "a task of a map fails": (pool) =>
        assertRejects(() => pool.map(fail, [0, 1]), Error, "zero"),
      "a loop over imap is left": async (pool) => {
        for await (const _ of pool.imap(double, [0, 1])) break;
      },
    };
    for (const [what, end] of Object.entries(ends)) {
      await using pool = new TestPool({ workers: 2, initializer });
      await pool.apply(double, [1]);
      await end(pool);
      const [a, b] = [new Queue<number>(), new Queue<number>()];
      const answers = await pool.starmap(ask, [[a, b], [b, a]]);
      assertEquals(answers, [true, true], what);
    }
  });

  test("Pool.imap() gives all that comes before the task that failed, also from a worker that is starting", async () => {
    const [starting, tickets] = [new Queue<string>(), new Queue<string>()];
    await using pool = new TestPool({
      workers: 2,
      initializer: async (starting: Queue<string>, tickets: Queue<string>) => {
        await starting.put("here");
        await tickets.get();
      },
      initializerArgs: [starting, tickets],
    });
    await tickets.put("first worker");
    const { doors, reached, open } = gate();
    // The first worker is kept until the second one starts for the first item.
    const kept = pool.apply(pass, doors);
    await reached();
    const task = (x: number) => {
      if (x === 1) throw new Error("second");
      return "first";
    };
    const results = pool.imap(task, [0, 1]);
    const first = results.next();
    for (const _ of ["first worker", "second worker"]) await starting.get();
    open();
    await kept;
    // By then, the first worker has failed of the second item.
    await pool.apply(double, [1]);
    await tickets.put("second worker");
    assertEquals((await first).value, "first");
    await assertRejects(() => results.next(), Error, "second");
  });

  test("Pool.close() resolves after an input that cannot be opened", async () => {
    await using pool = new TestPool({ workers: 1 });
    const broken = {
      [Symbol.iterator](): Iterator<number> {
        throw new Error("no input");
      },
    };
    await assertRejects(() => pool.map(double, broken), Error, "no input");
    for (const method of ["imap", "imapUnordered"] as const) {
      const results = pool[method](double, broken);
      await assertRejects(() => results.next(), Error, "no input");
    }
    await pool.close();
  });

  for (const listener of ["onTask", "onProgress"] as const) {
    test(`Pool reports what ${listener} throws, and the call goes on`, async () => {
      const reported: string[] = [];
      const report = (event: ErrorEvent) => {
        event.preventDefault();
        reported.push(event.message);
      };
      const fail = () => {
        throw new Error("no bar");
      };
      addEventListener("error", report);
      try {
        await using pool = new TestPool({ workers: 1, [listener]: fail });
        const options = { chunkSize: 1, [listener]: fail };
        assertEquals(await pool.map(double, [1, 2], options), [2, 4]);
        assertEquals(reported, Array(2).fill("Uncaught Error: no bar"));
      } finally {
        removeEventListener("error", report);
      }
    });
  }

  test("Pool's timeout is also for the initializer that a task waits for", async () => {
    await using pool = new TestPool({
      workers: 1,
      initializer: () => new Promise(() => {}),
    });
    for (const call of ["apply", "map"] as const) {
      const error = await assertRejects(
        () =>
          call === "apply"
            ? pool.apply(double, [1], { timeout: 20 })
            : pool.map(double, [1], { timeout: 20 }),
        DOMException,
        "20 ms",
      );
      assertEquals(error.name, "TimeoutError");
    }
  });

  test("Pool says so when a worker dies that has no task", async () => {
    await using pool = new TestPool({ workers: 1 });
    const printed = Promise.withResolvers<string>();
    const { error } = console;
    console.error = printed.resolve;
    try {
      await pool.apply(() =>
        void setTimeout(() => {
          throw new Error("late");
        })
      );
      assertEquals(
        await printed.promise,
        "Pool: while idle, Worker-1 died of an error that nothing caught: " +
          "Error: late",
      );
    } finally {
      console.error = error;
    }
    assertEquals(await pool.apply(() => "replaced"), "replaced");
  });
}

Deno.test("Pool has as many workers as there are processors, unless told", () => {
  assertEquals(new Pool().workers, navigator.hardwareConcurrency);
  assertEquals(new Pool({ workers: 7 }).workers, 7);
});

Deno.test("Pool prints its size and state", () => {
  const pool = new Pool({ workers: 2 });
  assertEquals(Deno.inspect(pool), 'Pool { workers: 2, state: "open" }');
  pool.terminate();
  assertEquals(Deno.inspect(pool), 'Pool { workers: 2, state: "closed" }');
});

Deno.test("Pool refuses options that are out of range", () => {
  const make = (options: object) => () => new Pool(options);
  assertThrows(
    make({ workers: 0 }),
    RangeError,
    "workers must be a whole number, at least 1: received 0",
  );
  assertThrows(make({ workers: 1.5 }), RangeError, "received 1.5");
  assertThrows(make({ workers: NaN }), RangeError, "received NaN");
  assertThrows(make({ workers: "4" }), TypeError, 'received "4" (string)');
  assertThrows(make({ onTask: 5 }), TypeError, "onTask must be a function");
  assertThrows(make({ initializerArgs: 5 }), TypeError, "must be an array");
  assertThrows(make({ isolation: "container" }), TypeError, '"container"');
  assertThrows(make({ initializer: 5 }), TypeError, "received 5 (number)");
});

Deno.test("Pool says how to write what Python writes by position", async () => {
  const positional: unknown[] = [1, [5], "2", null];
  for (const options of positional as never[]) {
    assertThrows(
      () => new Pool(options),
      TypeError,
      "new Pool({ workers: 1 })",
    );
    using pool = new Pool({ workers: 1 });
    for (const method of ["map", "imap", "imapUnordered"] as const) {
      await assertRejects(
        async () => await pool[method](double, [1], options),
        TypeError,
        "{ chunkSize: 10 }",
      );
    }
    await assertRejects(() => pool.apply(double, [1], options), TypeError);
  }
  using pool = new Pool({ workers: 1 });
  const wrong: [object, string][] = [
    [{ signal: new AbortController() }, "signal must be an AbortSignal"],
    [{ onProgress: "x" }, "onProgress must be a function"],
  ];
  for (const [options, message] of wrong) {
    await assertRejects(
      () => pool.map(double, [1], options),
      TypeError,
      message,
    );
  }
  await assertRejects(
    () => pool.apply(double, [1], { transfer: new ArrayBuffer(1) as never }),
    TypeError,
    "transfer must be an array",
  );
  for (const lists of [["ab", "cd"], [5], [[1], 5]] as never[]) {
    await assertRejects(
      () => pool.starmap(double, lists),
      TypeError,
      "must be an array",
    );
  }
});

Deno.test("Pool.apply() moves a port, also for a call that waits", async () => {
  await using pool = new Pool({ workers: 1 });
  const answer = (port: MessagePort) => port.postMessage("here");
  const ports = [new MessageChannel(), new MessageChannel()];
  const answers = ports.map(({ port1 }) =>
    new Promise((resolve) => port1.onmessage = ({ data }) => resolve(data))
  );
  await Promise.all(
    ports.map(({ port2 }) =>
      pool.apply(answer, [port2], { transfer: [port2] })
    ),
  );
  assertEquals(await Promise.all(answers), ["here", "here"]);
  for (const { port1 } of ports) port1.close();
});

Deno.test("A task has postMessage and onmessage for itself", async () => {
  using pool = new Pool({ workers: 1 });
  const use = (x: number) => {
    const scope = self as unknown as Worker;
    scope.postMessage({ kind: "done", value: [99], times: [] });
    scope.postMessage("anything");
    scope.onmessage = () => {};
    return x * 2;
  };
  assertEquals(await pool.map(use, [1, 2, 3]), [2, 4, 6]);
  assertEquals(await pool.apply(double, [4]), 8);
});

testWith(
  ["run", "read", "write"],
  "A module that starts workers where it is imported is told of import.meta.main",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const isolation of ["worker", "process"]) {
        const file = `${folder}/${isolation}.ts`;
        await Deno.writeTextFile(
          file,
          `import { Pool } from "${new URL("../../mod.ts", import.meta.url)}";
           export const twice = (x: number) => 2 * x;
           const pool = new Pool({
             workers: 2,
             module: import.meta.url,
             isolation: "${isolation}",
             permissions: ${
            isolation === "process" && "{ run: true }"
          } || undefined!,
           });
           console.log(await pool.map(twice, [1, 2]));`,
        );
        const { code, stderr } = await deno("run", "--allow-all", file);
        assertEquals(code, 1);
        assertMatch(
          stderr,
          /let only main start them, by if \(import.meta.main\)/,
        );
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Exported, so that a worker can import it. */
export function usesAnImport(x: number): number {
  assert(x > 0);
  return x + 1;
}

testWith(["read"], "Pool imports its tasks from a module", async () => {
  using pool = new Pool({ workers: 2, module: import.meta.url });
  assertEquals(await pool.map(usesAnImport, [1, 2]), [2, 3]);
  await assertRejects(
    () => pool.map(function missing() {}, [1]),
    TypeError,
    "exports no function named missing",
  );
});

testWith(
  ["run", "write"],
  "an error's stack has the user's files, also lib/pool.ts",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/lib/pool.ts`;
      const library = new URL("../../mod.ts", import.meta.url);
      await Deno.mkdir(`${folder}/lib`);
      await Deno.writeTextFile(
        file,
        `import { FunctionWorker, Pool } from "${library}";
      using pool = new Pool({ workers: 1 });
      const fail = () => { throw new Error("no"); };
      const worker = new FunctionWorker(fail);
      worker.start();
      const calls = [() => pool.map(fail, [1]), () => pool.apply(fail), () => worker.join()];
      for (const call of calls) {
        await call().catch((error) => console.log("@" + error.stack));
      }`,
      );
      const flags = ["--config", "deno.json", "--allow-read"];
      const { stdout } = await deno("run", "--no-prompt", ...flags, file);
      const stacks = stdout.split("@").slice(1);
      assertEquals(stacks.length, 3);
      for (const stack of stacks) {
        assertMatch(stack, /\/lib\/pool\.ts:/);
        assert(!stack.includes("/lib/workers/"), stack);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(["run"], "Pool leaves nothing running after using", async () => {
  // A worker that is left keeps the program alive; the test would not end.
  const program = `
    import { Pool } from "mod.ts";
    {
      using pool = new Pool({ workers: 4 });
      await pool.map((x) => x, [1, 2, 3, 4], { chunkSize: 1 });
    }
    console.log("over");`;
  const { code, stdout, stderr } = await runProgram(program);
  assertEquals([code, stdout, stderr], [0, "over\n", ""]);
});
