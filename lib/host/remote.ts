/**
 * What all hosts have in common, whatever their messages travel through.
 *
 * @module
 */

import { unpackError } from "../workers/errors.ts";
import {
  type Batch,
  type BatchResult,
  CallError,
  type Death,
  type Host,
  type HostEnd,
  type HostOptions,
  type Reply,
  type Request,
  WorkerDiedError,
} from "./host.ts";

/** A host that runs batches by sending requests. */
export abstract class RemoteHost implements Host {
  readonly pid: number | undefined = undefined;
  abstract readonly ended: Promise<HostEnd>;
  protected readonly options: HostOptions;
  readonly #ready = Promise.withResolvers<void>();
  /** The tasks that the far side has. */
  readonly #known = new Set<number>();
  #batch = 0;
  #running: (PromiseWithResolvers<BatchResult> & { task: number }) | undefined;
  #over: { reason: unknown } | undefined;

  constructor(options: HostOptions) {
    this.options = options;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  run(batch: Batch): Promise<BatchResult> {
    if (this.#over) return Promise.reject(this.#over.reason);
    const { task, calls, spread, timed } = batch;
    this.#batch += 1;
    const define = this.#known.has(task.id) ? undefined : task;
    const running = Promise.withResolvers<BatchResult>();
    this.#running = { ...running, task: task.id };
    const fail = (error: unknown) => {
      this.#running = undefined;
      running.reject(error);
    };
    try {
      const request: Request = {
        batch: this.#batch,
        task: task.id,
        define,
        calls,
        isPacked: false,
        spread,
        timed,
      };
      this.send(request, batch)?.catch(fail);
    } catch (error) {
      fail(error);
    }
    return running.promise;
  }

  cancel(): void {
    this.sendCancel(this.#batch);
  }

  finish(_exitCode: number): void {
    this.terminate(undefined);
  }

  terminate(reason: unknown): void {
    if (this.#over) return;
    this.#over = { reason };
    this.stop(this.#running !== undefined);
    this.#ready.resolve();
    this.#running?.reject(reason);
  }

  /** Whether nothing runs here any more. */
  protected get isOver(): boolean {
    return this.#over !== undefined;
  }

  /**
   * Sends a request, in which portable objects are still to be packed; at once,
   * unless it returns a promise.
   *
   * @throws {CallError} If a part of it cannot be sent.
   */
  protected abstract send(
    request: Request,
    batch: Batch,
  ): Promise<void> | undefined;
  /** Lets the call that runs be the last of its batch. */
  protected abstract sendCancel(batch: number): void;
  /** Makes working objects of what came packed. */
  protected abstract unpack(value: unknown): unknown;
  /** Ends the far side. */
  protected abstract stop(wasBusy: boolean): void;

  /** Takes an answer. */
  protected receive(reply: Reply): void {
    if (this.#over) return;
    switch (reply.kind) {
      case "ready":
        return this.#ready.resolve();
      case "done": {
        this.#known.add(this.#running!.task);
        const results = reply.isPacked
          ? this.unpack(reply.results)
          : reply.results;
        const { timeOrigin } = performance;
        const times = reply.times.map(([from, to]) =>
          [from - timeOrigin, to - timeOrigin] as const
        );
        const done = { results: results as unknown[], times };
        return this.#settle().resolve(done);
      }
      case "failed":
        return this.#settle().reject(
          new CallError(reply.index, unpackError(reply.error)),
        );
    }
  }

  /** Notes that the far side has ended by itself. */
  protected die(death: Death): void {
    if (this.#over) return;
    const error = new WorkerDiedError(this.options.name, death);
    this.terminate(error);
    this.options.onDeath(error);
  }

  #settle(): PromiseWithResolvers<BatchResult> {
    const running = this.#running!;
    this.#running = undefined;
    return running;
  }
}
