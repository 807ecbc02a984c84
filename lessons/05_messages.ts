/**
 * Lesson 5: Messages
 *
 * How workers and processes exchange data. You will see a pipe for two and a
 * queue for many, what arrives and what does not, and what a message costs.
 *
 * @run deno run lessons/05_messages.ts
 * @test deno test tests/05_messages_test.ts
 */
import { type Connection, FunctionWorker, pipe, Pool, Queue } from "../mod.ts";
import { bytes, code, duration, lesson, say } from "../lib/lesson.ts";
import { section, show, showError, table } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // Main has an order of 1 tea. pool.apply() has a worker call `change` with
  // it. There, `arrived` keeps the order as it came. Then the amount becomes
  // 100: `changed`. `kept` is the order of main after that. Is its amount 100?
  code(sendCopy);
  await show(() => sendCopy()); // { arrived: { item: "tea", amount: 1 }, changed: { item: "tea", amount: 100 }, kept: { item: "tea", amount: 1 } }

  // Main still has its order of 1 tea. So there are two orders: a message is a
  // copy. Workers have no variables in common, and processes have none: what one
  // of them needs from another arrives in a message. Between processes,
  // this is called inter-process communication (IPC). Threads in Python share
  // memory instead. How workers do that is in lesson 6.

  section("A pipe for two");
  // A pipe has two ends. Each end receives what the other end sends. Main gives
  // one to a worker, which answers each value. `for await` takes value after
  // value, until the other end is closed.
  code(answer);
  const [mainEnd, workerEnd] = pipe<string>();
  const worker = new FunctionWorker(answer, { args: [workerEnd] });
  worker.start();
  await mainEnd.send("hello");
  await show(() => mainEnd.recv()); // "The worker got hello."
  mainEnd.close();

  // Python's Pipe() connects processes, and a loop cannot go through its ends.

  section("What arrives");
  // To send a value, main serialises it: it writes the value down as a row of
  // bytes. The worker builds a new value from them. In Python, this is called
  // pickling. Data arrives whole: texts, numbers, lists and objects. echo sends
  // values to a worker and back.
  await show(() => echo(["hello", 2n ** 64n])); // [ "hello", 18446744073709551616n ]

  // Code is not data: a function uses variables around it, which the worker
  // does not have. (`change` was sent as its text, lesson 2.) This library
  // names the part that cannot be sent; without it, the error is a
  // DataCloneError.
  await showError(() => echo([{ run: () => 1 }])); // TypeError: value.run: a function cannot be sent

  // An object of a class has fields, which are data, and methods, which are
  // code. A Point has the fields x and y, and a method. It arrives as an object
  // with x and y, without its class and its method. Only ends of pipes, queues
  // and locks of this library arrive whole. In Python, the receiver imports the
  // class by its name.
  show(() => new Point(3, 4)); // Point { x: 3, y: 4 }
  await show(() => echo([new Point(3, 4)])); // [ { x: 3, y: 4 } ]

  section("A queue for many");
  // A queue is for any number of workers: producers put items in, consumers
  // take them out, and each item is taken out once. This queue holds at most 4
  // items: a producer that finds it full has to wait.
  code(produce);

  // 2 workers produce 3 items each: one puts in 0, 1 and 2, the other 3, 4 and
  // 5. Main is the consumer, with `for await`. When both producers have
  // finished, main closes the queue: that ends its loop once the queue is
  // empty.
  const queue = new Queue<number>({ capacity: 4 });
  await show(() => produceAndConsume(2, 3, queue)); // ≈ [ 0, 3, 1, 4, 2, 5 ]

  // The items of each producer stay in their order. How the two mix can change:
  // if one is done before the other begins, the list looks sorted.
  //
  // In Python, a multiprocessing.Queue connects processes, and close() ends no
  // consumer. Producers put in a last item instead, such as None.

  section("What it costs");
  // The larger a value is, the longer serialising takes. An ArrayBuffer is a
  // block of memory. With the option { transfer: [buffer] }, pool.apply() moves
  // it instead: its memory then belongs to the worker, and main's buffer is
  // empty. Here 50 million bytes (50 MB) are sent both ways. "time" ends when
  // the answer arrives; "left" is what main has then.
  const { copy, move } = await moveBuffer();
  table([costOf("copy", copy), costOf("move", move)]);
  say(describeCost(copy, move));
}, {
  readOn: {
    "What can be sent":
      "https://developer.mozilla.org/docs/Web/API/Web_Workers_API/Structured_clone_algorithm",
    "Pipes and queues in Python":
      "https://docs.python.org/3/library/multiprocessing.html#pipes-and-queues",
  },
});

/** What a worker does with its end of a pipe: it answers each value. */
async function answer(end: Connection<string>): Promise<void> {
  for await (const value of end) await end.send(`The worker got ${value}.`);
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
export async function sendCopy(): Promise<Record<string, Order>> {
  using pool = new Pool({ workers: 1 });
  const order = { item: "tea", amount: 1 };
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
async function produce(queue: Queue<number>, first: number, count: number) {
  for (let i = 0; i < count; i++) await queue.put(first + i);
}

/** Workers fill a queue, main empties it; returns the items as they came. */
export async function produceAndConsume(
  producers: number,
  itemsEach: number,
  queue = new Queue<number>(),
): Promise<number[]> {
  using pool = new Pool({ workers: producers });
  const producing = Array.from({ length: producers }, (_, i) => {
    return pool.apply(produce, [queue, i * itemsEach, itemsEach]);
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
    ? `Copying took about ${+ratio.toPrecision(2)} times as long as moving.`
    : "Moving was not faster this time: the machine is busy.";
}
