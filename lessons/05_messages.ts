/**
 * Lesson 5: Messages
 *
 * How workers and processes exchange data that they do not share. You will see a
 * pipe for two and a queue for many, who has which value when, what arrives at
 * the other side and what does not, and how much time a message takes.
 *
 * @run deno run lessons/05_messages.ts
 * @test deno test tests/05_messages_test.ts
 */
import { Barrier, type Connection, FunctionWorker } from "../mod.ts";
import { pipe, Pool, Queue } from "../mod.ts";
import { bytes, code, duration, lesson, say } from "../lib/lesson.ts";
import { section, show, showError, table } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // A worker cannot see the variables of main, and by default a process cannot
  // see the memory of another process (lesson 2). If one of them needs data
  // that another one has, that one has to send it, as a message. Between
  // processes, this is called inter-process communication (IPC).
  //
  // In Python, the module multiprocessing has two objects for this: Pipe and
  // Queue. They connect processes. Here they are called pipe and Queue, and
  // connect main with its workers. You use them in the same way.

  section("A pipe for two");
  // A pipe connects two sides. It has two ends: what you send into one end can
  // be received at the other end, in both directions. Main keeps mainEnd, and
  // gives workerEnd to a worker as an argument.
  //
  // The worker receives each value at its end, and sends an answer. `for await`
  // waits for each next value, and ends when main closes its end.
  code(answer);
  const [mainEnd, workerEnd] = pipe<string>();
  const worker = new FunctionWorker(answer, { args: [workerEnd] });
  worker.start();

  // Main sends "hello", and the worker receives it. The worker sends a sentence
  // with it, and main receives that with recv().
  await mainEnd.send("hello");
  await show(() => mainEnd.recv()); // "The worker has received hello."
  mainEnd.close();
  await worker.join();

  // The function echo does this with a list of values. Its worker sends back
  // exactly what it receives, so echo returns what has travelled to the worker
  // and back.
  code(echo);
  await show(() => echo(["hello", 42])); // [ "hello", 42 ]

  section("A message is a copy");
  // Main has an order of 1 tea. pool.apply sends it to a worker, which calls
  // `change` with what arrives there, and sends back what `change` returns.
  // `arrived` is the order as it arrived at the worker (`...` copies it before
  // it changes). `changed` is the order of the worker after the change. `kept`
  // is the order of main, after all that.
  code(sendCopy);
  await show(() => sendCopy()); // { arrived: { item: "tea", amount: 1 }, changed: { item: "tea", amount: 100 }, kept: { item: "tea", amount: 1 } }

  // The worker received an order of 1 tea and changed it to 100. Main still has
  // its order of 1 tea. So there are two orders: what arrived was a copy.

  section("What arrives");
  // To send a value, main serialises it: it writes the value down as a row of
  // bytes. The bytes are sent, and the worker builds a new value from them. In
  // Python, this is called pickling: whatever you put into a Queue or a Pipe is
  // pickled.
  //
  // What consists of data can be written down, and arrives whole. That is true
  // of texts, numbers, lists and objects, of a bigint (`2n ** 64n` is 2 to the
  // power of 64), of a Map, which is Python's dict, and of a Date. (Deno prints
  // how many entries a Map has, and `=>` between a key and its value.)
  await show(() => echo([2n ** 64n])); // [ 18446744073709551616n ]
  await show(() => echo([new Map([["a", [1]]])])); // [ Map(1) { "a" => [ 1 ] } ]
  await show(() => echo([new Date(0)])); // [ 1970-01-01T00:00:00.000Z ]

  // An object can even contain itself. The field `next` of this one is the
  // object again. Deno marks the object with <ref *1>, and prints
  // [Circular *1] where it comes again.
  const ring: { next?: unknown } = {};
  ring.next = ring;
  await show(() => echo([ring])); // [ <ref *1> { next: [Circular *1] } ]

  // Code is not data. A function uses variables of the place where it was made,
  // and they do not exist in the worker. So a function in a message is an
  // error, which names the part of the value that cannot be sent. (pool.apply
  // does send the function to call, `change` above: as its text, lesson 2. Only
  // functions inside of the data are refused.)
  await showError(() => echo([{ run: () => 1 }])); // TypeError: value.run: a function cannot be sent

  // A class is code too. An object of a class has fields, which are data, and
  // its class has the methods. Only the fields are sent. So a Point arrives
  // without its class: as an object with x and y, without the method length.
  code(Point);
  show(() => new Point(3, 4)); // Point { x: 3, y: 4 }
  await show(() => echo([new Point(3, 4)])); // [ { x: 3, y: 4 } ]

  // In Python, a pickle also has the name of the class, and the receiver
  // imports the class by its name. So there the object arrives with its class.

  section("A queue for many");
  // A pipe has two ends. A queue is for any number of workers: producers put
  // items in, consumers take them out, and each item is taken out once. This
  // queue holds at most 4 items. A producer that finds it full has to wait, so
  // that fast producers cannot fill the memory.
  //
  // There are 2 producers, both workers, and each puts in 3 items: the first
  // one 0, 1 and 2, the second one 3, 4 and 5. Before each item, they meet at a
  // barrier (lesson 2), so that both put in their items at the same time.
  code(produce);

  // Main is the only consumer: its `for await` loop takes out the items. When
  // all producers have finished, main closes the queue. That ends main's loop
  // as soon as the queue is empty.
  code(produceAndConsume);
  const items = await show(() => produceAndConsume(2, 3)); // ≈ [ 0, 3, 1, 4, 2, 5 ]

  // This is the order in which main took the items out, and who had put them
  // in:
  table(originsOf(items, 3));
  say(describeOrder(items, 3));

  // The items of each producer stay in their order. How the two mix can change
  // from run to run: it depends on which worker is faster at each moment.

  section("What it costs");
  // Serialising takes time, and more of it the larger a value is. An
  // ArrayBuffer is a block of memory. A large one is copied once, as a whole,
  // and the worker gets the copy. That is quick, but all of its bytes have to
  // be copied.
  //
  // A buffer can be moved instead. To move it means that its memory belongs to
  // the worker from then on: nothing is copied, and main's buffer is empty.
  //
  // moveBuffer sends a buffer of 50 million bytes (50 MB) to a worker twice:
  // first as a copy, then moved, because it is in the list `transfer`.
  code(moveBuffer);

  // The time is from sending until the answer has arrived. "Left" is how large
  // main's own buffer is after that.
  const { copy, move } = await moveBuffer();
  table([costOf("copy", copy), costOf("move", move)]);
  say(describeCost(copy, move));
}, {
  readOn: {
    "What can be sent: the structured clone algorithm":
      "https://developer.mozilla.org/docs/Web/API/Web_Workers_API/Structured_clone_algorithm",
    "What can be moved":
      "https://developer.mozilla.org/docs/Web/API/Web_Workers_API/Transferable_objects",
    "Pipes and queues in Python":
      "https://docs.python.org/3/library/multiprocessing.html#pipes-and-queues",
  },
});

/** What a worker does with its end of a pipe: it answers each value. */
async function answer(end: Connection<string>): Promise<void> {
  for await (const value of end) {
    await end.send(`The worker has received ${value}.`);
  }
}

/** Sends values to a worker, which sends each one back; returns the answers. */
export async function echo(values: readonly unknown[]): Promise<unknown[]> {
  const [mainEnd, workerEnd] = pipe<unknown>();
  const sendBack = async (end: typeof workerEnd) => {
    for await (const value of end) await end.send(value);
  };
  using worker = new FunctionWorker(sendBack, { args: [workerEnd] });
  worker.start();
  const answers: unknown[] = [];
  // #region solution: send each value into mainEnd, and push the answer that arrives there to the answers
  for (const value of values) {
    await mainEnd.send(value);
    answers.push(await mainEnd.recv());
  }
  // #endregion solution
  return answers;
}

type Order = { item: string; amount: number };

/** An order as it arrived at a worker, as that changed it, and as main has it. */
export async function sendCopy(): Promise<
  Record<"arrived" | "changed" | "kept", Order>
> {
  using pool = new Pool({ workers: 1 });
  const order: Order = { item: "tea", amount: 1 };
  const change = (order: Order) => {
    const arrived = { ...order };
    order.amount = 100;
    return { arrived, changed: order };
  };
  // #region solution: have a worker of the pool call `change` with the order; return its arrived and changed, and as `kept` the order that is here
  const { arrived, changed } = await pool.apply(change, [order]);
  return { arrived, changed, kept: order };
  // #endregion solution
}

/** A class whose objects have fields and a method. */
export class Point {
  constructor(readonly x: number, readonly y: number) {}
  length(): number {
    return Math.hypot(this.x, this.y);
  }
}

/** What a producer does: it puts the numbers from `first` on into the queue. */
async function produce(
  queue: Queue<number>,
  first: number,
  count: number,
  barrier: Barrier,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    await barrier.waitAsync();
    await queue.put(first + i);
  }
}

/** Workers fill a queue, main empties it; returns the items as they came. */
export async function produceAndConsume(
  producers: number,
  itemsEach: number,
): Promise<number[]> {
  using pool = new Pool({ workers: producers });
  const queue = new Queue<number>({ capacity: 4 });
  const barrier = new Barrier(producers);
  const producing = Array.from({ length: producers }, (_, i) => {
    const first = i * itemsEach;
    return pool.apply(produce, [queue, first, itemsEach, barrier]);
  });
  const finished = Promise.allSettled(producing);
  const items: number[] = [];
  // #region solution: close the queue when `finished` resolves; push every item of the queue to the items
  finished.then(() => queue.close());
  for await (const item of queue) items.push(item);
  // #endregion solution
  await Promise.all(producing); // throws if a producer has failed
  return items;
}

/** Which producer put in which item; each made `itemsEach`, from 0 on. */
function originsOf(items: readonly number[], itemsEach: number) {
  const producerOf = (item: number) => Math.floor(item / itemsEach) + 1;
  return items.map((item, i) => ({
    "taken out": i + 1,
    item,
    "put in by": `producer ${producerOf(item)}`,
  }));
}

/** What the order of the items of producers says. */
export function describeOrder(
  items: readonly number[],
  itemsEach: number,
): string {
  const changes = originsOf(items, itemsEach)
    .filter((row, i, rows) => row["put in by"] !== rows[i - 1]?.["put in by"]);
  return changes.length > new Set(changes.map((row) => row["put in by"])).size
    ? "This time, the items of the two are mixed."
    : "This time, one producer put in all of its items before the other one.";
}

/** What it took to send a buffer: time in ms, bytes there, bytes left here. */
export type Cost = { elapsed: number; arrived: number; left: number };

/** What it takes to copy a buffer to a worker, and then to move it there. */
export async function moveBuffer(size = 50_000_000) {
  using pool = new Pool({ workers: 1 });
  const sizeOf = (buffer: ArrayBuffer) => buffer.byteLength;
  await pool.apply(sizeOf, [new ArrayBuffer(1)]); // starts the worker
  const buffer = new ArrayBuffer(size);

  const send = async (transfer: Transferable[]): Promise<Cost> => {
    const start = performance.now();
    const arrived = await pool.apply(sizeOf, [buffer], { transfer });
    const elapsed = performance.now() - start;
    return { elapsed, arrived, left: buffer.byteLength };
  };
  return { copy: await send([]), move: await send([buffer]) };
}

function costOf(way: string, { elapsed, arrived, left }: Cost) {
  const time = duration(elapsed);
  return { way, time, arrived: bytes(arrived), left: bytes(left) };
}

/** What the times to copy and to move mean. */
export function describeCost(copy: Cost, move: Cost): string {
  const ratio = copy.elapsed / move.elapsed;
  return ratio > 1
    ? `To copy took ${ratio.toFixed(1)} times as long as to move. After the ` +
      "copy, main still has its buffer. After the move, nothing of it is left."
    : "To move was not faster this time: other programs keep the machine busy. " +
      "After the move, nothing of main's buffer is left.";
}
