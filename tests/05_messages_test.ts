import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type Cost,
  describeCost,
  describeOrder,
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

Deno.test("given moveBuffer: a copied buffer stays here, a moved one is gone", async () => {
  const { copy, move } = await moveBuffer(1_000_000);
  assertEquals([copy.arrived, copy.left], [1_000_000, 1_000_000]);
  assertEquals([move.arrived, move.left], [1_000_000, 0]);
  assertEquals((await moveBuffer()).copy.arrived, 50_000_000);
});

Deno.test("given: what is said of the order follows what came", () => {
  const mixed = "This time, the items of the two are mixed.";
  assertEquals(describeOrder([0, 3, 1, 4, 2, 5], 3), mixed);
  assertEquals(describeOrder([0, 3, 4, 5, 1, 2], 3), mixed);
  const apart =
    "This time, one producer put in all of its items before the other one.";
  assertEquals(describeOrder([0, 1, 2, 3, 4, 5], 3), apart);
  assertEquals(describeOrder([3, 4, 5, 0, 1, 2], 3), apart);
});

Deno.test("given: what is said of the cost follows what was measured", () => {
  const cost = (elapsed: number): Cost => ({ elapsed, arrived: 1, left: 0 });
  assertEquals(
    describeCost(cost(25), cost(2)),
    "To copy took 12.5 times as long as to move. After the copy, main still " +
      "has its buffer. After the move, nothing of it is left.",
  );
  assertStringIncludes(
    describeCost(cost(3), cost(2)),
    "To copy took 1.5 times",
  );
  assertEquals(
    describeCost(cost(2), cost(2)),
    "To move was not faster this time: other programs keep the machine busy. " +
      "After the move, nothing of main's buffer is left.",
  );
});

let telling: Promise<string> | undefined;
/** What the lesson prints; it is told once for all tests. */
const said = () => telling ??= transcript("05_messages");

Deno.test("given: the lesson says what a pipe is, who sends, and who receives", async () => {
  const text = await said();
  for (
    const part of [
      "Between processes, this is called inter-process communication (IPC).",
      "In Python, the module multiprocessing has two objects for this: Pipe and Queue. They connect processes. Here they are called pipe and Queue, and connect main with its workers.",
      "A pipe connects two sides. It has two ends: what you send into one end can be received at the other end, in both directions.",
      "const [mainEnd, workerEnd] = pipe();",
      "await end.send(`The worker has received ${value}.`);",
      'await mainEnd.send("hello"); mainEnd.recv() → "The worker has received hello."',
      "for await (const value of end) await end.send(value);",
      'echo(["hello", 42]) → [ "hello", 42 ]',
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what serialising is, what arrives and what does not", async () => {
  const text = await said();
  for (
    const part of [
      'sendCopy() → { arrived: { item: "tea", amount: 1 }, changed: { item: "tea", amount: 100 }, kept: { item: "tea", amount: 1 } }',
      "So there are two orders: what arrived was a copy.",
      "To send a value, main serialises it: it writes the value down as a row of bytes. The bytes are sent, and the worker builds a new value from them.",
      "In Python, this is called pickling: whatever you put into a Queue or a Pipe is pickled.",
      "What consists of data can be written down, and arrives whole.",
      "echo([2n ** 64n]) → [ 18446744073709551616n ]",
      'echo([new Map([["a", [1]]])]) → [ Map(1) { "a" => [ 1 ] } ]',
      "echo([new Date(0)]) → [ 1970-01-01T00:00:00.000Z ]",
      "ring.next = ring; echo([ring]) → [ <ref *1> { next: [Circular *1] } ]",
      "pool.apply does send the function to call, `change` above: as its text",
      "Only functions inside of the data are refused.",
      "echo([{ run: () => 1 }]) → TypeError: value.run: a function cannot be sent",
      "new Point(3, 4) → Point { x: 3, y: 4 } echo([new Point(3, 4)]) → [ { x: 3, y: 4 } ]",
      "So a Point arrives without its class",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("given: the lesson says what a queue is for, and who put in which item", async () => {
  const text = await said();
  for (
    const part of [
      "producers put items in, consumers take them out, and each item is taken out once.",
      "This queue holds at most 4 items.",
      "new Queue({ capacity: 4 });",
      "When all producers have finished, main closes the queue. That ends main's loop as soon as the queue is empty.",
      "There are 2 producers, both workers, and each puts in 3 items",
      "await barrier.waitAsync(); await queue.put(first + i);",
      "The items of each producer stay in their order.",
      "taken out item put in by",
      "This time, ",
    ]
  ) assertStringIncludes(text, part);
  const [, printed] = /produceAndConsume\(2, 3\) → \[ (.*?) \]/.exec(text) ??
    [];
  const items = printed!.split(", ").map(Number);
  assertEquals(items.toSorted(), [0, 1, 2, 3, 4, 5]);
  const rows = items.map((item, i) =>
    `${i + 1} ${item} producer ${item < 3 ? 1 : 2}`
  );
  assertStringIncludes(
    text,
    `-- ${rows.join(" ")} ${describeOrder(items, 3)} `,
  );
});

Deno.test("given: the lesson shows what it costs to copy and to move", async () => {
  const text = await said();
  assertStringIncludes(
    text,
    "Serialising takes time, and more of it the larger",
  );
  assertStringIncludes(text, "A large one is copied once, as a whole");
  assertStringIncludes(text, "nothing is copied, and main's buffer is empty.");
  const time = String.raw`\d[\d.]* (?:s|ms|µs)`;
  const table = `way time arrived left[ -]+copy ${time} 50 MB 50 MB ` +
    `move ${time} 50 MB 0 B To `;
  assertMatch(text, new RegExp(table));
});
