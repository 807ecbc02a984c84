/**
 * A host that is a Web Worker: a thread with a heap of its own.
 *
 * @module
 */

import { whyNotCloned } from "../messages/value.ts";
import { unpackError } from "./errors.ts";
import {
  copyLarge,
  type Lifeline,
  newAgent,
  noteSent,
  packValue,
  portableClasses,
  realm,
  unpackValue,
} from "../messages/travel.ts";
import { urlOfProgram } from "./far_side.ts";
import {
  type Batch,
  Host,
  type HostEnd,
  type HostOptions,
  SendError,
} from "./host.ts";
import {
  briefRequest,
  fullReply,
  type Greeting,
  numberAfter,
  type Reply,
  type Request,
} from "./protocol.ts";

/** A Web Worker that runs batches. */
export class Thread extends Host {
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<HostEnd>();
  /** The number of the next call that may begin; -1 if none may. */
  readonly #next = sharedCell();
  /** The number by which shared memory knows this thread. */
  readonly #agent = newAgent();
  /** What has to be freed or closed when this thread ends. */
  readonly #held = new Set<Lifeline>();
  /** The number of the first call of the batch. */
  #first = 0;
  /** The request before, which the far side knows too. */
  #last: Request | undefined;

  /** Starts a worker. */
  constructor(options: HostOptions) {
    super(options);
    const { name } = options;
    this.#worker = new Worker(urlOfProgram(), { type: "module", name });
    this.#worker.onmessage = ({ data }) => this.receive(fullReply<Reply>(data));
    this.#worker.onmessageerror = () =>
      this.die({ how: "sent what cannot be read here" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.die({ how: `died: ${event.message}` });
    };
    realm().held.set(this.#agent, this.#held);
    const greeting: Greeting = { name, agent: this.#agent, next: this.#next };
    this.#worker.postMessage(greeting);
  }

  get ended(): Promise<HostEnd> {
    return this.#ended.promise;
  }

  protected override send(request: Request, batch: Batch): undefined {
    const packed = packValue(request.calls);
    const calls = packed ? packed.value as unknown[] : request.calls;
    const moved = [...batch.transfer, ...packed?.ports ?? []];
    const last = this.#last;
    this.#first = request.first;
    if (this.#next) Atomics.store(this.#next, 0, request.first);
    // What cannot be sent is not known there, nor is its number.
    this.#last = undefined;
    try {
      const posting = copyLarge(calls, moved);
      const full = { ...request, calls: posting.value as unknown[] };
      const message = packed
        ? { ...full, isPacked: true }
        : briefRequest(full, last);
      // A list of nothing to move would make a short message slower.
      if (posting.moved.length === 0) this.#worker.postMessage(message);
      else this.#worker.postMessage(message, posting.moved);
    } catch (error) {
      throw whyNotSent({ ...batch, calls }, moved, error);
    }
    if (packed) noteSent(packed.packings, this.#agent);
    else this.#last = request;
  }

  get canTakeBack(): boolean {
    return this.#next !== undefined;
  }

  protected override countBegun(): number | undefined {
    if (!this.#next) {
      this.#worker.postMessage({ kind: "cancel", first: this.#first });
      return undefined;
    }
    const next = Atomics.exchange(this.#next, 0, -1);
    return next < 0 ? undefined : numberAfter(next, 2 ** 30 - this.#first);
  }

  protected override unpack(value: unknown): unknown {
    return unpackValue(value, portableClasses());
  }

  protected override stop(wasBusy: boolean): void {
    this.#worker.terminate();
    this.#ended.resolve({});
    realm().held.delete(this.#agent);
    const classes = portableClasses();
    for (const lifeline of this.#held) {
      const { abandon } = classes[lifeline.portable]!;
      abandon?.(lifeline, this.#agent, wasBusy);
    }
  }

  protected override receive(reply: Reply): void {
    if (this.isOver) return;
    if (reply.kind === "holds") this.#held.add(reply.lifeline);
    else if (reply.kind === "died") {
      const { how, exitCode, error } = reply;
      const cause = error && { cause: unpackError(error) };
      this.die({ how, exitCode, ...cause });
    } else super.receive(reply);
  }
}

/** Memory for one number; none where threads cannot share any. */
function sharedCell(): Int32Array<SharedArrayBuffer> | undefined {
  if (typeof SharedArrayBuffer === "undefined") return undefined;
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Names the call of a batch, and the part of it, that cannot be sent. */
function whyNotSent(
  batch: Batch,
  moved: readonly unknown[],
  error: unknown,
): SendError {
  for (const [index, call] of batch.calls.entries()) {
    const why = whyNotCloned(call, batch.nameOf(index), moved);
    if (why) return new SendError(index, new TypeError(why));
  }
  return new SendError(0, error);
}
