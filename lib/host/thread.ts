/**
 * A host that is a Web Worker: a thread with a heap of its own.
 *
 * @module
 */

import { whyNotCloned } from "./clone.ts";
import { unpackError } from "./error.ts";
import { workerProgram } from "./far.ts";
import {
  type Batch,
  type BatchResult,
  CallError,
  type Death,
  type Host,
  type Reply,
  type Request,
  WorkerDiedError,
} from "./host.ts";
import {
  type Lifeline,
  newAgent,
  noteSent,
  packValue,
  realm,
  unpackValue,
} from "./portable.ts";
import { portableClasses } from "./portables.ts";

/** Made once, because every worker runs the same program. */
let programUrl: string | undefined;

/** A Web Worker that runs batches. */
export class Thread implements Host {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #onDeath: (error: WorkerDiedError) => void;
  readonly #ready = Promise.withResolvers<void>();
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));
  /** The number by which shared memory knows this thread. */
  readonly #agent = newAgent();
  /** What has to be freed or closed when this thread ends. */
  readonly #held = new Set<Lifeline>();
  /** The tasks that the far side has. */
  readonly #known = new Set<number>();
  #batch = 0;
  #running: (PromiseWithResolvers<BatchResult> & { task: number }) | undefined;
  #ended: { reason: unknown } | undefined;

  /**
   * Starts a worker.
   *
   * @param name The name of the worker, for messages.
   * @param onDeath Told when the worker ends by itself.
   */
  constructor(name: string, onDeath: (error: WorkerDiedError) => void) {
    this.#name = name;
    this.#onDeath = onDeath;
    // A worker from a blob needs no permission; one from a file needs to read.
    programUrl ??= URL.createObjectURL(
      new Blob([workerProgram()], { type: "text/javascript" }),
    );
    this.#worker = new Worker(programUrl, { type: "module", name });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onmessageerror = () =>
      this.#die({ how: "sent what cannot be read here" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die({ how: `died: ${event.message}` });
    };
    realm().held.set(this.#agent, this.#held);
    const cancelled = this.#cancelled;
    this.#worker.postMessage({ name, agent: this.#agent, cancelled });
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  run(batch: Batch): Promise<BatchResult> {
    if (this.#ended) return Promise.reject(this.#ended.reason);
    const { task, calls, spread, timed, transfer } = batch;
    this.#batch += 1;
    const define = this.#known.has(task.id) ? undefined : task;
    const packed = packValue(calls);
    const request: Request = {
      batch: this.#batch,
      task: task.id,
      define,
      calls: packed ? packed.value as unknown[] : calls,
      isPacked: packed !== undefined,
      spread,
      timed,
    };
    const ports = packed?.ports ?? [];
    try {
      const moved = [...transfer, ...ports];
      // A list of nothing to move would make a short message slower.
      if (moved.length > 0) this.#worker.postMessage(request, moved);
      else this.#worker.postMessage(request);
    } catch (error) {
      return Promise.reject(
        whyNotSent({ ...batch, calls: request.calls }, ports, error),
      );
    }
    if (packed) noteSent(packed.packings, this.#agent);
    this.#running = { ...Promise.withResolvers(), task: task.id };
    return this.#running.promise;
  }

  cancel(): void {
    Atomics.store(this.#cancelled, 0, this.#batch);
  }

  terminate(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.#worker.terminate();
    this.#ready.resolve();
    this.#running?.reject(reason);
    realm().held.delete(this.#agent);
    const classes = portableClasses();
    for (const lifeline of this.#held) {
      const { abandon } = classes[lifeline.portable]!;
      abandon?.(lifeline, this.#agent, this.#running !== undefined);
    }
  }

  #receive(reply: Reply): void {
    if (this.#ended) return;
    switch (reply.kind) {
      case "ready":
        return this.#ready.resolve();
      case "done":
        this.#known.add(this.#running!.task);
        return this.#settle().resolve({
          results: reply.isPacked
            ? unpackValue(reply.results, portableClasses()) as unknown[]
            : reply.results,
          times: reply.times.map(([from, to]) =>
            [
              from - performance.timeOrigin,
              to - performance.timeOrigin,
            ] as const
          ),
        });
      case "failed":
        return this.#settle().reject(
          new CallError(reply.index, unpackError(reply.error)),
        );
      case "holds":
        this.#held.add(reply.lifeline);
        return;
      case "died":
        return this.#die({
          how: reply.how,
          exitCode: reply.exitCode,
          ...(reply.error && { cause: unpackError(reply.error) }),
        });
    }
  }

  #settle(): PromiseWithResolvers<BatchResult> {
    const running = this.#running!;
    this.#running = undefined;
    return running;
  }

  #die(death: Death): void {
    const error = new WorkerDiedError(this.#name, death);
    this.terminate(error);
    this.#onDeath(error);
  }
}

/** Names the call of a batch, and the part of it, that cannot be sent. */
function whyNotSent(
  batch: Batch,
  ports: readonly MessagePort[],
  error: unknown,
): CallError {
  const moved = [...batch.transfer, ...ports];
  for (const [index, call] of batch.calls.entries()) {
    const why = whyNotCloned(call, batch.nameOf(index), moved);
    if (why) return new CallError(index, new TypeError(why));
  }
  return new CallError(0, error);
}
