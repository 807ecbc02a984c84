import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Queue } from "../mod.ts";
import {
  type Cost,
  describeCost,
  echo,
  moveBuffer,
  Point,
  produceAndConsume,
  sendCopy,
} from "../lessons/05_messages.ts";
import { transcript } from "./helper.ts";

Deno.test("echo: a pipe brings values to a worker and back, in order", async () => {
  assertEquals(await echo([]), []);
  assertEquals(await echo(["hello", 42, "world"]), ["hello", 42, "world"]);
});

Deno.test("echo: data is serialised, so what arrives is equal and not the same", async () => {
  const value = { list: [1, 2] };
  const [copy] = await echo([value]);
  assertEquals(copy, value);
  assert(copy !== value, "the object itself came back");
});

Deno.test("echo: Map, Date, bigint and cycles survive the trip", async () => {
  const values = [new Map([["a", 1]]), new Date(0), 2n ** 64n];
  assertEquals(await echo(values), values);
  const ring: { next?: unknown } = {};
  ring.next = ring;
  const [copy] = await echo([ring]) as [typeof ring];
  assert(copy.next === copy, "the ring came back open");
});

Deno.test("echo: functions do not survive, and the part is named", async () => {
  assertEquals(await echo([{ items: [{}] }]), [{ items: [{}] }]);
  await assertRejects(
    () => echo([{ items: [{ onClick: () => {} }] }]),
    TypeError,
    "value.items[0].onClick: a function cannot be sent",
  );
});

Deno.test("echo: prototypes do not survive: fields arrive, methods do not", async () => {
  const [copy] = await echo([new Point(3, 4)]);
  assertEquals({ ...copy as Point }, { x: 3, y: 4 });
  assert(!(copy instanceof Point), "the class came along");
  assertEquals((copy as Partial<Point>).length, undefined);
  assertEquals(new Point(3, 4).length(), 5);
});

Deno.test("sendCopy: changing it in the worker changes nothing in main", async () => {
  assertEquals(await sendCopy(), {
    arrived: { item: "tea", amount: 1 },
    changed: { item: "tea", amount: 100 },
    kept: { item: "tea", amount: 1 },
  });
});

Deno.test("produceAndConsume: each item of each producer arrives once", async () => {
  const items = await produceAndConsume(2, 50);
  const expected = Array.from({ length: 100 }, (_, i) => i);
  assertEquals(items.toSorted((a, b) => a - b), expected);
});

Deno.test("produceAndConsume: a producer's items keep their order", async () => {
  const items = await produceAndConsume(3, 20);
  for (const producer of [0, 1, 2]) {
    const own = items.filter((item) => Math.floor(item / 20) === producer);
    assertEquals(own, own.toSorted((a, b) => a - b));
  }
});

Deno.test("produceAndConsume: nothing produced, nothing consumed", async () => {
  assertEquals(await produceAndConsume(1, 0), []);
});

Deno.test("given produceAndConsume: the queue that it gets is used, and a failure is told", async () => {
  const queue = new Queue<number>({ capacity: 1 });
  assertEquals(await produceAndConsume(1, 3, queue), [0, 1, 2]);
  // Now it is closed, and nothing can be put into it.
  const error = await produceAndConsume(1, 1, queue).catch(String);
  assertMatch(`${error}`, /^ChannelClosedError: /);
});

Deno.test("given moveBuffer: a copied buffer stays here, a moved one is gone", async () => {
  const start = performance.now();
  const { copy, move } = await moveBuffer(1_000_000);
  const around = performance.now() - start;
  for (const { elapsed } of [copy, move]) assert(elapsed > 0, `${elapsed} ms`);
  assert(copy.elapsed + move.elapsed < around, `of ${around} ms`);
  assertEquals([copy.arrived, copy.left], [1_000_000, 1_000_000]);
  assertEquals([move.arrived, move.left], [1_000_000, 0]);
});

Deno.test("given: what is said of the cost follows what was measured", () => {
  const cost = (elapsed: number): Cost => ({ elapsed, arrived: 1, left: 0 });
  assertEquals(
    describeCost(cost(25), cost(2)),
    "Copying took about 13 times as long as moving.",
  );
  assertStringIncludes(
    describeCost(cost(3), cost(2)),
    "Copying took about 1.5 times",
  );
  assertEquals(
    describeCost(cost(2), cost(2)),
    "Moving was not faster this time: the machine is busy.",
  );
});

let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("05_messages");

Deno.test("given: the lesson shows that a message is a copy", async () => {
  const text = await said();
  for (
    const part of [
      "Main has an order of 1 tea. pool.apply() has a worker call `change` with it.",
      "order.amount = 100; return { arrived, changed: order };",
      'sendCopy() → { arrived: { item: "tea", amount: 1 }, changed: { item: "tea", amount: 100 }, kept: { item: "tea", amount: 1 } } Main still has its order of 1 tea. So there are two orders: a message is a copy.',
      "what one of them needs from another arrives in a message. Between processes, this is called inter-process communication (IPC).",
      "Threads in Python share memory instead.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what a pipe is, who sends, and who receives", async () => {
  const text = await said();
  for (
    const part of [
      "A pipe has two ends. Each end receives what the other end sends.",
      "for await (const value of end) await end.send(`The worker got ${value}.`);",
      "const [mainEnd, workerEnd] = pipe(); const worker = new FunctionWorker(answer, { args: [workerEnd] }); worker.start();",
      'await mainEnd.send("hello"); mainEnd.recv() → "The worker got hello." mainEnd.close();',
      "Python's Pipe() connects processes, and a loop cannot go through its ends.",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what serialising is, what arrives and what does not", async () => {
  const text = await said();
  for (
    const part of [
      "To send a value, main serialises it: it writes the value down as a row of bytes. The worker builds a new value from them. In Python, this is called pickling.",
      'echo(["hello", 2n ** 64n]) → [ "hello", 18446744073709551616n ]',
      "(`change` was sent as its text, lesson 2.) This library names the part that cannot be sent; without it, the error is a DataCloneError.",
      "echo([{ run: () => 1 }]) → TypeError: value.run: a function cannot be sent",
      "It arrives as an object with x and y, without its class and its method. Only ends of pipes, queues and locks of this library arrive whole. In Python, the receiver imports the class by its name.",
      "new Point(3, 4) → Point { x: 3, y: 4 } echo([new Point(3, 4)]) → [ { x: 3, y: 4 } ]",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: JavaScript names no part of what it cannot send", () => {
  let error: unknown;
  try {
    structuredClone({ run: () => 1 });
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof DOMException && error.name === "DataCloneError");
});

Deno.test("given: the lesson says what a queue is for, and who put in which item", async () => {
  const text = await said();
  for (
    const part of [
      "producers put items in, consumers take them out, and each item is taken out once. This queue holds at most 4 items: a producer that finds it full has to wait.",
      "for (let i = 0; i < count; i++) await queue.put(first + i);",
      "2 workers produce 3 items each: one puts in 0, 1 and 2, the other 3, 4 and 5. Main is the consumer, with `for await`. When both producers have finished, main closes the queue: that ends its loop once the queue is empty.",
      "const queue = new Queue({ capacity: 4 }); produceAndConsume(2, 3, queue) → ",
      "The items of each producer stay in their order. How the two mix can change: if one is done before the other begins, the list looks sorted.",
      "In Python, a multiprocessing.Queue connects processes, and close() ends no consumer. Producers put in a last item instead, such as None.",
    ]
  ) assertStringIncludes(text, part);
  const [, printed] =
    /produceAndConsume\(2, 3, queue\) → \[ (.*?) \]/.exec(text) ??
      [];
  const items = printed!.split(", ").map(Number);
  assertEquals(items.toSorted(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("given: the lesson shows what it costs to copy and to move", async () => {
  const text = await said();
  assertStringIncludes(
    text,
    "The larger a value is, the longer serialising takes. An ArrayBuffer is a block of memory. With the option { transfer: [buffer] }, pool.apply() moves it instead: its memory then belongs to the worker, and main's buffer is empty.",
  );
  const time = String.raw`\d[\d.]* (?:s|ms|µs)`;
  const table = `way time arrived left[ -]+copy ${time} 50 MB 50 MB ` +
    `move ${time} 50 MB 0 B (?:Copying|Moving) `;
  assertMatch(text, new RegExp(table));
});
