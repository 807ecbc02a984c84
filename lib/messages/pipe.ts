/**
 * A pipe between two ends.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { checkTransfer } from "../describe.ts";
import { Fifo } from "../fifo.ts";
import { forget, give, realm } from "./life.ts";
import {
  discard,
  type Packing,
  post,
  receive,
  refusal,
  register,
  type SendOptions,
  sharedCells,
  Travel,
} from "./travel.ts";
import {
  checkWait,
  iterate,
  waitFor,
  type WaitOptions,
  Watch,
} from "./wait.ts";

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
  return Connection.pair<A, B>();
}

/** What an end of a pipe is made of. */
interface End {
  readonly cells: Int32Array<SharedArrayBuffer>;
  /** Which of the two ends it is: 0 or 1. */
  readonly side: number;
  readonly port: MessagePort & { ref?(): void; unref?(): void };
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
 * longer here. A task that returns, and a worker that ends, closes the ends that
 * it has. An end that a process sends on leads through that process, and closes
 * when it ends.
 *
 * @typeParam Sent What is sent.
 * @typeParam Received What is received.
 */
export class Connection<Sent, Received = Sent>
  implements Disposable, AsyncIterable<Received> {
  // Memory that both ends see, one cell a side. A message that says "closed"
  // would not do: a worker that dies cannot send it.
  static readonly #closed = 0; // whether a side is closed
  static readonly #count = 2; // how many messages it has sent
  static readonly #owner = 4; // the thread that has it, or that it is sent to
  static readonly #isFar = 6; // whether the pipe leads to another process
  /** One more cell for a side: for who made the pipe. */
  static readonly spare = 7;

  readonly #end: End;
  /** The other end, if it is in this thread since the pipe was made. */
  #other: Connection<Received, Sent> | undefined;
  readonly #queued = new Fifo<unknown>();
  readonly #waiting = new Fifo<PromiseWithResolvers<Received>>();
  #subscriber: Subscriber | undefined;
  #received = 0;
  #isListening = false;
  /** Whether it was noticed that nothing more can come. */
  #isOver = false;
  readonly #watch = new Watch(() => {
    this.look();
    return this.#waiting.length > 0;
  }, () => this.#letGo());
  #state: "open" | "closed" | "moved" = "open";

  static {
    register("Connection", (wire) => {
      const arrived = new this(wire as unknown as End);
      give(arrived);
      return arrived;
    });
  }

  /** @internal */
  private constructor(end: End) {
    this.#end = end;
    Atomics.store(end.cells, Connection.#owner + end.side, realm().thread);
  }

  /** @internal Makes both ends of a pipe. */
  static pair<A, B>(): [Connection<A, B>, Connection<B, A>] {
    const cells = sharedCells("pipe", 8);
    const { port1, port2 } = new MessageChannel();
    const one = new this<A, B>({ cells, side: 0, port: port1 });
    const other = new this<B, A>({ cells, side: 1, port: port2 });
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  /** What marks the object as one that packs itself. */
  get [Symbol.for("side-by-side.portable")](): string {
    return "Connection";
  }

  /** @internal Packs the connection, to be sent. */
  pack(): Packing {
    this.#checkOpen("sent");
    if (this.#isListening) {
      throw new Error(
        "a connection that has received something here cannot be sent away: " +
          "Deno cannot move a port that it listens to",
      );
    }
    const { cells, side, port } = this.#end;
    return {
      wire: { kind: "Connection", cells, side, port },
      ports: [port],
      lost: () => this.#markClosed(side),
      sent: (receiver) => {
        this.#move();
        // Whoever receives it may have written itself down already.
        const owner = Connection.#owner + side;
        const { thread } = realm();
        Atomics.compareExchange(cells, owner, thread, receiver || thread);
      },
    };
  }

  /**
   * @internal Has what arrives carried to another process, where the pipe then
   * leads, and gives the end that is left here. `onValue` is also told whether
   * the sender is there to catch what it throws.
   */
  relay(
    onValue: Subscriber["onValue"],
    onEnd: () => void,
  ): Connection<Sent, Received> {
    const end = new Connection<Sent, Received>(this.#end);
    end.#other = this.#other;
    if (end.#other) end.#other.#other = end;
    this.#other = undefined;
    this.#move();
    Atomics.store(end.#end.cells, Connection.#isFar, 1);
    end.subscribe(onValue, onEnd);
    return end;
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
    const { cells, side, port } = this.#end;
    if (this.#isOver || this.#isGone(1 - side)) throw otherClosed();
    const { transfer } = options;
    checkTransfer("Connection.send", transfer);
    const to = this.#other;
    const isFar = Atomics.load(cells, Connection.#isFar) !== 0;
    // To or from a process, with both ends here, there is nothing to wait for.
    if (isFar && to && to.#isReady && !transfer) return to.#take(value, true);
    const why = isFar && refusal(value, [], "value", Travel.toProcess);
    if (why) throw why;
    const receiver = Atomics.load(cells, Connection.#owner + 1 - side);
    const parcel = post(port, value, options, receiver);
    // Counted after it was posted: a count of what never arrives would keep
    // the other end waiting.
    Atomics.add(cells, Connection.#count + side, 1);
    if (parcel && this.#isGone(1 - side)) parcel.lost();
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
    if (this.#isOver) throw otherClosed();
    const waiting = waitFor<Received>("Connection.recv", options, (reason) => {
      this.#waiting.remove(waiting);
      waiting.reject(reason);
    });
    this.#waiting.push(waiting);
    this.#watch.start();
    this.look();
    return await waiting.promise;
  }

  /**
   * Closes this end. What was sent can still be received at the other end, whose
   * iteration then ends.
   */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    forget(this);
    const { cells, side } = this.#end;
    this.#markClosed(side);
    this.#other?.look();
    for (const { reject } of this.#waiting.drain()) reject(thisClosed());
    for (const value of this.#queued.drain()) discard(value);
    // What waits for the other end here need not do so any longer.
    Atomics.notify(cells, Connection.#closed + 1 - side);
    this.#watch.stop();
    // There may be connections in what is still on its way.
    if (this.backlog > 0) this.#listen();
    else this.#closePort();
    this.#closeOther();
  }

  /** @internal Notes that the task that was given the connection has ended. */
  leave(): void {
    this.close();
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
   * nothing more can come, for which somebody has to `look` now and then.
   */
  subscribe(onValue: Subscriber["onValue"], onEnd: () => void): void {
    this.#subscriber = { onValue, onEnd };
    this.#listen();
  }

  /** @internal Whether it is closed, or nothing more can come or be sent. */
  get isOver(): boolean {
    return this.#state !== "open" || this.#isOver;
  }

  /** @internal The cell for who made the pipe. */
  get spare(): Int32Array<SharedArrayBuffer> {
    return this.#end.cells.subarray(Connection.spare);
  }

  /** @internal How many values the other end has sent that have not arrived. */
  get backlog(): number {
    const { cells, side } = this.#end;
    const sent = Atomics.load(cells, Connection.#count + 1 - side);
    // The counts may pass 2 ** 31; their difference tells all the same.
    return (sent - this.#received) | 0;
  }

  /** @internal Tells those who wait that nothing more comes, if that is so. */
  look(): void {
    if (this.isOver || !this.#isListening) return;
    if (!this.#isGone(1 - this.#end.side) || this.backlog > 0) return;
    // A thread that was ended may still run, and send.
    this.#isOver = true;
    for (const { reject } of this.#waiting.drain()) reject(otherClosed());
    this.#subscriber?.onEnd();
    this.#watch.stop();
    this.#closePort();
  }

  #checkOpen(what: string): void {
    if (this.#state === "moved") {
      throw new ChannelClosedError(
        `the connection was sent away, and cannot be ${what} here any more`,
      );
    }
    const isClosed = this.#state === "closed" || this.#isGone(this.#end.side);
    if (isClosed) throw thisClosed();
  }

  /** Whether a side is closed, or who has it has ended. */
  #isGone(side: number): boolean {
    const { cells } = this.#end;
    if (Atomics.load(cells, Connection.#closed + side) !== 0) return true;
    const owner = Atomics.load(cells, Connection.#owner + side);
    if (realm().life.isAlive(owner)) return false;
    this.#markClosed(side);
    return true;
  }

  #markClosed(side: number): void {
    const { cells } = this.#end;
    Atomics.store(cells, Connection.#closed + side, 1);
    Atomics.notify(cells, Connection.#closed + side);
  }

  #closePort(): void {
    // Where node:worker_threads is loaded, as in a process, that closes the port
    // of the other end, too, and loses what this one has sent: it comes later.
    const other = this.#other;
    if (other && !other.isOver && !other.#isListening) return;
    const { port } = this.#end;
    // A port is kept until a large garbage collection, with what it leads to.
    port.onmessage = null;
    port.close();
  }

  #closeOther(): void {
    if (this.#other?.isOver) this.#other.#closePort();
  }

  /** Notes that this object stands for the end no longer. */
  #move(): void {
    this.#state = "moved";
    forget(this);
    this.#closeOther();
    if (this.#other) this.#other.#other = undefined;
    this.#other = undefined;
  }

  /** Whether a value can be handed over without a message. */
  get #isReady(): boolean {
    // Nothing may overtake what is under way as a message.
    return this.#isListening && this.backlog <= 0;
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const { cells, side, port } = this.#end;
    port.onmessage = ({ data }) => {
      this.#received += 1;
      this.#take(receive(data), false);
    };
    port.unref?.();
    const other = Connection.#closed + 1 - side;
    const { async: pending, value } = Atomics.waitAsync(cells, other, 0);
    if (pending) void value.then(() => this.look());
    this.#closeOther();
  }

  #take(value: unknown, isDirect: boolean): void {
    if (this.#state !== "open" || this.#isOver) {
      discard(value);
      if (this.backlog <= 0) this.#closePort();
      return;
    }
    if (this.#subscriber) this.#subscriber.onValue(value, isDirect);
    else {
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(value as Received);
      else this.#queued.push(value);
      this.#watch.start();
    }
    if (this.backlog <= 0) this.look();
  }

  /** A connection keeps its program running only while something waits. */
  #letGo(): void {
    // A worker runs until it is ended, held or not.
    if (this.#state !== "open" || "WorkerGlobalScope" in globalThis) return;
    // From Deno 2.9 on, each message makes the port hold the program again, and
    // an unref() counts only after a ref(). In 2.8 that pair would undo the
    // unref() of #listen.
    const { port } = this.#end;
    if (!port.ref || Deno.version.deno.startsWith("2.8.")) return;
    port.ref();
    port.unref?.();
  }
}

/** The error of who uses an end that is closed. */
export function thisClosed(): ChannelClosedError {
  return new ChannelClosedError("the connection is closed");
}

/** The error of who waits for an end that is closed. */
export function otherClosed(): ChannelClosedError {
  return new ChannelClosedError("the other end of the pipe is closed");
}

/** What of this runs on the far side. */
export const pipeParts = [
  () => [ChannelClosedError, pipe, Connection, thisClosed, otherClosed],
];
