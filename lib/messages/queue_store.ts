/**
 * The items of a queue, in the thread that made it.
 *
 * Whoever has the queue, its client, asks for an item or for room by a message,
 * through a pipe. Where memory is shared, two things save most of these messages.
 * A client that puts an item while there is room counts it in itself, and does
 * not wait for an answer. And a client that asks for an item is sent copies of
 * those after it too, although the store keeps them. All items are numbered:
 * whoever has a copy of the next one takes it by raising the number of the next
 * one, so each is taken once, and in order.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import type { Connection } from "./pipe.ts";
import { QueueLinkState, type QueueState } from "./queue_state.ts";
import { copyValue, hasPortable, type SendOptions } from "./travel.ts";

/** What a client sends the store: an item for which there is room, or an order. */
export type QueueRequest =
  // A short message takes half the time.
  | number
  | string
  | boolean
  | readonly [item: unknown]
  | QueueOrder;

/**
 * `cancel` takes back a `want`; `spare` is room that is not needed; `look` tells
 * that there is room.
 */
type QueueOrder =
  | { readonly op: "want" | "cancel" | "taken" }
  | { readonly op: "room" | "spare" | "look" | "close" }
  | {
    readonly op: "serve";
    readonly link: QueuePipe;
    readonly cells: Int32Array<SharedArrayBuffer> | undefined;
  };

/** What the store tells a client. */
export type QueueReply =
  | {
    readonly kind: "item";
    readonly item: unknown;
    /** The items after it that may be taken, and the number of the first. */
    readonly ahead: unknown[];
    readonly first: number;
  }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "size"; readonly size: number }
  /** Closed means that nothing can be put; over, that nothing is left either. */
  | { readonly kind: "cancelled" | "room" | "closed" | "over" };

export type QueuePipe = Connection<QueueReply, QueueRequest>;

/** How a client and its store talk. */
export interface QueuePort<Message> {
  /** Whether the other one shares no memory with this one. */
  readonly isRemote: boolean;
  sendNow(message: Message, options?: SendOptions): void;
}

/** A client, as the store sees it. */
export class QueueClient {
  /** The last item that it was sent, and how many it may be sent next. */
  sent: unknown;
  window = 1;
  toldSize = -1;

  constructor(
    readonly port: QueuePort<QueueReply>,
    readonly state: QueueLinkState,
  ) {}
}

/** The items of a queue, in the thread that made it. */
export class QueueStore {
  readonly #state: QueueState;
  readonly #items = new Fifo<unknown>();
  /** The number of the first of them. */
  #first = 0;
  /** Those in other threads. */
  readonly #clients = new Set<QueueClient>();
  /** Those that wait, for room and for items. */
  readonly #rooms = new Fifo<QueueClient>();
  readonly #wants = new Fifo<QueueClient>();
  #isTellingSize = false;

  constructor(state: QueueState) {
    this.#state = state;
  }

  /** Serves a client in this thread. */
  connect(
    state: QueueLinkState,
    receive: (reply: QueueReply) => void,
  ): QueuePort<QueueRequest> {
    const client = new QueueClient(
      { isRemote: false, sendNow: receive },
      state,
    );
    return {
      isRemote: false,
      sendNow: (request, options = {}) => {
        const isItem = Array.isArray(request);
        const own = isItem ? copyValue(request, options) : request;
        this.#receive(client, own as QueueRequest);
      },
    };
  }

  /** Serves a client in another thread. */
  #serve(port: QueuePipe, cells?: Int32Array<SharedArrayBuffer>): void {
    const client = new QueueClient(port, new QueueLinkState(cells));
    this.#clients.add(client);
    port.subscribe(
      (request) => this.#receive(client, request),
      () => {
        port.close();
        this.#leave(client);
      },
    );
  }

  #receive(client: QueueClient, request: QueueRequest): void {
    if (typeof request !== "object") this.#add(client, request);
    else if ("op" in request) this.#answer(client, request);
    else this.#add(client, request[0]);
    this.#match();
  }

  /** Takes an item for which there is room. */
  #add({ state }: QueueClient, item: unknown): void {
    state.keep();
    this.#items.push(item);
  }

  #answer(client: QueueClient, request: QueueOrder): void {
    switch (request.op) {
      case "want":
        return this.#wants.push(client);
      case "cancel":
        if (this.#wants.remove(client)) this.#tell(client, "cancelled");
        return;
      case "taken":
        return void client.state.arrive();
      case "room":
        return this.#rooms.push(client);
      case "spare":
        return client.state.keep() ? this.#state.add(-1) : undefined;
      case "close":
        return this.#state.close();
      case "serve":
        return this.#serve(request.link, request.cells);
    }
  }

  /** Gives those who wait what there is. */
  #match(): void {
    const { isClosed } = this.#state;
    while (this.#wants.length > 0 && this.#take()) this.#give();
    // Whoever takes an item from here on says so.
    this.#state.waiting = this.#rooms.length;
    while (this.#rooms.length > 0) {
      if (!isClosed && !this.#state.reserve(this.#rooms.peek()!.state)) break;
      this.#tell(this.#rooms.shift()!, isClosed ? "closed" : "room");
    }
    this.#state.waiting = this.#rooms.length;
    if (this.#wants.length > 0 && this.#isOver()) {
      for (const client of this.#wants.drain()) this.#tell(client, "over");
    }
    this.#tellSize();
  }

  /** Lets go of the items that were taken, and takes the next one. */
  #take(): boolean {
    do {
      this.#drop(this.#state.next);
      if (this.#items.length === 0) return false;
    } while (!this.#state.claim(this.#first));
    this.#first = (this.#first + 1) | 0;
    return true;
  }

  /** Gives the first item to who has waited longest for one. */
  #give(): void {
    const client = this.#wants.shift()!;
    const item = client.sent = this.#items.shift();
    client.state.send();
    try {
      this.#sendItem(client, item);
    } catch (error) {
      // It is gone, or is a process that cannot have the item.
      client.state.arrive();
      this.#putBack(item);
      this.#send(client, { kind: "refused", why: (error as Error).message });
    }
  }

  #sendItem(client: QueueClient, item: unknown): void {
    const ahead = this.#ahead(client);
    const start = ahead.length > 0 ? performance.now() : undefined;
    client.port.sendNow({ kind: "item", item, ahead, first: this.#first });
    // Others may take what it was sent ahead: that has to cost little.
    const isQuick = start === undefined || performance.now() - start < 0.2;
    client.window = isQuick
      ? Math.min(2 * client.window, 1024)
      : Math.ceil(client.window / 2);
  }

  /** What a client is sent besides what it asked for. */
  #ahead(client: QueueClient): unknown[] {
    // To ask here, in this thread, costs nothing.
    if (client.port.isRemote || !this.#clients.has(client)) return [];
    const items = this.#items.first(client.window - 1);
    // What travels as itself cannot be in two places.
    const index = items.findIndex(hasPortable);
    return index < 0 ? items : items.slice(0, index);
  }

  /** Lets go of all items before a number. */
  #drop(next: number): void {
    while (this.#first !== next) {
      this.#items.shift();
      this.#first = (this.#first + 1) | 0;
    }
  }

  /** Makes all copies of items worthless. */
  #renumber(): void {
    // Nobody was sent so many.
    const first = (this.#first + 2 ** 16) | 0;
    this.#drop(this.#state.renumber(first));
    this.#first = first;
  }

  /** Puts an item back that was given to somebody who did not get it. */
  #putBack(item: unknown): void {
    this.#renumber();
    this.#items.unshift([item]);
    this.#state.add(1);
  }

  /** Takes back all that a client has not taken. */
  #leave(client: QueueClient): void {
    this.#clients.delete(client);
    this.#wants.remove(client);
    this.#rooms.remove(client);
    const { promised, isUnderway } = client.state.end();
    this.#state.add(-promised);
    this.#renumber();
    if (isUnderway) this.#putBack(client.sent);
    this.#match();
  }

  /** Whether nothing is left, nor can come. */
  #isOver(): boolean {
    return this.#state.isClosed && this.#items.length === 0 &&
      !this.#clients.values().some(({ state }) => state.promised > 0);
  }

  /** Tells the size to who cannot see it, once for all changes of a turn. */
  #tellSize(): void {
    if (this.#isTellingSize || this.#clients.size === 0) return;
    this.#isTellingSize = true;
    queueMicrotask(() => {
      this.#isTellingSize = false;
      const { size } = this.#state;
      for (const client of this.#clients) {
        if (!client.port.isRemote || size === client.toldSize) continue;
        client.toldSize = size;
        this.#send(client, { kind: "size", size });
      }
    });
  }

  #tell(
    client: QueueClient,
    kind: "cancelled" | "room" | "closed" | "over",
  ): void {
    this.#send(client, { kind });
  }

  /** Sends a reply; to a client that is gone, it does not matter. */
  #send({ port }: QueueClient, reply: QueueReply): void {
    try {
      port.sendNow(reply);
    } catch {
      // Its pipe will say so.
    }
  }
}
