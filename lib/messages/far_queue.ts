/**
 * A queue from which no memory leads to its store, because that is in another
 * process: it asks, through a connection, one who has the queue.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { forget, give } from "./life.ts";
import type { Connection } from "./pipe.ts";
import { pipe } from "./pipe.ts";
import { Queue, queueClosed } from "./queue.ts";
import {
  isPortable,
  type Packing,
  register,
  type SendOptions,
  Travel,
  type Wire,
} from "./travel.ts";
import { checkWait, lookAgain, waitFor, type WaitOptions } from "./wait.ts";

/** What is asked of a queue; the id is that of a put or get. */
type FarAsk =
  | { readonly op: "put"; readonly id: number; readonly item: unknown }
  | { readonly op: "get" | "cancel" | "taken"; readonly id: number }
  | { readonly op: "close" };

/** What came of a put or get; and how many items there are. */
interface FarTold {
  readonly id?: number;
  readonly end?: "done" | "closed" | "cancelled";
  readonly item?: unknown;
  readonly size: number;
}

/** A queue that is asked through a connection. */
export class FarQueue<T> extends Queue<T> {
  #link!: Connection<FarAsk, FarTold>;
  #size = 0;
  #last = 0;
  readonly #asked = new Map<number, Asked>();

  static {
    register("FarQueue", ({ size, link }) => {
      const queue = new this();
      queue.#join(size as number, link as Wire);
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
    const { wire: link, ports, sent, lost } = theirs.pack();
    return {
      wire: { kind: "FarQueue", size: this.#size, link },
      ports: ports!,
      lost: lost!,
      sent: (receiver) => {
        sent!(receiver);
        serveQueue(this, ours);
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
    checkWait("Queue.put", options);
    const id = ++this.#last;
    await this.#ask("Queue.put", { op: "put", id, item }, options);
  }

  override async get(options: WaitOptions = {}): Promise<T> {
    checkWait("Queue.get", options);
    const id = ++this.#last;
    const item = await this.#ask("Queue.get", { op: "get", id }, options);
    this.#send({ op: "taken", id });
    return item as T;
  }

  override close(): void {
    this.#send({ op: "close" });
  }

  #join(size: number, link: Wire): void {
    this.#size = size;
    this.#link = (isPortable(link) ? link : Travel.kinds.get("Connection")!(
      link,
    )) as Connection<FarAsk, FarTold>;
    forget(this.#link);
    give(this);
    this.#link.subscribe(
      (told) => this.#receive(told as FarTold),
      () => this.#end(),
    );
  }

  async #ask(
    caller: string,
    ask: FarAsk & { id: number },
    options: WaitOptions,
  ): Promise<unknown> {
    const asked: Asked = waitFor<unknown>(caller, options, (reason) => {
      // Whether it is in time is not to be seen from here.
      asked.reason = reason;
      this.#send({ op: "cancel", id: ask.id });
    });
    this.#asked.set(ask.id, asked);
    // A wait keeps the program running.
    const alive = setInterval(() => this.#link.look(), lookAgain());
    try {
      this.#link.sendNow(ask);
      return await asked.promise;
    } catch (error) {
      asked.promise.catch(() => {});
      throw error;
    } finally {
      asked.resolve(undefined);
      this.#asked.delete(ask.id);
      clearInterval(alive);
    }
  }

  #receive({ id, end, item, size }: FarTold): void {
    this.#size = size;
    const asked = this.#asked.get(id ?? 0);
    if (end === "done") asked?.resolve(item);
    else if (end === "closed") asked?.reject(queueClosed());
    else asked?.reject(asked.reason);
  }

  #send(ask: FarAsk): void {
    try {
      this.#link.sendNow(ask);
    } catch {
      this.#end();
    }
  }

  /** Notes that the queue cannot be reached any more. */
  #end(): void {
    for (const { reject } of this.#asked.values()) reject(queueClosed());
  }
}

/** A put or get that waits, and why it was given up. */
interface Asked extends PromiseWithResolvers<unknown> {
  reason?: unknown;
}

/** Does with a queue what a FarQueue asks. */
export function serveQueue(
  queue: Pick<Queue<unknown>, "put" | "get" | "close" | "size">,
  link: Connection<unknown>,
): void {
  forget(link);
  const calls = new Map<number, AbortController>();
  /** What was sent, and may not have arrived. */
  const sent = new Map<number, unknown>();
  let told = queue.size;
  const tell = (news: Omit<FarTold, "size">) => {
    told = queue.size;
    link.sendNow({ ...news, size: told });
  };
  const run = async (ask: Exclude<FarAsk, { op: "close" }>) => {
    const { id } = ask;
    const call = new AbortController();
    calls.set(id, call);
    const { signal } = call;
    try {
      if (ask.op === "put") await queue.put(ask.item, { signal });
      else sent.set(id, await queue.get({ signal }));
      tell({ id, end: "done", item: sent.get(id) });
    } catch {
      // The link may be closed.
      const end = signal.aborted ? "cancelled" : "closed";
      if (!link.isOver) tell({ id, end });
    } finally {
      calls.delete(id);
      if (link.isOver) putBack();
    }
  };
  const watch = setInterval(() => {
    link.look();
    if (queue.size !== told && !link.isOver) tell({});
  }, lookAgain());
  const putBack = () => {
    // Who asked for them is gone.
    for (const item of sent.values()) queue.put(item).catch(() => {});
    sent.clear();
  };
  const end = () => {
    clearInterval(watch);
    for (const call of calls.values()) call.abort();
    putBack();
    link.close();
  };
  link.subscribe((message) => {
    const ask = message as FarAsk;
    if (ask.op === "close") queue.close();
    else if (ask.op === "cancel") calls.get(ask.id)?.abort();
    else if (ask.op === "taken") sent.delete(ask.id);
    else void run(ask);
  }, end);
  link.look();
}
