import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  echo,
  moveBuffer,
  Point,
  produceAndConsume,
  sendCopy,
} from "../lessons/04_messages.ts";

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

Deno.test("sendCopy: changing it there changes nothing here", async () => {
  const { here, there } = await sendCopy();
  assertEquals(here, { item: "tea", amount: 1 });
  assertEquals(there, { item: "tea", amount: 100 });
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

Deno.test("moveBuffer: a copied buffer stays here, a moved one is gone", async () => {
  const { copy, move } = await moveBuffer(1_000_000);
  assertEquals([copy.arrived, copy.left], [1_000_000, 1_000_000]);
  assertEquals([move.arrived, move.left], [1_000_000, 0]);
});
