/**
 * A pipe between two ends.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import {
  checkCarried,
  type Lifeline,
  type Packing,
  post,
  realm,
  receive,
  type SendOptions,
  sharedCells,
  type Wire,
} from "./travel.ts";
import { checkWait, iterate, waitFor, type WaitOptions } from "./wait.ts";

export type { SendOptions, WaitOptions };

/** The other end of a channel is closed, or this one is. */
export class ChannelClosedError extends Error {
  /** `"ChannelClosedError"`. */
  override readonly name = "ChannelClosedError";
}

/**
 * Makes a channel with two ends; what is sent into one comes out of the other,
 * copied, in the order in which it was sent.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FunctionWorker, pipe } from "../../mod.ts";
 *
 * const [here, there] = pipe<string, number>();
 * const worker = new FunctionWorker(async (connection: typeof there) => {
 *   for await (const text of connection) await connection.send(text.length);
 * }, { args: [there] });
 * worker.start();
 * await here.send("hello");
 * assertEquals(await here.recv(), 5);
 * here.close();
 * await worker.join();
 * ```
 *
 * @typeParam A What the first end sends.
 * @typeParam B What the second end sends.
 * @returns The two ends.
 * @throws {Error} Where threads cannot share memory.
 */
export function pipe<A, B = A>(): [Connection<A, B>, Connection<B, A>] {
  const { port1, port2 } = new MessageChannel();
  const cells = sharedCells("pipe", 7);
  const end = (side: number, port: MessagePort) =>
    Connection.unpack({ portable: "Connection", cells, side, port });
  return [end(0, port1) as Connection<A, B>, end(1, port2) as Connection<B, A>];
}

/** A Connection as it travels. */
interface ConnectionWire extends Wire {
  readonly side: number;
  readonly port: MessagePort;
}

/** Who is told what arrives at a connection, instead of `recv`. */
interface Subscriber {
  readonly onValue: (value: unknown, isDirect: boolean) => void;
  readonly onEnd: () => void;
}

/**
 * One end of a channel; `pipe()` makes two.
 *
 * It may be given to a FunctionWorker or a pool's task, or sent through another
 * connection, before anything was received from it; it works there, and no
 * longer here. A worker that ends closes the ends it has.
 *
 * @typeParam Sent What is sent.
 * @typeParam Received What is received.
 */
export class Connection<Sent, Received = Sent>
  implements Disposable, AsyncIterable<Received> {
  // Memory that both ends see. A message that says "closed" would not do: a
  // worker that dies cannot send it, and others have to write it down.
  static readonly #closed = 0; // whether a side is closed, one cell a side
  static readonly #count = 2; // how many messages it has sent
  static readonly #owner = 4; // the thread that has it
  static readonly #process = 6; // whether the pipe leads to another process

  /** The ends that are in this thread, by side, for each pipe. */
  static readonly #here = new WeakMap<object, (Connection<unknown> | null)[]>();

  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #side: number;
  readonly #port: MessagePort & { ref?(): void; unref?(): void };
  readonly #queued = new Fifo<unknown>();
  readonly #waiting = new Fifo<PromiseWithResolvers<Received>>();
  readonly #ends: (Connection<unknown> | null)[];
  #subscriber: Subscriber | undefined;
  /** Whether what arrives here is carried to another process. */
  #isCarried = false;
  #received = 0;
  #listening = false;
  /** A timer that keeps the program running. */
  #alive: ReturnType<typeof setInterval> | undefined;
  #isLettingGo = false;
  #state: "open" | "closed" | "moved" = "open";

  /** @internal */
  private constructor(wire: ConnectionWire) {
    this.#cells = wire.cells;
    this.#side = wire.side;
    this.#port = wire.port;
    this.#ends = Connection.#here.get(wire.cells) ?? [null, null];
    Connection.#here.set(wire.cells, this.#ends);
    this.#ends[this.#side] = this as Connection<unknown>;
    const { agent, onArrival } = realm();
    realm().hasPortables = true;
    Atomics.store(this.#cells, Connection.#owner + this.#side, agent);
    onArrival(this.#lifeline());
  }

  /** @internal Makes a connection of what it was packed into. */
  static unpack(wire: Wire): Connection<unknown> {
    return new Connection(wire as ConnectionWire);
  }

  /** @internal Closes the end that a thread had when it ended. */
  static abandon({ cells, side = 0 }: Lifeline, agent: number): void {
    const owner = Atomics.load(cells, Connection.#owner + side);
    if (owner === agent) Connection.#close(cells, side);
  }

  static #close(cells: Int32Array<SharedArrayBuffer>, side: number): void {
    Atomics.store(cells, Connection.#closed + side, 1);
    Atomics.notify(cells, Connection.#closed + side);
    const other = Connection.#here.get(cells)?.[1 - side];
    if (other) other.#end();
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): true {
    return true;
  }

  /** @internal Packs the connection, to be sent. */
  pack(): Packing {
    this.#checkOpen("sent");
    if (this.#listening) {
      throw new Error(
        "a connection that has received something here cannot be sent away: " +
          "Deno cannot move a port that it listens to",
      );
    }
    const lifeline = this.#lifeline();
    const wire = { ...lifeline, port: this.#port };
    const sent = (receiver: number) => {
      this.#state = "moved";
      if (this.#ends[this.#side] === this) this.#ends[this.#side] = null;
      const owner = Connection.#owner + this.#side;
      // Whoever receives it may have written itself down already.
      Atomics.compareExchange(this.#cells, owner, realm().agent, receiver);
    };
    return { wire, ports: [this.#port], lifeline, sent };
  }

  /**
   * Sends a value; it is copied, and this does not wait until it is received.
   *
   * @param value What to send.
   * @param options What of it to move instead of copying.
   * @returns A promise that resolves once the value is on its way. It rejects
   * with a TypeError that names the part that cannot be sent, and with a
   * ChannelClosedError if either end is closed.
   */
  // deno-lint-ignore require-await
  async send(value: Sent, options: SendOptions = {}): Promise<void> {
    this.sendNow(value, options);
  }

  /** @internal Sends a value, and throws what `send` rejects with. */
  sendNow(value: Sent, options: SendOptions = {}): void {
    this.#checkOpen("used");
    if (this.#isClosed(1 - this.#side)) {
      throw new ChannelClosedError("the other end of the pipe is closed");
    }
    if (!this.#sendDirectly(value, options)) this.#post(value, options);
  }

  /**
   * Receives the next value.
   *
   * @param options How long to wait.
   * @returns The value. The promise rejects with a ChannelClosedError once the
   * other end is closed and all it sent was received; with a TimeoutError; with
   * the reason of the signal. After a timeout, nothing is lost.
   */
  async recv(options: WaitOptions = {}): Promise<Received> {
    checkWait("Connection.recv", options);
    this.#checkOpen("used");
    this.#listen();
    if (this.#queued.length > 0) return this.#queued.shift() as Received;
    const waiting = waitFor<Received>("Connection.recv", options, (reason) => {
      this.#waiting.remove(waiting);
      this.#hold();
      waiting.reject(reason);
    });
    this.#waiting.push(waiting);
    this.#hold();
    this.#end();
    return await waiting.promise;
  }

  /**
   * Closes this end. What was sent can still be received at the other end, whose
   * iteration then ends.
   */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    Connection.#close(this.#cells, this.#side);
    this.#port.close();
    this.#rejectAll("the connection is closed");
    this.#hold();
  }

  /**
   * Receives value after value, until the other end is closed.
   *
   * @returns The values, as they come.
   */
  [Symbol.asyncIterator](): AsyncGenerator<Received, void, void> {
    return iterate(
      (options) => this.recv(options),
      (error) => error instanceof ChannelClosedError && this.#state === "open",
    );
  }

  /** Closes the connection, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** How the connection prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Connection { state: "${this.#state}" }`;
  }

  /**
   * @internal Has functions called with each value, instead of `recv`, and once
   * nothing more can come.
   */
  subscribe(
    onValue: (value: Received, isDirect: boolean) => void,
    onEnd: () => void,
  ): void {
    this.#subscriber = { onValue: onValue as Subscriber["onValue"], onEnd };
    this.#listen();
    this.#end();
  }

  /**
   * @internal Has what arrives carried to another process, where the pipe then
   * leads. `onValue` is also told whether the sender is there to catch what it
   * throws.
   */
  carry(onValue: Subscriber["onValue"], onEnd: () => void): void {
    Atomics.store(this.#cells, Connection.#process, 1);
    this.#isCarried = true;
    this.subscribe(onValue, onEnd);
  }

  /**
   * @internal Whether whoever has the other end shares no memory with this
   * thread.
   */
  get isRemote(): boolean {
    return Atomics.load(this.#cells, Connection.#process) !== 0;
  }

  /** @internal How many values the other end has sent that have not arrived. */
  get backlog(): number {
    const sent = Atomics.load(this.#cells, Connection.#count + 1 - this.#side);
    // The counts may pass 2 ** 31; their difference tells all the same.
    return (sent - this.#received) | 0;
  }

  #lifeline(): Lifeline {
    const side = this.#side;
    return { portable: "Connection", cells: this.#cells, side };
  }

  #checkOpen(what: string): void {
    if (this.#state === "moved") {
      throw new ChannelClosedError(
        `the connection was sent away, and cannot be ${what} here any more`,
      );
    }
    if (this.#state === "closed") {
      throw new ChannelClosedError("the connection is closed");
    }
  }

  #isClosed(side: number): boolean {
    return Atomics.load(this.#cells, Connection.#closed + side) !== 0;
  }

  /** The other end is closed, and all that it sent has arrived. */
  #isAtEnd(): boolean {
    return this.#isClosed(1 - this.#side) && this.backlog <= 0;
  }

  #post(value: Sent, options: SendOptions): void {
    const other = Connection.#owner + 1 - this.#side;
    if (this.isRemote) checkCarried(value);
    post(this.#port, value, options, Atomics.load(this.#cells, other));
    // Counted after it was posted: a count of what never arrives would keep
    // the other end waiting.
    Atomics.add(this.#cells, Connection.#count + this.#side, 1);
  }

  /**
   * Sends without a message where the pipe leads to a process, and both of its
   * ends are in this thread; tells whether it could.
   */
  #sendDirectly(value: Sent, { transfer = [] }: SendOptions): boolean {
    const other = this.#ends[1 - this.#side];
    if (!other || !(this.#isCarried || other.#isCarried)) return false;
    // Nothing may overtake what is under way as a message.
    if (other.backlog > 0 || transfer.length > 0) return false;
    if (!other.#listening) return false;
    // What comes from a process is a copy; what goes there is copied at once.
    other.#take(value, true);
    return true;
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#port.onmessage = ({ data }) => {
      if (this.#state !== "open") return;
      this.#received += 1;
      this.#take(receive(data), false);
    };
    this.#port.unref?.();
    const other = Connection.#closed + 1 - this.#side;
    const { async: pending, value } = Atomics.waitAsync(this.#cells, other, 0);
    if (pending) void value.then(() => this.#end());
  }

  #take(value: unknown, isDirect: boolean): void {
    if (this.#subscriber) this.#subscriber.onValue(value, isDirect);
    else {
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(value as Received);
      else this.#queued.push(value);
      this.#hold();
    }
    this.#end();
  }

  /** Tells those who wait that nothing more comes, if that is so. */
  #end(): void {
    if (this.#state !== "open" || !this.#isAtEnd()) return;
    this.#rejectAll("the other end of the pipe is closed");
    this.#hold();
    this.#subscriber?.onEnd();
    this.#subscriber = undefined;
  }

  #rejectAll(message: string): void {
    for (const { reject } of this.#waiting.drain()) {
      reject(new ChannelClosedError(message));
    }
  }

  /** A connection keeps its program running only while something waits. */
  #hold(): void {
    if (this.#isNeeded) this.#alive ??= setInterval(() => {}, 2 ** 30);
    else if (!this.#isLettingGo) {
      // Whoever received a value mostly waits for the next one at once, and to
      // let go in between would cost more than the message.
      this.#isLettingGo = true;
      setTimeout(() => this.#letGo(), 20);
    }
  }

  #letGo(): void {
    this.#isLettingGo = false;
    if (this.#isNeeded) return;
    clearInterval(this.#alive);
    this.#alive = undefined;
    // A worker runs until it is ended, held or not.
    if (this.#state !== "open" || "WorkerGlobalScope" in globalThis) return;
    // From Deno 2.9 on, each message makes the port hold the program again, and
    // an unref() counts only after a ref(). In 2.8 that pair would undo the
    // unref() of #listen.
    if (!this.#port.ref || Deno.version.deno.startsWith("2.8.")) return;
    this.#port.ref();
    this.#port.unref?.();
  }

  get #isNeeded(): boolean {
    return this.#state === "open" && this.#waiting.length > 0;
  }
}
