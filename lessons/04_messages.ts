/**
 * Lesson 4: Messages
 *
 * Workers share no memory, as processes do not; what one is to know, another has
 * to send. A pipe joins two, a queue joins many. What arrives is a copy, made by
 * serialising the value here and building it anew there, and that has a price.
 *
 * @run deno run lessons/04_messages.ts
 * @test deno test tests/04_messages_test.ts
 *
 * @hint echo Whatever you send into one end of a pipe comes out of the other.
 * @hint echo connection.send(value) here, then connection.recv() for the answer.
 * @hint echo for (const value of …) { await here.send(…); answers.push(await here.…); }
 * @hint sendCopy The worker changes what it gets, and gives it back.
 * @hint sendCopy Main still has the object that it sent.
 * @hint sendCopy const there = await pool.apply(…, […]); return both.
 * @hint produceAndConsume Consume here, until the queue is closed and empty.
 * @hint produceAndConsume `for await` over the queue; close it when the producers are done.
 * @hint produceAndConsume produced.then(() => …); for await (const item of …) items.push(…);
 */
import { FunctionWorker, pipe, Pool, Queue } from "../mod.ts";
import {
  bytes,
  duration,
  flags,
  section,
  show,
  showError,
  table,
  title,
} from "../lib/lesson.ts";

/** Sends values to a worker, which sends each one back; gives the answers. */
export async function echo(values: readonly unknown[]): Promise<unknown[]> {
  const [here, there] = pipe<unknown>();
  using worker = new FunctionWorker(async (connection: typeof there) => {
    for await (const value of connection) await connection.send(value);
  }, { args: [there] });
  worker.start();
  const answers: unknown[] = [];
  // #region solution: send each value, and receive the answer
  for (const value of values) {
    await here.send(value);
    answers.push(await here.recv());
  }
  // #endregion solution
  return answers;
}

type Order = { item: string; amount: number };

/** An order as main has it, and as a worker gives it back. */
export async function sendCopy(): Promise<Record<"here" | "there", Order>> {
  using pool = new Pool({ workers: 1 });
  const here: Order = { item: "tea", amount: 1 };
  const change = (order: Order) => {
    order.amount = 100;
    return order;
  };
  // #region solution: have the worker change the order; give both of them
  const there = await pool.apply(change, [here]);
  return { here, there };
  // #endregion solution
}

/** Several workers fill a queue; main empties it. Gives what it took out. */
export async function produceAndConsume(
  producers: number,
  itemsEach: number,
): Promise<number[]> {
  using pool = new Pool({ workers: producers });
  const queue = new Queue<number>({ capacity: 4 });
  const produce = async (queue: Queue<number>, from: number, to: number) => {
    for (let item = from; item < to; item++) await queue.put(item);
  };
  const starts = Array.from({ length: producers }, (_, i) => i * itemsEach);
  const produced = Promise.all(
    starts.map((from) => pool.apply(produce, [queue, from, from + itemsEach])),
  );
  const items: number[] = [];
  // #region solution: close the queue once all is produced; take every item out
  void produced.then(() => queue.close());
  for await (const item of queue) items.push(item);
  // #endregion solution
  await produced;
  return items;
}

/** What it takes to copy a buffer to a worker, and to move it there. */
export async function moveBuffer(size = 50_000_000) {
  using pool = new Pool({ workers: 1 });
  const measure = (buffer: ArrayBuffer) => buffer.byteLength;
  await pool.apply(measure, [new ArrayBuffer(1)]); // the worker has started
  const buffer = new ArrayBuffer(size);

  const timed = async (transfer: Transferable[]) => {
    const start = performance.now();
    const arrived = await pool.apply(measure, [buffer], { transfer });
    const elapsed = performance.now() - start;
    return { elapsed, arrived, left: buffer.byteLength };
  };
  return { copy: await timed([]), move: await timed([buffer]) };
}

/** A class of one's own: its methods stand in its prototype. */
export class Point {
  constructor(readonly x: number, readonly y: number) {}
  length(): number {
    return Math.hypot(this.x, this.y);
  }
}

if (import.meta.main) {
  flags(import.meta);
  title("Messages");

  // A pipe has two ends. Main keeps one; the other is given to a worker, which
  // sends back whatever comes.
  await show(() => echo(["hello", 42])); // [ "hello", 42 ]

  section("What arrives is a copy");

  // The worker changes the order it got. Main's order is another object.
  const { here, there } = await sendCopy();
  show(() => here); // { item: "tea", amount: 1 }
  show(() => there); // { item: "tea", amount: 100 }

  // Most of what is data survives the trip: also a big number, a Map, a Date.
  await show(() => echo([2n ** 64n])); // [ 18446744073709551616n ]
  await show(() => echo([new Map([["a", [1]]])])); // [ Map(1) { "a" => [ 1 ] } ]
  await show(() => echo([new Date(0)])); // [ 1970-01-01T00:00:00.000Z ]

  // So does an object that contains itself.
  const ring: { next?: unknown } = {};
  ring.next = ring;
  await show(() => echo([ring])); // [ <ref *1> { next: [Circular *1] } ]

  // What is code does not. A function is refused. An object of a class arrives
  // without its class: the fields are there, the methods are not.
  await showError(() => echo([{ run: () => 1 }])); // TypeError: value.run: a function cannot be sent
  await show(() => echo([new Point(3, 4)])); // [ { x: 3, y: 4 } ]

  section("A queue for many");

  // Two producers put items in, each at its own pace; main takes them out. Each
  // producer's items keep their order, but how the two mix may change.
  await show(() => produceAndConsume(2, 3)); // ≈ [ 0, 3, 1, 4, 2, 5 ]

  section("What it costs");

  // Copying takes longer the more there is to copy. Moving gives the memory
  // itself away, in no time; the sender's buffer is empty afterwards.
  const ways = Object.entries(await moveBuffer());
  table(ways.map(([way, { elapsed, left }]) => ({
    "50 MB by": way,
    took: duration(elapsed),
    "left here": bytes(left),
  })));
}
