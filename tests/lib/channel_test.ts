import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  ChannelClosedError,
  type Connection,
  FunctionWorker,
  lazy,
  Lock,
  pipe,
  Pool,
  Queue,
  range,
} from "../../mod.ts";
import { deno, runProgram, testWith } from "../helper.ts";
import { sharedPools } from "./shared_pools.ts";

const mod = new URL("../../mod.ts", import.meta.url).href;

/** Starts a worker that runs a function, and ends it with its using block. */
function start<Args extends unknown[], Result>(
  target: (...args: Args) => Result | PromiseLike<Result>,
  ...args: Args
): FunctionWorker<Args, Result> {
  const worker = new FunctionWorker<Args, Result>(target, { args });
  worker.start();
  return worker;
}

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return await assertRejects(() => promise, Error);
}

const echo = async (connection: Connection<unknown>) => {
  for await (const value of connection) await connection.send(value);
};

Deno.test("pipe() brings what is sent to the other end, in order, both ways", async () => {
  const [a, b] = pipe<number, string>();
  await a.send(1);
  await a.send(2);
  await b.send("x");
  assertEquals([await b.recv(), await b.recv(), await a.recv()], [1, 2, "x"]);
  a.close();
  b.close();
});

Deno.test("Connection.recv() waits for what is not sent yet", async () => {
  const [a, b] = pipe<number>();
  const received = Promise.all([b.recv(), b.recv()]);
  await a.send(1);
  await a.send(2);
  assertEquals(await received, [1, 2]);
});

Deno.test("Connection brings a copy, of all that structured clone copies", async () => {
  const [a, b] = pipe<unknown>();
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const values = [
    undefined,
    null,
    1n,
    new Date(0),
    new Map([[1, new Set([2])]]),
  ];
  for (const value of values) {
    await a.send(value);
    assertEquals(await b.recv(), value);
  }
  await a.send(cyclic);
  const copy = await b.recv() as typeof cyclic;
  assert(copy !== cyclic && copy.self === copy);
});

let pool!: Pool;
const withPool = sharedPools(() => [pool = new Pool({ workers: 1 })]);

/** Registers a test that needs any worker, and takes that of `pool`. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test(name, withPool(fn));
}

/** Sends a value to where it comes back from, in different ways. */
const ways: Record<string, (value: unknown) => Promise<unknown>> = {
  "a pipe": async (value) => {
    const [a, b] = pipe<unknown>();
    await a.send(value);
    return await b.recv();
  },
  "a queue": async (value) => {
    const queue = new Queue<unknown>();
    const put = (queue: Queue<unknown>, value: unknown) => queue.put(value);
    await pool.apply(put, [queue, value]);
    return await queue.get();
  },
  "a worker": async (value) => {
    return await pool.apply((value: unknown) => value, [value]);
  },
};

for (const [name, way] of Object.entries(ways)) {
  test(`Large buffers come out of ${name} as structured clone makes them`, async () => {
    class Sum extends Float64Array {}
    const buffer = new ArrayBuffer(160_000);
    const sent = {
      whole: buffer,
      part: new Int16Array(buffer, 8, 100).fill(7),
      view: new DataView(buffer, 2, 16),
      list: new Map([["sum", [new Sum(20_000).fill(0.5)]]]),
      resizable: new ArrayBuffer(200_000, { maxByteLength: 300_000 }),
      self: undefined as unknown,
    };
    sent.self = sent;
    const expected = structuredClone(sent);
    const back = await way(sent) as typeof sent;
    assertEquals(back, expected);
    assert(back.part.buffer === back.whole && back.view.buffer === back.whole);
    assertEquals([back.part.length, back.view.byteLength], [100, 16]);
    assert(back.self === back && back.resizable.resizable);
    // The sender keeps its own.
    assertEquals([buffer.byteLength, sent.part[0]], [160_000, 7]);
    back.part[0] = 8;
    assertEquals(sent.part[0], 7);
  });
}

Deno.test("A connection closes with what was moved to it and not received", async () => {
  const [[a, b], [here, there]] = [pipe<unknown>(), pipe<number>()];
  const { port1, port2 } = new MessageChannel();
  await a.send(1);
  assertEquals(await b.recv(), 1); // so the next value is taken as it comes
  await a.send([port1, there], { transfer: [port1] });
  b.close();
  await assertRejects(() => here.recv({ timeout: 5_000 }), ChannelClosedError);
  port2.close();
});

Deno.test("Connection moves what is to be transferred", async () => {
  const [a, b] = pipe<ArrayBuffer>();
  const buffer = new ArrayBuffer(8);
  await a.send(buffer, { transfer: [buffer] });
  assertEquals([buffer.byteLength, (await b.recv()).byteLength], [0, 8]);
});

Deno.test("Connection.close() ends the other's iteration after what was sent", async () => {
  const [a, b] = pipe<number>();
  for (const n of [1, 2, 3]) await a.send(n);
  a.close();
  a.close();
  assertEquals(await Array.fromAsync(b), [1, 2, 3]);
  assertInstanceOf(await errorOf(b.recv()), ChannelClosedError);
  assertInstanceOf(await errorOf(b.send(1)), ChannelClosedError);
});

Deno.test("Connection.close() ends a recv() and an iteration that wait", async () => {
  const [a, b] = pipe<number>();
  const waiting = b.recv();
  const all = Array.fromAsync(b);
  a.close();
  assertInstanceOf(await errorOf(waiting), ChannelClosedError);
  assertEquals(await all, []);
});

Deno.test("Connection that is closed here can neither send nor receive", async () => {
  const [a] = pipe<number>();
  const waiting = a.recv();
  a.close();
  assertInstanceOf(await errorOf(waiting), ChannelClosedError);
  assertInstanceOf(await errorOf(a.recv()), ChannelClosedError);
  assertInstanceOf(await errorOf(a.send(1)), ChannelClosedError);
});

Deno.test("Connection closes with its using block", async () => {
  const [a, b] = pipe<number>();
  {
    using _ = a;
  }
  assertInstanceOf(await errorOf(b.recv()), ChannelClosedError);
});

Deno.test("Connection.recv() gives up after a timeout or a signal; nothing is lost", async () => {
  const [a, b] = pipe<number>();
  assertEquals((await errorOf(b.recv({ timeout: 1 }))).name, "TimeoutError");
  const controller = new AbortController();
  const aborted = b.recv({ signal: controller.signal });
  controller.abort(new Error("enough"));
  assertEquals((await errorOf(aborted)).message, "enough");
  const signal = AbortSignal.abort(new Error("before"));
  assertEquals((await errorOf(b.recv({ signal }))).message, "before");
  await assertRejects(() => b.recv({ timeout: -1 }), RangeError, "-1");
  await a.send(1);
  assertEquals(await b.recv({ timeout: Infinity }), 1);
});

Deno.test("Connection.send() names the part that cannot be sent, and goes on", async () => {
  const [a, b] = pipe<unknown>();
  await assertRejects(
    () => a.send({ items: [0, 0, 0, { onClick: () => {} }] }),
    TypeError,
    "value.items[3].onClick: a function cannot be sent",
  );
  await assertRejects(() => a.send(Symbol("s")), TypeError, "value: a symbol");
  await a.send("works");
  assertEquals(await b.recv(), "works");
});

Deno.test("Connection works in a FunctionWorker, and no longer here", async () => {
  const [here, there] = pipe<unknown>();
  using _ = start(echo, there);
  await here.send("hello");
  assertEquals(await here.recv(), "hello");
  const error = await errorOf(there.send(1));
  assertInstanceOf(error, ChannelClosedError);
  assert(error.message.includes("sent away"), error.message);
  await assertRejects(() => there.recv(), ChannelClosedError, "sent away");
  assertEquals(Deno.inspect(there), 'Connection { state: "moved" }');
});

test("Connection works in a pool's task, also inside an object", async () => {
  const [here, there] = pipe<number>();
  const doubled = pool.apply(
    async ({ ends: [end] }: { ends: [Connection<number>] }) => {
      await end.send(2 * await end.recv());
    },
    [{ ends: [there] }],
  );
  await here.send(21);
  assertEquals(await here.recv(), 42);
  await doubled;
});

Deno.test("What travels beside a connection is what structured clone makes of it", async () => {
  const [here, there] = pipe<unknown>();
  const [a] = pipe();
  const beside = [
    [1, , 3],
    Object.assign(Array(1), { more: 2 }),
    JSON.parse('{"__proto__": {"x": 1}, "y": 2}'),
  ];
  await here.send([a, ...beside]);
  const [, ...back] = await there.recv() as unknown[];
  assertEquals(back, structuredClone(beside));
  assertEquals(Object.keys(back[1] as object), ["more"]);
  here.close();
});

Deno.test("Connection travels through another one, with what was sent to it", async () => {
  const [here, there] = pipe<Connection<string>>();
  const [inner, outer] = pipe<string>();
  await outer.send("early");
  await inner.send("sent before");
  await here.send(inner);
  await outer.send("late");
  const arrived = await there.recv();
  assertEquals([await arrived.recv(), await arrived.recv()], ["early", "late"]);
  await arrived.send("back");
  assertEquals([await outer.recv(), await outer.recv()], [
    "sent before",
    "back",
  ]);
  assertInstanceOf(await errorOf(inner.recv()), ChannelClosedError);
});

Deno.test("Connection that has received stays here, and says so", async () => {
  const [here] = pipe<Connection<number>>();
  const [a, b] = pipe<number>();
  await a.send(1);
  await b.recv();
  await assertRejects(() => here.send(b), Error, "cannot be sent away");
  await a.send(2);
  assertEquals(await b.recv(), 2);
});

test("Connection comes back as a task's result", async () => {
  const [a, b] = pipe<number>();
  const back = await pool.apply((end: Connection<number>) => end, [b]);
  await a.send(5);
  assertEquals(await back.recv(), 5);
});

Deno.test("Connection that could not be sent stays here", async () => {
  const [here] = pipe<unknown>();
  const [a, b] = pipe<number>();
  await assertRejects(() => here.send([b, () => {}]), TypeError, "value[1]");
  await b.send(1);
  assertEquals(await a.recv(), 1);
});

Deno.test("Connection joins two workers", async () => {
  const [left, right] = pipe<number>();
  using a = start(async (end: Connection<number>) => {
    for (let i = 0; i < 100; i++) await end.send(i);
    end.close();
  }, left);
  using b = start(async (end: Connection<number>) => {
    let sum = 0;
    for await (const n of end) sum += n;
    return sum;
  }, right);
  assertEquals([await b.join(), await a.join()], [4950, undefined]);
});

Deno.test("A worker that ends closes its ends, after what it sent", async () => {
  const [here, there] = pipe<number>();
  using _ = start(async (end: Connection<number>) => {
    for (let i = 0; i < 1000; i++) await end.send(i);
  }, there);
  assertEquals((await Array.fromAsync(here)).length, 1000);
});

Deno.test("A worker that dies or is terminated closes its ends", async () => {
  const endings: ((worker: FunctionWorker<never, unknown>) => unknown)[] = [
    (worker) => worker.terminate(),
    (worker) => worker.join().catch(() => {}),
  ];
  for (const [i, end] of endings.entries()) {
    const [here, there] = pipe<string>();
    using worker = start(
      async (end: Connection<string>, die: boolean) => {
        await end.send("alive");
        if (die) Deno.exit(1);
        await new Promise(() => {});
      },
      there,
      i === 1,
    );
    assertEquals(await here.recv(), "alive");
    await end(worker as unknown as FunctionWorker<never, unknown>);
    assertInstanceOf(await errorOf(here.recv()), ChannelClosedError);
  }
});

Deno.test("A worker that dies closes the end that came to it through a pipe", async () => {
  const [here, there] = pipe<Connection<string>>();
  const [inner, outer] = pipe<string>();
  using worker = start(async (connection: Connection<Connection<string>>) => {
    const end = await connection.recv();
    await end.send("here");
    await new Promise(() => {});
  }, there);
  await here.send(inner);
  assertEquals(await outer.recv(), "here");
  worker.terminate();
  assertInstanceOf(await errorOf(outer.recv()), ChannelClosedError);
});

Deno.test("Connection loses none of 5000 messages, and gives none twice", async () => {
  const [here, there] = pipe<number>();
  using worker = start(async (end: Connection<number>) => {
    let next = 0;
    for await (const n of end) {
      if (n !== next) throw new Error(`${n} came instead of ${next}`);
      next += 1;
    }
    return next;
  }, there);
  for (let i = 0; i < 5000; i++) void here.send(i);
  here.close();
  assertEquals(await worker.join(), 5000);
});

Deno.test("Queue comes back as a task's result, from a worker that ends", async () => {
  const queue = new Queue<number>();
  using worker = start((queue: Queue<number>) => queue, queue);
  const back = await worker.join();
  await back.put(1);
  assertEquals(await queue.get(), 1);
  await queue.put(2);
  assertEquals([await back.get(), back.size], [2, 0]);
});

Deno.test("Queue delivers items in order, and knows its size", async () => {
  const queue = new Queue<string>();
  await queue.put("a");
  await queue.put("b");
  assertEquals(queue.size, 2);
  assertEquals(Deno.inspect(queue), "Queue { size: 2 }");
  assertEquals([await queue.get(), await queue.get()], ["a", "b"]);
  assertEquals(queue.size, 0);
});

Deno.test("Queue holds copies", async () => {
  const queue = new Queue<{ n: number }>();
  const item = { n: 1 };
  await queue.put(item);
  item.n = 2;
  assertEquals(await queue.get(), { n: 1 });
});

Deno.test("Queue.put() waits while the queue is full", async () => {
  const queue = new Queue<number>({ capacity: 2 });
  await queue.put(1);
  await queue.put(2);
  const order: string[] = [];
  const third = queue.put(3).then(() => order.push("put"));
  assertEquals(queue.size, 2);
  order.push("get");
  assertEquals(await queue.get(), 1);
  await third;
  assertEquals(order, ["get", "put"]);
  assertEquals([await queue.get(), await queue.get()], [2, 3]);
});

Deno.test("Queue.get() waits while the queue is empty, first come, first served", async () => {
  const queue = new Queue<number>({ capacity: 1 });
  const both = Promise.all([queue.get(), queue.get()]);
  await queue.put(1);
  await queue.put(2);
  assertEquals(await both, [1, 2]);
});

Deno.test("Queue refuses a capacity that is none", () => {
  assertThrows(() => new Queue({ capacity: 0 }), RangeError, "received 0");
  assertThrows(() => new Queue({ capacity: 1.5 }), RangeError, "received 1.5");
  assertThrows(() => new Queue({ capacity: "2" as never }), TypeError, '"2"');
});

Deno.test("Queue.put() and get() give up after a timeout or a signal; nothing is lost", async () => {
  const queue = new Queue<number>({ capacity: 1 });
  assertEquals((await errorOf(queue.get({ timeout: 1 }))).name, "TimeoutError");
  const controller = new AbortController();
  const { signal } = controller;
  const getting = queue.get({ signal });
  controller.abort(new Error("enough"));
  assertEquals((await errorOf(getting)).message, "enough");
  assertEquals((await errorOf(queue.get({ signal }))).message, "enough");
  await queue.put(1);
  const late = await errorOf(queue.put(2, { timeout: 1 }));
  assertEquals(late.name, "TimeoutError");
  assertEquals(await queue.get(), 1);
  assertEquals(queue.size, 0);
});

test("Queue.put() names the part that cannot be sent, and goes on", async () => {
  const queue = new Queue<unknown>();
  const put = (queue: Queue<unknown>) => queue.put({ a: [() => {}] });
  const ways = [() => put(queue), () => pool.apply(put, [queue])];
  for (const way of ways) {
    const why = "value.a[0]: a function cannot be sent";
    await assertRejects(way, TypeError, why);
  }
  await queue.put("works");
  assertEquals(await queue.get(), "works");
});

Deno.test("Queue.close() lets consumers finish what is there, and ends them", async () => {
  const queue = new Queue<number>({ capacity: 2 });
  await queue.put(1);
  await queue.put(2);
  const refused = queue.put(3);
  queue.close();
  queue.close();
  assertInstanceOf(await errorOf(refused), ChannelClosedError);
  assertInstanceOf(await errorOf(queue.put(4)), ChannelClosedError);
  assertEquals(await Array.fromAsync(queue), [1, 2]);
  assertInstanceOf(await errorOf(queue.get()), ChannelClosedError);
});

Deno.test("Queue.close() ends those who wait for an item", async () => {
  const queue = new Queue<number>();
  const getting = queue.get();
  const all = Array.fromAsync(queue);
  queue.close();
  assertInstanceOf(await errorOf(getting), ChannelClosedError);
  assertEquals(await all, []);
});

Deno.test("Queue works in workers: each item once, each producer's in order", async () => {
  using pool = new Pool({ workers: 5 });
  type Item = [producer: number, item: number];
  const queue = new Queue<Item>({ capacity: 50 });
  const each = 500;
  const consume = (queue: Queue<Item>) => Array.fromAsync(queue);
  const produce = async (queue: Queue<Item>, me: number, each: number) => {
    let largest = 0;
    // Many puts under way at once; the queue makes them wait for room.
    for (let i = 0; i < each;) {
      const puts: Promise<void>[] = [];
      for (; puts.length < 100; i++) puts.push(queue.put([me, i]));
      largest = Math.max(largest, queue.size);
      await Promise.all(puts);
    }
    return largest;
  };
  const consumers = [1, 2].map(() => pool.apply(consume, [queue]));
  const sizes = await Promise.all(
    [0, 1, 2].map((me) => pool.apply(produce, [queue, me, each])),
  );
  queue.close();
  const lists = await Promise.all(consumers);
  assert(Math.max(...sizes) <= 50, `${Math.max(...sizes)} items at once`);
  for (const list of lists) {
    for (const me of [0, 1, 2]) {
      const mine = list.filter(([producer]) => producer === me);
      assertEquals(mine, mine.toSorted(([, a], [, b]) => a - b));
    }
  }
  const all = lists.flat().map(([me, i]) => me * each + i);
  all.sort((a, b) => a - b);
  assertEquals(all, Array.from({ length: 3 * each }, (_, i) => i));
});

test("Queue waits in workers too, gives up, and says when it is closed", async () => {
  const queue = new Queue<number>({ capacity: 1 });
  const seen = await pool.apply(async (queue: Queue<number>) => {
    const names: string[] = [];
    const note = (error: Error) => void names.push(error.name);
    await queue.get({ timeout: 1 }).catch(note);
    await queue.put(1);
    await queue.put(2, { timeout: 1 }).catch(note);
    await queue.put((() => {}) as never).catch(note);
    names.push(String(queue.size), String(await queue.get()));
    queue.close();
    await queue.get().catch(note);
    await queue.put(3).catch(note);
    return names;
  }, [queue]);
  assertEquals(seen, [
    "TimeoutError",
    "TimeoutError",
    "TypeError",
    "1",
    "1",
    "ChannelClosedError",
    "ChannelClosedError",
  ]);
  assertInstanceOf(await errorOf(queue.put(1)), ChannelClosedError);
});

Deno.test("Queue goes on to a third thread from a worker", async () => {
  const queue = new Queue<number>();
  const [here, there] = pipe<Queue<number>>();
  const [onward, end] = pipe<Queue<number>>();
  using _first = start(
    async (from: Connection<Queue<number>>, to: Connection<Queue<number>>) => {
      await to.send(await from.recv());
      await new Promise(() => {});
    },
    there,
    onward,
  );
  using second = start(async (from: Connection<Queue<number>>) => {
    await (await from.recv()).put(42);
  }, end);
  await here.send(queue);
  await second.join();
  assertEquals(await queue.get(), 42);
});

Deno.test("A consumer that dies while it waits takes nothing with it", async () => {
  const queue = new Queue<number>();
  const [here, there] = pipe<number>();
  using worker = start(
    async (queue: Queue<number>, end: Connection<number>) => {
      const item = queue.get();
      await queue.put(1);
      await end.send(await item);
      await queue.get();
    },
    queue,
    there,
  );
  assertEquals(await here.recv(), 1);
  worker.terminate();
  await queue.put(2);
  await queue.put(3);
  assertEquals([await queue.get(), await queue.get()], [2, 3]);
});

for (const end of ["is busy", "is terminated"]) {
  Deno.test(`A consumer that ${end} keeps nothing that it has not taken`, async () => {
    const queue = new Queue<number>();
    const [here, there] = pipe<number>();
    const gate = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < 1000; i++) await queue.put(i);
    using worker = start(
      async (
        queue: Queue<number>,
        end: Connection<number>,
        gate: Int32Array,
      ) => {
        // Many, so that it is sent several at once.
        for (let i = 0; i < 99; i++) await queue.get();
        await end.send(await queue.get());
        Atomics.wait(gate, 0, 0);
      },
      queue,
      there,
      gate,
    );
    assertEquals(await here.recv(), 99);
    if (end === "is terminated") worker.terminate();
    assertEquals(queue.size, 900);
    for (let i = 100; i < 1000; i++) assertEquals(await queue.get(), i);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  });
}

Deno.test("What is on its way to a worker that is terminated comes back: an item, and room", async () => {
  const [empty, full] = [1, 2].map(() => new Queue<number>({ capacity: 1 }));
  const [here, there] = pipe<string>();
  const gate = new Int32Array(new SharedArrayBuffer(4));
  await full!.put(1);
  using worker = start(
    async (
      empty: Queue<number>,
      full: Queue<number>,
      end: Connection<string>,
      gate: Int32Array,
    ) => {
      void empty.get();
      await full.put(2, { timeout: 1 }).catch(({ name }) => end.send(name));
      void full.put(3);
      void end.send("waits");
      // So busy that it takes nothing that arrives.
      Atomics.wait(gate, 0, 0);
    },
    empty!,
    full!,
    there,
    gate,
  );
  assertEquals([await here.recv(), await here.recv()], [
    "TimeoutError",
    "waits",
  ]);
  await empty!.put(4);
  assertEquals(await full!.get(), 1);
  worker.terminate();
  assertEquals(await empty!.get({ timeout: 60_000 }), 4);
  await full!.put(5, { timeout: 60_000 });
  assertEquals([empty!.size, full!.size, await full!.get()], [0, 1, 5]);
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
});

Deno.test("Queue has room again as soon as a busy consumer has taken an item", async () => {
  const queue = new Queue<number>({ capacity: 50 });
  const last = new Int32Array(new SharedArrayBuffer(4));
  const consume = async (queue: Queue<number>, last: Int32Array) => {
    for (let i = 0; i < 250; i++) {
      await queue.get();
      // Blocks until the item is in for which this one made room.
      for (let put; (put = Atomics.load(last, 0)) < i + 50;) {
        if (Atomics.wait(last, 0, put, 10_000) === "timed-out") return put;
      }
    }
    return "all";
  };
  using consumer = start(consume, queue, last);
  const consumed = consumer.join();
  const put = async () => {
    for (let i = 0; i < 300; i++) {
      await queue.put(i);
      Atomics.store(last, 0, i);
      Atomics.notify(last, 0);
    }
  };
  await Promise.race([put(), consumed]);
  assertEquals(await consumed, "all");
});

Deno.test("Queue closes after what was put before, by whomever", async () => {
  using pool = new Pool({ workers: 2 });
  const queue = new Queue<number | undefined>();
  const items = Array.fromAsync(queue);
  await pool.map(async (queue: Queue<number | undefined>) => {
    for (let i = 0; i < 100; i++) await queue.put(i % 2 ? i : undefined);
  }, [queue, queue]);
  queue.close();
  const all = await items;
  assertEquals([all.length, all.filter((x) => x === undefined).length], [
    200,
    100,
  ]);
  await assertRejects(
    () => pool.apply((q: typeof queue) => q.put(1), [queue]),
    Error,
    "the queue is closed",
  );
});

testWith(
  ["read"],
  "Queue settles what waits when the thread that made it ends",
  async () => {
    const [here, there] = pipe<Queue<number>>();
    using worker = new FunctionWorker(keepQueue, {
      args: [there],
      module: import.meta.url,
    });
    worker.start();
    const queue = await here.recv();
    assertEquals(await queue.get(), 1);
    const waiting = queue.get();
    worker.terminate();
    assertInstanceOf(await errorOf(waiting), ChannelClosedError);
  },
);

/** Makes a queue, sends it, and lives on; exported for a worker to import. */
export async function keepQueue(end: Connection<Queue<number>>) {
  const queue = new Queue<number>();
  await queue.put(1);
  await end.send(queue);
  await new Promise(() => {});
}

testWith(
  ["run"],
  "A channel that is left open does not keep a program running",
  async () => {
    const { code, stdout, stderr } = await runProgram(`
    import { pipe, Pool, Queue } from "mod.ts";
    const [a, b] = pipe();
    await a.send(1);
    await b.recv();
    await a.send(2);
    await b.recv({ timeout: 1 });
    await b.recv({ timeout: 1 }).catch((error) => console.log(error.name));
    const queue = new Queue();
    {
      using pool = new Pool({ workers: 1 });
      await pool.apply((queue) => queue.put(1), [queue]);
    }
    console.log(await queue.get());
  `);
    assertEquals([code, stdout, stderr], [0, "TimeoutError\n1\n", ""]);
  },
);

Deno.test("leaving a loop takes no further value from a Connection or a Queue", async () => {
  const [here, there] = pipe<string>();
  const values = there[Symbol.asyncIterator]();
  const value = values.next();
  await values.return();
  assertEquals(await value, { value: undefined, done: true });
  await here.send("for the next one");
  assertEquals(await there.recv(), "for the next one");
  there.close();

  const queue = new Queue<string>();
  const items = queue[Symbol.asyncIterator]();
  const item = items.next();
  await items.return();
  assertEquals(await item, { value: undefined, done: true });
  await queue.put("for the next one");
  assertEquals(await queue.get(), "for the next one");
});

testWith(
  ["run"],
  "pipe, Queue, Lock and Barrier need shared memory, and say so",
  async () => {
    // As in a page that comes from a file.
    const { stdout, stderr } = await runProgram(`
    delete globalThis.SharedArrayBuffer;
    const { Barrier, Lock, pipe, Queue } = await import("mod.ts");
    const all = { pipe, Queue: () => new Queue(), Lock: () => new Lock(),
      Barrier: () => new Barrier(2) };
    for (const make of Object.values(all)) {
      try { make(); } catch (error) { console.log(error.message); }
    }`);
    const why = " needs memory that threads share, and there is none here";
    const said = stdout.trim().split("\n").map((line) => line.split(":")[0]);
    const names = ["pipe", "Queue", "Lock", "Barrier"];
    assertEquals(said, names.map((name) => name + why), stderr);
  },
);

/** Resolves once a cell holds something else than 0. */
async function changed(cells: Int32Array<SharedArrayBuffer>, index: number) {
  const { async: waits, value } = Atomics.waitAsync(cells, index, 0);
  if (waits) await value;
}

Deno.test("Connection.recv() gives no value after it has said that the end is closed", async () => {
  const [here, there] = pipe<string>();
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const worker = start(
    async (end: Connection<string>, gate: Int32Array) => {
      await end.send("early");
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      while (Atomics.load(gate, 1) === 0);
      // Whoever was terminated while it computes still runs.
      void end.send("late").catch(() => {});
      Atomics.store(gate, 1, 2);
      Atomics.notify(gate, 1);
      for (;;) Atomics.wait(gate, 1, 2);
    },
    there,
    gate,
  );
  assertEquals(await here.recv(), "early");
  await changed(gate, 0);
  worker.terminate();
  assertInstanceOf(await errorOf(here.recv()), ChannelClosedError);
  Atomics.store(gate, 1, 1);
  const { async: waits, value } = Atomics.waitAsync(gate, 1, 1);
  if (waits) await value;
  assertInstanceOf(await errorOf(here.recv()), ChannelClosedError);
  // What was on its way has come by now.
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertInstanceOf(await errorOf(here.recv()), ChannelClosedError);
});

Deno.test("Connection on its way is closed with the end that it is sent to", async () => {
  const [here, there] = pipe<Connection<string>>();
  const [inner, outer] = pipe<string>();
  await here.send(inner);
  const waiting = outer.recv();
  there.close();
  assertInstanceOf(await errorOf(waiting), ChannelClosedError);
});

Deno.test("Connection that was received and not taken is closed with its pipe", async () => {
  const [here, there] = pipe<string | { end: Connection<string> }>();
  const [inner, outer] = pipe<string>();
  await here.send("first");
  await here.send({ end: inner });
  assertEquals(await there.recv(), "first");
  const waiting = outer.recv();
  there.close();
  assertInstanceOf(await errorOf(waiting), ChannelClosedError);
});

Deno.test("Connection on its way to a worker is closed when that is terminated", async () => {
  const [here, there] = pipe<Connection<string>>();
  const [inner, outer] = pipe<string>();
  using worker = start(async (_: typeof there) => {
    await new Promise(() => {});
  }, there);
  await here.send(inner);
  const waiting = outer.recv();
  worker.terminate();
  assertInstanceOf(await errorOf(waiting), ChannelClosedError);
});

test("A task that returns closes the connections that it was given, and no other", async () => {
  const [a, b] = pipe<string>();
  const [c, d] = pipe<string>();
  const [, back] = await pool.apply(
    async (given: Connection<string>, back: Connection<string>) => {
      await given.send("before");
      return ["result", back] as const;
    },
    [b, d],
  );
  assertEquals(await Array.fromAsync(a), ["before"]);
  await back.send("it works");
  assertEquals(await c.recv(), "it works");
});

testWith(
  ["read"],
  "A worker's worker that ends with it closes its ends, and keeps no item",
  async () => {
    const [here, there] = pipe<string>();
    const queue = new Queue<string>();
    const outer = async (
      end: Connection<string>,
      queue: Queue<string>,
      mod: string,
    ) => {
      const { FunctionWorker } = await import(mod);
      const inner = async (end: Connection<string>, queue: Queue<string>) => {
        const item = queue.get();
        await end.send("waits");
        await item;
      };
      const worker = new FunctionWorker(inner, { args: [end, queue] });
      worker.start();
      await worker.join();
    };
    using worker = start(outer, there, queue, mod);
    assertEquals(await here.recv(), "waits");
    const waiting = here.recv();
    worker.terminate();
    assertInstanceOf(await errorOf(waiting), ChannelClosedError);
    await queue.put("kept");
    assertEquals(await queue.get(), "kept");
  },
);

for (const [name, way] of Object.entries(ways)) {
  test(`What belongs to Deno is refused by ${name}, and named`, async () => {
    const refused = [
      new URL("http://localhost"),
      new Headers(),
      new Response(),
      new URLSearchParams(),
      new FormData(),
      new AbortController(),
    ];
    for (const part of refused) {
      await assertRejects(
        () => way({ list: [1, part] }),
        TypeError,
        `.list[1]: a${
          part instanceof AbortController ? "n" : ""
        } ${part.constructor.name} cannot be sent`,
      );
    }
  });

  test(`An Error comes out of ${name} with its class, fields and causes`, async () => {
    class Overdrawn extends RangeError {
      balance = -5n;
      held = new Lock();
      toDo = () => "is left out";
    }
    const error = new Overdrawn("no money", { cause: new TypeError("inner") });
    Object.assign(error, { self: error });
    const back = await way({ error }) as { error: Overdrawn & { self: Error } };
    assertInstanceOf(back.error, RangeError);
    assertEquals(back.error.constructor.name, "Overdrawn");
    assertEquals([back.error.message, back.error.balance], ["no money", -5n]);
    assertInstanceOf(back.error.cause, TypeError);
    assertEquals(back.error.held.isLocked, false);
    assert(back.error.self === back.error && !("toDo" in back.error));
  });

  test(`Data that looks like a packed object comes out of ${name} as data`, async () => {
    const data = [
      { portable: "Queue", kind: "Queue", cells: new Int32Array(4) },
      { kind: "Error", head: {}, parts: [] },
    ];
    // Beside a real one, because values without any are not unpacked.
    const back = await way([new Lock(), ...data]) as unknown[];
    assertInstanceOf(back[0], Lock);
    assertEquals(back.slice(1), data);
  });
}

test("A range and a pipeline are refused: what arrives could not be iterated", async () => {
  for (const [name, part] of [["Range", range(3)], ["Pipeline", lazy([1])]]) {
    await assertRejects(
      () => pool.apply((x: unknown) => x, [part]),
      TypeError,
      `[0]: a ${name} cannot be sent: send an array of it`,
    );
  }
});

Deno.test("Queue.put() into a full queue refuses what cannot be sent, once", async () => {
  const queue = new Queue<unknown>({ capacity: 1 });
  await queue.put(1);
  const { signal } = new AbortController();
  const put = () => queue.put(() => {}, { timeout: 1, signal });
  await assertRejects(put, TypeError, "value: a function cannot be sent");
  // Had the timeout still been waited for, it would end this test.
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([await queue.get(), queue.size], [1, 0]);
});

Deno.test("Queue.get() gives up in its own time beside another get()", async () => {
  const queue = new Queue<number>();
  const first = queue.get({ timeout: 1 });
  const second = queue.get();
  assertEquals((await errorOf(first)).name, "TimeoutError");
  await queue.put(1);
  assertEquals(await second, 1);
});

Deno.test("Queue gives an item that waits for nobody else to one of two consumers", async () => {
  const queue = new Queue<number>();
  const [here, there] = pipe<string>();
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const ask = async (
    queue: Queue<number>,
    end: Connection<string>,
    gate: Int32Array,
  ) => {
    void queue.get().catch(() => {});
    await end.send("waits");
    // So busy that it takes nothing.
    Atomics.wait(gate, 0, 0);
  };
  using busy = start(ask, queue, there, gate);
  assertEquals(await here.recv(), "waits");
  using other = start((queue: Queue<number>) => queue.get(), queue);
  await queue.put(7);
  assertEquals(await other.join(), 7);
  void busy;
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
});

Deno.test("Queue has room again when a producer dies that had promised an item", async () => {
  const queue = new Queue<number>({ capacity: 1 });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  using worker = start(
    async (queue: Queue<number>, gate: Int32Array) => {
      const { postMessage } = MessagePort.prototype;
      MessagePort.prototype.postMessage = function (...args: unknown[]) {
        if (args[0] !== 42) return postMessage.apply(this, args as [unknown]);
        // It has been counted in, and is never sent.
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
        for (;;) Atomics.wait(gate, 0, 1);
      };
      await queue.put(42);
    },
    queue,
    gate,
  );
  await changed(gate, 0);
  assertEquals(queue.size, 1);
  worker.terminate();
  await queue.put(1, { timeout: 60_000 });
  assertEquals(await queue.get(), 1);
});

test("Queue with a connection in an item gives it to one who gets it", async () => {
  const queue = new Queue<Connection<string>>();
  const [here, there] = pipe<string>();
  await queue.put(there);
  await pool.apply(async (queue: Queue<Connection<string>>) => {
    const end = await queue.get();
    await end.send("from the worker");
  }, [queue]);
  assertEquals(await here.recv(), "from the worker");
});

testWith(
  ["run"],
  "What was sent before an end was closed arrives, also beside node:worker_threads",
  async () => {
    // From then on, closing a port closes the other one, too.
    const { stdout, stderr } = await runProgram(
      `
      import "node:worker_threads";
      import { FunctionProcess, FunctionWorker, pipe } from "mod.ts";
      const turn = () => new Promise((resolve) => setTimeout(resolve));
      const sum = async (end) => {
        let sum = 0;
        for await (const n of end) sum += n;
        return sum;
      };
      for (const Start of [FunctionWorker, FunctionProcess, undefined]) {
        const [here, there] = pipe();
        for (const n of [1, 2, 3]) await here.send(n);
        await turn();
        here.close();
        await turn();
        const far = Start && new Start(sum, { args: [there] });
        far?.start();
        console.log(await (far ? far.join() : sum(there)));
      }`,
      ["--allow-run"],
    );
    assertEquals([stdout, stderr], ["6\n6\n6\n", ""]);
  },
);

testWith(
  ["run"],
  "A pool that is given the same queue, lock and barrier again and again keeps none",
  async () => {
    const program = `
      import { Barrier, Lock, Pool, Queue } from "${mod}";
      using pool = new Pool({ workers: 1 });
      const given = [new Queue(), new Lock(), new Barrier(2)];
      const heap = () => {
        globalThis.gc();
        return Deno.memoryUsage().heapUsed;
      };
      const sizes = [];
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 300; i++) await pool.apply(() => 1, given);
        // What has ended is told by messages.
        await new Promise((resolve) => setTimeout(resolve, 50));
        sizes.push(heap(), await pool.apply(heap));
      }
      console.log(JSON.stringify(sizes));`;
    const url = `data:text/javascript,${encodeURIComponent(program)}`;
    const flags = ["--allow-read", "--v8-flags=--expose-gc"];
    const { stdout, stderr } = await deno("run", ...flags, url);
    assertEquals(stderr, "");
    const [, , here, there, hereLater, thereLater] = JSON.parse(stdout);
    // 400 bytes a call would be as much.
    assert(hereLater - here < 120_000, stdout);
    assert(thereLater - there < 120_000, stdout);
  },
);

Deno.test("A pipe and a queue that are closed leave no timer", async () => {
  const { setInterval, clearInterval } = globalThis;
  const running = new Set<unknown>();
  globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
    const timer = setInterval(...args);
    running.add(timer);
    return timer;
  }) as typeof setInterval;
  globalThis.clearInterval = (timer) => {
    running.delete(timer);
    clearInterval(timer);
  };
  try {
    const [here, there] = pipe<number>();
    const received = there.recv();
    await here.send(1);
    assertEquals(await received, 1);
    here.close();
    there.close();
    const queue = new Queue<number>();
    const got = queue.get();
    await queue.put(2);
    assertEquals(await got, 2);
    queue.close();
    assertEquals(running.size, 0);
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval });
  }
});

Deno.test("Options in the place of an object are refused, and say what to write", async () => {
  const [here] = pipe<number>();
  const queue = new Queue<number>();
  const wrong = 100 as never;
  assertThrows(() => new Queue(wrong), TypeError, "{ capacity:");
  const calls = [
    () => here.recv(wrong),
    () => queue.get(wrong),
    () => queue.put(1, wrong),
    () => new Lock().acquireAsync(wrong),
  ];
  for (const call of calls) {
    await assertRejects(call, TypeError, "{ timeout: 100 }");
  }
  const signal = new AbortController() as never;
  await assertRejects(() => here.recv({ signal }), TypeError, ".signal");
  const transfer = new ArrayBuffer(1) as never;
  for (const send of [here.send(1, { transfer }), queue.put(1, { transfer })]) {
    await assertRejects(() => send, TypeError, "transfer must be an array");
  }
  here.close();
});
