/**
 * A host: a place where functions run that do not run here. What threads and
 * processes have in common, whatever their messages travel through.
 *
 * @module
 */

import { unpackError } from "./errors.ts";
import type { Answer, Reply, Request } from "./protocol.ts";
import { numberAfter } from "./protocol.ts";
import type { Task } from "./task.ts";

/** Calls of one task, which one host runs one after another. */
export interface Batch {
  readonly task: Task;
  /** One entry a call: its argument, or with `spread` its argument list. */
  readonly calls: readonly unknown[];
  readonly spread: boolean;
  /**
   * Given what came of each call as soon as it is there; one that fails then
   * ends no other.
   */
  readonly onEach?: (outcome: Outcome) => void;
  /** Whether the far side is to note when each call began and ended. */
  readonly timed: boolean;
  /** What to move instead of copying. */
  readonly transfer: Transferable[];
  /** What the entries are called in messages, such as `items[3]`. */
  readonly nameOf: (index: number) => string;
}

/** What came of a batch, as far as its calls were begun. */
export interface Outcome {
  readonly results: unknown[];
  /** What the calls threw that failed, by their place in the batch. */
  readonly errors: ReadonlyMap<number, unknown>;
  /** With `timed`: when each call began and ended, on main's clock, in ms. */
  readonly times: readonly (readonly [from: number, to: number])[];
}

/** A part of a batch cannot be sent, so nothing of it was. */
export class SendError extends Error {
  /**
   * @param index Which entry of the batch it is in.
   * @param why The error for whoever made the call.
   */
  constructor(readonly index: number, readonly why: unknown) {
    super("a call cannot be sent");
  }
}

/** How a host ended; empty for a thread, which has neither. */
export interface HostEnd {
  /** The code it exited with. */
  readonly exitCode?: number | undefined;
  /** The signal that ended it. */
  readonly signal?: string | undefined;
}

/** Options of a host. */
export interface HostOptions {
  /** What the host is called in messages. */
  readonly name: string;
  /** What errors of starting it begin with, such as `Pool`. */
  readonly caller: string;
  /** The URL of the module that exports the tasks, if they come from one. */
  readonly module: string | undefined;
  /** Told when the host ends by itself. */
  readonly onDeath: (error: WorkerDiedError) => void;
}

/** A batch, and how far it has come. */
interface Running extends PromiseWithResolvers<Outcome> {
  readonly batch: Batch;
  /** How many answers are still to come. */
  left: number;
}

/** Where functions run. It runs one batch at a time. */
export abstract class Host<Options extends HostOptions = HostOptions> {
  /** The id of its process, if it is one of its own. */
  readonly pid: number | undefined = undefined;
  /** Resolves once nothing of it is left. */
  abstract readonly ended: Promise<HostEnd>;
  protected readonly options: Options;
  readonly #ready = Promise.withResolvers<void>();
  /** The tasks that the far side has. */
  readonly #known = new Set<number>();
  #next = 0;
  #running: Running | undefined;
  #over: { reason: unknown } | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  /** Resolves once the far side is ready to run something. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Runs a batch; with `onEach`, the outcome is empty. It rejects with a SendError if nothing could be sent, with a
   * WorkerDiedError if the host died, with the reason given to `terminate`.
   */
  run(batch: Batch): Promise<Outcome> {
    if (this.#over) return Promise.reject(this.#over.reason);
    const { task, calls, spread, timed } = batch;
    const shared = batch.onEach !== undefined;
    const left = shared ? calls.length : 1;
    const running = { ...Promise.withResolvers<Outcome>(), batch, left };
    const define = this.#known.has(task.id) ? undefined : task;
    const first = this.#next;
    this.#next = numberAfter(first, calls.length);
    const request = { first, task: task.id, define, calls, isPacked: false };
    this.#running = running;
    const fail = (error: unknown) => {
      this.#running = undefined;
      running.reject(error);
    };
    try {
      this.send({ ...request, spread, shared, timed }, batch)?.catch(fail);
    } catch (error) {
      fail(error);
    }
    return running.promise;
  }

  /** Whether it can be known which calls `takeBack` took back. */
  abstract readonly canTakeBack: boolean;

  /**
   * Takes back the calls of the batch that have not begun.
   *
   * @returns How many have begun, if that can be known.
   */
  takeBack(): number | undefined {
    const begun = this.countBegun();
    const running = this.#running;
    if (begun === undefined || !running?.batch.onEach) return begun;
    running.left -= running.batch.calls.length - begun;
    if (running.left === 0) this.#finish(running, nothing);
    return begun;
  }

  /** Ends a host that runs nothing any more; a process gets this exit code. */
  finish(_exitCode: number): void {
    this.terminate(undefined);
  }

  /** Ends the host; what runs rejects with `reason`. */
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
   * @throws {SendError} If a part of it cannot be sent.
   */
  protected abstract send(
    request: Request,
    batch: Batch,
  ): Promise<void> | undefined;
  /** Lets no more calls of the batch begin; counts those that have, if it can. */
  protected abstract countBegun(): number | undefined;
  /** Makes working objects of what came packed. */
  protected abstract unpack(value: unknown): unknown;
  /** Ends the far side. */
  protected abstract stop(wasBusy: boolean): void;

  /** Takes a reply. */
  protected receive(reply: Reply): void {
    if (this.#over) return;
    if (reply.kind === "ready") this.#ready.resolve();
    else if (reply.kind === "done") {
      const outcome = this.#outcomeOf(reply, reply.isPacked);
      const running = this.#running!;
      // What was cancelled before it began was not even defined.
      const hasRun = reply.results.length > reply.errors.length;
      if (hasRun) this.#known.add(running.batch.task.id);
      running.left -= 1;
      running.batch.onEach?.(outcome);
      if (running.left === 0) this.#finish(running, outcome);
    }
  }

  /** Notes that the far side has ended by itself. */
  protected die(death: Death): void {
    if (this.#over) return;
    const error = new WorkerDiedError(this.options.name, death);
    this.terminate(error);
    this.options.onDeath(error);
  }

  #finish(running: Running, outcome: Outcome): void {
    this.#running = undefined;
    running.resolve(outcome);
  }

  #outcomeOf({ results, errors, times }: Answer, isPacked: boolean): Outcome {
    const { timeOrigin } = performance;
    return {
      results: isPacked ? this.unpack(results) as unknown[] : results,
      errors: errors.length === 0 ? none : new Map(
        errors.map(([index, error]) => [index, unpackError(error)]),
      ),
      times: times.map(([from, to]) => [from - timeOrigin, to - timeOrigin]),
    };
  }
}

const none: ReadonlyMap<number, unknown> = new Map();
const nothing: Outcome = { results: [], errors: none, times: [] };

/** How a worker ended, for a WorkerDiedError. */
export interface Death {
  /** What happened, such as `closed itself`. */
  how: string;
  /** The code it exited with, if it exited. */
  exitCode?: number | undefined;
  /** The signal that ended it, if one did. */
  signal?: string | undefined;
  /** The error that nothing caught, if there was one. */
  cause?: unknown;
}

/**
 * A worker or process ended before it answered: it closed itself or exited, an
 * error that nothing caught or a signal ended it, or it ran out of memory.
 */
export class WorkerDiedError extends Error {
  /** `"WorkerDiedError"`. */
  override readonly name = "WorkerDiedError";
  /** The name of the worker. */
  readonly worker: string;
  /** The code it exited with, if it exited. */
  readonly exitCode: number | undefined;
  /** The signal that ended it, such as `"SIGKILL"`, if one did. */
  readonly signal: string | undefined;

  /**
   * Makes the error.
   *
   * @param worker The name of the worker.
   * @param death How it ended.
   */
  constructor(worker: string, death: Death) {
    const hasCause = "cause" in death;
    const why = hasCause ? `: ${death.cause}` : "";
    super(`${worker} ${death.how}${why}`, hasCause ? death : {});
    this.worker = worker;
    this.exitCode = death.exitCode;
    this.signal = death.signal;
  }
}
