/**
 * A queue from which no memory leads to its store, because that is in another
 * process: it asks, through a connection, one who has the queue.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { forget, give } from "./life.ts";
import { type Connection, pipe } from "./pipe.ts";
import { Queue, queueClosed } from "./queue.ts";
import {
  isPortable,
  type Packing,
  register,
  type SendOptions,
  Travel,
  type Wire,
} from "./travel.ts";
import { checkWait, lookAgain, Turns, type WaitOptions } from "./wait.ts";

/** What is asked for: one put and one get at a time. */
type Op = "put" | "get";

/** What is asked; `taken`, that what was got has arrived. */
type FarAsk =
  | FarCall
  | { readonly op: "cancel"; readonly of: Op }
  | { readonly op: "taken" | "close" };

interface FarCall {
  readonly op: Op;
  readonly item?: unknown;
}

/** What came of what was asked, if anything; and how many items there are. */
interface FarTold {
  readonly op?: Op;
  readonly end?: "done" | "closed" | "cancelled";
  readonly item?: unknown;
  readonly size: number;
}

/** A queue that is asked through a connection. */
export class FarQueue<T> extends Queue<T> {
  #link!: Connection<unknown>;
  #size = 0;
  readonly #turns = { put: new Turns(), get: new Turns() };
  readonly #asked = new Map<Op, (told: FarTold) => void>();

  static {
    register("FarQueue", ({ size, link }) => {
      const queue = new this();
      queue.#size = size as number;
      queue.#join(link as Wire);
      return queue;
    });
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): string {
    return "FarQueue";
  }

  /** @internal Packs the queue, to be sent to another thread. */
  override pack(): Packing {
    const [ours, theirs] = pipe<unknown>();
    const packing = theirs.pack();
    return {
      ...packing,
      wire: { kind: "FarQueue", size: this.#size, link: packing.wire },
      sent: (receiver) => {
        packing.sent!(receiver);
        new QueueServer(this as Queue<unknown>, ours);
      },
    };
  }

  override leave(): void {
    this.#link.close();
    this.#end();
  }

  override get size(): number {
    return this.#size;
  }

  override async put(
    item: T,
    options: WaitOptions & SendOptions = {},
  ): Promise<void> {
    await this.#ask({ op: "put", item }, options);
  }

  override async get(options: WaitOptions = {}): Promise<T> {
    const item = await this.#ask({ op: "get" }, options);
    this.#send({ op: "taken" });
    return item as T;
  }

  override close(): void {
    this.#send({ op: "close" });
  }

  #join(link: Wire): void {
    const connection = isPortable(link) ? link : Travel.toThread.unpack(link);
    this.#link = connection as Connection<unknown>;
    forget(this.#link);
    give(this);
    this.#link.subscribe((message) => {
      const told = message as FarTold;
      this.#size = told.size;
      if (told.op) this.#asked.get(told.op)?.(told);
    }, () => this.#end());
  }

  async #ask(ask: FarCall, options: WaitOptions): Promise<unknown> {
    const { op } = ask;
    const caller = `Queue.${op}`;
    checkWait(caller, options);
    return await this.#turns[op].take(caller, options, async (waiting) => {
      const told = new Promise<FarTold>((told) => this.#asked.set(op, told));
      this.#link.sendNow(ask);
      // Whether it is given up in time is not to be seen from here.
      waiting.catch(() => this.#send({ op: "cancel", of: op }));
      const { end, item } = await told;
      if (end === "cancelled") await waiting;
      if (end === "closed") throw queueClosed();
      return item;
    });
  }

  #send(ask: FarAsk): void {
    if (!this.#link.isOver) this.#link.sendNow(ask);
  }

  /** Notes that the queue cannot be reached any more. */
  #end(): void {
    for (const told of this.#asked.values()) {
      told({ end: "closed", size: this.#size });
    }
  }
}

/** Does with a queue what a FarQueue asks through a connection. */
export class QueueServer {
  readonly #queue: Pick<Queue<unknown>, "put" | "get" | "close" | "size">;
  readonly #link: Connection<unknown>;
  readonly #calls = new Map<Op, AbortController>();
  /** How many items there were when that was told last. */
  #told: number;
  /** What was sent, and may not have arrived. */
  #sent: { item: unknown } | undefined;

  constructor(queue: Queue<unknown>, link: Connection<unknown>) {
    this.#queue = queue;
    this.#link = link;
    this.#told = queue.size;
    forget(link);
    const look = () => queue.size === this.#told || this.#tell({});
    const watch = setInterval(look, lookAgain());
    link.subscribe((ask) => this.#receive(ask as FarAsk), () => {
      clearInterval(watch);
      this.#end();
    });
    link.look();
  }

  #receive(ask: FarAsk): void {
    if (ask.op === "close") this.#queue.close();
    else if (ask.op === "cancel") this.#calls.get(ask.of)?.abort();
    else if (ask.op === "taken") this.#sent = undefined;
    else void this.#run(ask as FarCall);
  }

  async #run({ op, item }: FarCall): Promise<void> {
    const call = new AbortController();
    this.#calls.set(op, call);
    const { signal } = call;
    try {
      if (op === "put") await this.#queue.put(item, { signal });
      else this.#sent = { item: await this.#queue.get({ signal }) };
      this.#tell({ op, end: "done", ...(op === "get" && this.#sent) });
    } catch {
      this.#tell({ op, end: signal.aborted ? "cancelled" : "closed" });
    }
    if (this.#link.isOver) this.#putBack();
  }

  #tell(news: Omit<FarTold, "size">): void {
    const { size } = this.#queue;
    this.#told = size;
    if (!this.#link.isOver) this.#link.sendNow({ ...news, size });
  }

  /** Puts in what was sent to one who is gone. */
  #putBack(): void {
    if (this.#sent) this.#queue.put(this.#sent.item).catch(() => {});
    this.#sent = undefined;
  }

  #end(): void {
    for (const call of this.#calls.values()) call.abort();
    this.#putBack();
    this.#link.close();
  }
}

/** What of this runs on the far side. */
export const farQueueParts = [() => [FarQueue, QueueServer]];
