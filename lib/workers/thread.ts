/**
 * A host that is a Web Worker: a thread with a heap of its own.
 *
 * @module
 */

import {
  type Lifeline,
  newAgent,
  portableClasses,
  realm,
} from "../messages/travel.ts";
import { urlOfProgram } from "./far_side.ts";
import {
  type Batch,
  deathOf,
  Host,
  type HostOptions,
  type Outcome,
} from "./host.ts";
import {
  type Channel,
  fullReply,
  type Greeting,
  type Reply,
  threadChannel,
} from "./protocol.ts";

/** A Web Worker that runs batches. */
export class Thread extends Host {
  protected override readonly channel: Channel;
  readonly #worker: Worker;
  /** How many calls of the batch may still begin. */
  readonly #left = sharedCell();
  /** The number by which shared memory knows this thread. */
  readonly #agent = newAgent();
  /** What has to be freed or closed when this thread ends. */
  readonly #held = new Set<Lifeline>();

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
    this.channel = threadChannel(this.#worker, this.#agent);
    realm().held.set(this.#agent, this.#held);
    const greeting: Greeting = { agent: this.#agent, left: this.#left };
    this.#worker.postMessage(greeting);
  }

  get canTakeBack(): boolean {
    return this.#left !== undefined;
  }

  override run(batch: Batch): Promise<Outcome> {
    if (this.#left) Atomics.store(this.#left, 0, batch.calls.length);
    return super.run(batch);
  }

  override takeBack(): number {
    if (this.#left) return Math.max(0, Atomics.exchange(this.#left, 0, 0));
    this.#worker.postMessage({ kind: "cancel" });
    return 0;
  }

  protected override stop(wasBusy: boolean): void {
    this.#worker.terminate();
    this.leave({});
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
    else if (reply.kind === "died") this.die(deathOf(reply));
    else super.receive(reply);
  }
}

/** Memory for one number; none where threads cannot share any. */
function sharedCell(): Int32Array<SharedArrayBuffer> | undefined {
  if (typeof SharedArrayBuffer === "undefined") return undefined;
  return new Int32Array(new SharedArrayBuffer(4));
}
