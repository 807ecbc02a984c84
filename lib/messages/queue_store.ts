/**
 * The items of a queue, in the thread that made it.
 *
 * Whoever has the queue in another thread asks for an item or for room by a
 * message, through a pipe. Where memory is shared, two things save most of these
 * messages. Who puts an item while there is room counts it in itself, and does
 * not wait for an answer. And who takes, as the only one, gets more than it
 * asked for: a lease, from which it takes without asking, until somebody else
 * asks and the rest of the lease is taken back.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import type { Connection } from "./pipe.ts";
import { queueClosed, QueueLinkState, type QueueState } from "./queue_state.ts";
import { copyValue, hasPortable, type SendOptions } from "./travel.ts";

/** Something that a producer or a consumer waits for. */
export interface QueueAsk {
  readonly op: "put" | "get";
  value: unknown;
  readonly answer: (outcome: QueueOutcome, value?: unknown) => void;
}

export type QueueOutcome = "done" | "closed" | "cancelled" | "refused";

/** What goes through the pipe of a queue that was sent away. */
export type QueueRequest =
  // An item that was counted in; a short message takes half the time.
  | number
  | string
  | boolean
  | readonly [unknown]
  | {
    readonly op: "put" | "get";
    readonly id: number;
    readonly value?: unknown;
  }
  | { readonly op: "cancel" | "taken"; readonly id: number }
  | { readonly op: "close" | "look" }
  | {
    readonly op: "serve";
    readonly link: QueuePipe;
    readonly cells: Int32Array<SharedArrayBuffer> | undefined;
  };

/** What comes back: an answer, perhaps with a lease, or news of the size. */
export type QueueReply =
  | {
    readonly id: number;
    readonly outcome: QueueOutcome;
    readonly value?: unknown;
    readonly lease?: { readonly epoch: number; readonly items: unknown[] };
  }
  | { readonly size: number };

export type QueuePipe = Connection<QueueReply, QueueRequest>;

/** The items of a queue, in the thread that made it. */
export class QueueStore {
  readonly state: QueueState;
  readonly #items = new Fifo<unknown>();
  readonly #puts = new Fifo<QueueAsk>();
  readonly #gets = new Fifo<QueueAsk>();
  readonly #customers = new Set<QueueCustomer>();
  /** Who has a lease. */
  #lessee: QueueCustomer | undefined;
  /** How many items the next answer may bring. */
  #window = 1;
  #isWatching = false;
  #isTellingSize = false;

  constructor(state: QueueState) {
    this.state = state;
  }

  /** Whether those that it is sent to may share its memory. */
  get isShared(): boolean {
    return this.state.isShared;
  }

  /** Puts an item in if there is room; tells whether it did. */
  putNow(item: unknown, options: SendOptions): boolean {
    if (this.state.isClosed) throw queueClosed();
    if (this.#puts.length > 0 || !this.state.reserve()) return false;
    try {
      this.#items.push(copyValue(item, options));
    } catch (error) {
      this.state.free(1);
      throw error;
    }
    this.match();
    return true;
  }

  /** Takes an item out if there is one. */
  getNow(): { value: unknown } | undefined {
    if (this.#gets.length > 0) return undefined;
    this.#recall();
    if (this.#items.length === 0) return undefined;
    const value = this.#items.shift();
    this.state.free(1);
    this.match();
    return { value };
  }

  /** Puts or takes an item of this thread's, as soon as that can be done. */
  ask(ask: QueueAsk, options: SendOptions): void {
    if (ask.op === "put") ask.value = copyValue(ask.value, options);
    this.enter(ask);
  }

  /** Takes an ask that has all it needs. */
  enter(ask: QueueAsk): void {
    if (ask.op === "get") this.#gets.push(ask);
    else if (this.state.isClosed) ask.answer("closed");
    else this.#puts.push(ask);
    this.match();
  }

  /** Answers "cancelled", unless the ask was answered before. */
  cancel(ask: QueueAsk): void {
    if (this.forget(ask)) ask.answer("cancelled");
  }

  /** Lets go of an ask; tells whether it was waiting. */
  forget(ask: QueueAsk): boolean {
    return this.#puts.remove(ask) || this.#gets.remove(ask);
  }

  close(): void {
    this.state.close();
    this.match();
  }

  /** Answers what comes through a pipe. */
  serve(link: QueuePipe, cells?: Int32Array<SharedArrayBuffer>): void {
    const customer = new QueueCustomer(this, link, cells);
    this.#customers.add(customer);
    link.subscribe(
      (request) => customer.answer(request),
      () => {
        this.#customers.delete(customer);
        if (this.#lessee === customer) this.#recall();
        customer.end();
        this.match();
      },
    );
  }

  /** Takes an item for which room was counted already. */
  add(item: unknown): void {
    this.#items.push(item);
    this.match();
  }

  /** Takes items back that were given to somebody who did not take them. */
  putBack(items: readonly unknown[]): void {
    if (items.length === 0) return;
    this.#recall();
    this.#items.unshift(items);
    this.state.add(items.length);
    this.match();
  }

  /** Moves what can be moved: from puts to items, from items to gets. */
  match(): void {
    for (;;) {
      if (this.#give()) continue;
      this.state.waiting = this.#puts.length;
      if (this.#puts.length === 0) break;
      if (this.state.isClosed) this.#puts.shift()!.answer("closed");
      else if (!this.state.reserve()) break;
      else {
        const put = this.#puts.shift()!;
        this.#items.push(put.value);
        // First who waits for an item: who has put it may end everything then.
        this.#give();
        put.answer("done");
      }
    }
    if (this.#puts.length > 0 && this.#lessee) this.#watch();
    if (this.#gets.length > 0 && this.#isDrained()) {
      for (let get; (get = this.#gets.shift());) get.answer("closed");
    }
    this.#tellSize();
  }

  /** What an answer may bring besides what was asked for. */
  lease(customer: QueueCustomer): unknown[] {
    const items: unknown[] = [];
    if (customer.isRemote || this.#gets.length > 0) return items;
    const most = Math.min(this.#window - 1, this.#items.length);
    for (let i = 0; i < most; i++) {
      const item = this.#items.shift();
      // What travels as itself could not be taken back.
      if (hasPortable(item)) {
        this.#items.unshift([item]);
        break;
      }
      items.push(item);
    }
    if (items.length > 0) this.#lessee = customer;
    return items;
  }

  /** Makes the next lease small: there are others, or items are large. */
  shrink(): void {
    this.#window = 1 / 8;
  }

  /** Gives an item to who waits for one. */
  #give(): boolean {
    if (this.#gets.length === 0) return false;
    this.#recall();
    if (this.#items.length === 0) return false;
    const item = this.#items.shift();
    this.state.free(1);
    this.#gets.shift()!.answer("done", item);
    return true;
  }

  /** Takes back what is left of a lease, so that items stay in their order. */
  #recall(): void {
    const left = this.#lessee?.revoke() ?? [];
    this.#lessee = undefined;
    this.#window = Math.min(2 * this.#window, 1024);
    if (left.length === 0) return;
    this.#items.unshift(left);
    this.shrink();
  }

  /** Nothing is left, nor can anything come. */
  #isDrained(): boolean {
    return this.state.isClosed && this.#items.length === 0 &&
      !this.#customers.values().some(({ hasPromised }) => hasPromised);
  }

  /** Looks again once something was taken from a lease. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.state.change().then(() => {
      this.#isWatching = false;
      this.match();
    });
  }

  /** Tells the size to who cannot see it, once for all changes of a turn. */
  #tellSize(): void {
    if (this.#isTellingSize || this.#customers.size === 0) return;
    this.#isTellingSize = true;
    queueMicrotask(() => {
      this.#isTellingSize = false;
      for (const customer of this.#customers) customer.tellSize();
    });
  }
}

/** Somebody who has the queue in another thread, as its store sees it. */
export class QueueCustomer {
  readonly #store: QueueStore;
  readonly #link: QueuePipe;
  readonly #state: QueueLinkState;
  readonly #asks = new Map<number, QueueAsk>();
  /** What was sent and may not have arrived, by the number of its get. */
  readonly #underway = new Map<number, unknown>();
  #lease: unknown[] = [];
  #toldSize = -1;

  constructor(
    store: QueueStore,
    link: QueuePipe,
    cells: Int32Array<SharedArrayBuffer> | undefined,
  ) {
    this.#store = store;
    this.#link = link;
    this.#state = new QueueLinkState(cells);
  }

  /** Whether it shares no memory with the store. */
  get isRemote(): boolean {
    return this.#link.isRemote;
  }

  /** Whether it counted items in that have not arrived. */
  get hasPromised(): boolean {
    return this.#state.promised > 0;
  }

  answer(request: QueueRequest): void {
    if (typeof request !== "object") return this.#keep(request);
    if ("0" in request) return this.#keep(request[0]);
    switch (request.op) {
      case "put":
      case "get":
        return this.#enter(request.op, request.id, request.value);
      case "cancel": {
        const ask = this.#asks.get(request.id);
        return ask && this.#store.cancel(ask);
      }
      case "taken":
        this.#state.noteTaken(request.id);
        return;
      case "close":
        return this.#store.close();
      case "look":
        return this.#store.match();
      case "serve":
        return this.#store.serve(request.link, request.cells);
    }
  }

  /** Takes back what is left of its lease. */
  revoke(): unknown[] {
    const left = this.#state.revoke();
    return this.#lease.splice(this.#lease.length - left);
  }

  /** Gives back all that it had not taken. */
  end(): void {
    this.#link.close();
    for (const ask of this.#asks.values()) this.#store.forget(ask);
    this.#store.state.free(this.#state.endPutting());
    this.#forgetTaken(this.#state.endTaking());
    this.#store.putBack([...this.#underway.values()]);
  }

  tellSize(): void {
    const { size } = this.#store.state;
    if (!this.isRemote || size === this.#toldSize) return;
    this.#toldSize = size;
    this.#send({ size });
  }

  #keep(item: unknown): void {
    this.#state.keep();
    this.#store.add(item);
  }

  #enter(op: "put" | "get", id: number, value: unknown): void {
    const ask: QueueAsk = {
      op,
      value,
      answer: (outcome, value) => {
        this.#asks.delete(id);
        if (op === "get" && outcome === "done") this.#give(id, value);
        else this.#send({ id, outcome, value });
      },
    };
    this.#asks.set(id, ask);
    this.#store.enter(ask);
  }

  #give(id: number, value: unknown): void {
    this.#forgetTaken(this.#state.taken);
    this.#underway.set(id, value);
    const items = this.#lease = this.#store.lease(this);
    const start = performance.now();
    try {
      const isLease = items.length > 0;
      const lease = isLease &&
        { epoch: this.#state.grant(items.length), items };
      this.#link.sendNow({ id, outcome: "done", value, ...lease && { lease } });
      // To send much that is then taken back would cost more than asking does.
      if (isLease && performance.now() - start > 1) this.#store.shrink();
    } catch (error) {
      // It is gone, or is a process that cannot have it; what it was to get is
      // not lost.
      this.#underway.delete(id);
      const { message } = error as Error;
      this.#send({ id, outcome: "refused", value: message });
      this.#store.putBack([value]);
    }
  }

  /** Forgets what was sent up to the last that has arrived. */
  #forgetTaken(last: number): void {
    if (!this.#underway.has(last)) return;
    for (const id of this.#underway.keys()) {
      this.#underway.delete(id);
      if (id === last) return;
    }
  }

  /** Sends an answer; to somebody who is gone, it does not matter. */
  #send(reply: QueueReply): void {
    this.#link.send(reply).catch(() => {});
  }
}
