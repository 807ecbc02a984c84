/**
 * A host that is a Web Worker: a thread with a heap of its own.
 *
 * @module
 */

import { briefRequest, fullReply } from "./brief.ts";
import { whyNotCloned } from "../messages/value.ts";
import { unpackError } from "../workers/errors.ts";
import { workerProgram } from "./far.ts";
import {
  type Batch,
  CallError,
  type HostEnd,
  type HostOptions,
  type Reply,
  type Request,
} from "./host.ts";
import {
  type Lifeline,
  newAgent,
  noteSent,
  packValue,
  realm,
  unpackValue,
} from "../messages/travel.ts";
import { portableClasses } from "../messages/travel.ts";
import { RemoteHost } from "./remote.ts";

/** Made once, because every worker runs the same program. */
let programUrl: string | undefined;

/** A Web Worker that runs batches. */
export class Thread extends RemoteHost {
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<HostEnd>();
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));
  /** The number by which shared memory knows this thread. */
  readonly #agent = newAgent();
  /** What has to be freed or closed when this thread ends. */
  readonly #held = new Set<Lifeline>();
  /** The request before, which the far side knows too. */
  #last: Request | undefined;

  /**
   * Starts a worker.
   *
   * @param options What it is called, and who is told of its end.
   */
  constructor(options: HostOptions) {
    super(options);
    const { name } = options;
    // A worker from a blob needs no permission; one from a file needs to read.
    programUrl ??= URL.createObjectURL(
      new Blob([workerProgram()], { type: "text/javascript" }),
    );
    this.#worker = new Worker(programUrl, { type: "module", name });
    this.#worker.onmessage = ({ data }) => this.receive(fullReply<Reply>(data));
    this.#worker.onmessageerror = () =>
      this.die({ how: "sent what cannot be read here" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.die({ how: `died: ${event.message}` });
    };
    realm().held.set(this.#agent, this.#held);
    const cancelled = this.#cancelled;
    this.#worker.postMessage({ name, agent: this.#agent, cancelled });
  }

  get ended(): Promise<HostEnd> {
    return this.#ended.promise;
  }

  protected override send(request: Request, batch: Batch): undefined {
    const packed = packValue(request.calls);
    const last = this.#last;
    this.#last = undefined;
    const message = packed
      ? { ...request, calls: packed.value as unknown[], isPacked: true }
      : briefRequest(request, last);
    const moved = [...batch.transfer, ...packed?.ports ?? []];
    try {
      // A list of nothing to move would make a short message slower.
      if (moved.length > 0) this.#worker.postMessage(message, moved);
      else this.#worker.postMessage(message);
    } catch (error) {
      const calls = packed ? packed.value as unknown[] : request.calls;
      throw whyNotSent({ ...batch, calls }, moved, error);
    }
    if (packed) noteSent(packed.packings, this.#agent);
    else this.#last = request;
  }

  protected override sendCancel(batch: number): void {
    Atomics.store(this.#cancelled, 0, batch);
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
      this.die({
        how: reply.how,
        exitCode: reply.exitCode,
        ...(reply.error && { cause: unpackError(reply.error) }),
      });
    } else super.receive(reply);
  }
}

/** Names the call of a batch, and the part of it, that cannot be sent. */
function whyNotSent(
  batch: Batch,
  moved: readonly unknown[],
  error: unknown,
): CallError {
  for (const [index, call] of batch.calls.entries()) {
    const why = whyNotCloned(call, batch.nameOf(index), moved);
    if (why) return new CallError(index, new TypeError(why));
  }
  return new CallError(0, error);
}
