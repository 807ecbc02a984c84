/**
 * A host: a place where functions run that do not run here. What threads and
 * processes have in common, whatever their messages travel through.
 *
 * @module
 */

import { whyNotCloned } from "../messages/value.ts";
import { unpackError } from "./errors.ts";
import {
  type Answer,
  briefRequest,
  type Channel,
  type Reply,
  type Request,
} from "./protocol.ts";
import type { Task } from "./task.ts";

/** Calls of one task, which one host runs one after another. */
export interface Batch {
  readonly task: Task;
  /** One entry a call: its argument, or with `spread` its argument list. */
  readonly calls: readonly unknown[];
  readonly spread: boolean;
  /** Given what came of each call at once; one that fails then ends no other. */
  readonly onEach?: (outcome: Outcome) => void;
  /** Whether the far side is to note when each call began and ended. */
  readonly timed: boolean;
  /** What to move instead of copying. */
  readonly transfer: readonly Transferable[];
  /** What the entries are called in messages, such as `items[3]`. */
  readonly nameOf: (index: number) => string;
}

/** What came of a batch, as far as its calls were begun. */
export interface Outcome {
  readonly results: unknown[];
  /** Why calls failed, by their place in the batch. */
  readonly errors: ReadonlyMap<number, unknown>;
  /** With `timed`: when each call began and ended, on main's clock, in ms. */
  readonly times: readonly (readonly [from: number, to: number])[];
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
  readonly onDeath?: (error: WorkerDiedError) => void;
}

/** A batch that runs. */
interface Running extends PromiseWithResolvers<Outcome> {
  readonly batch: Batch;
}

/** Where functions run. It runs one batch at a time. */
export abstract class Host<Options extends HostOptions = HostOptions> {
  /** The id of its process, if it is one of its own. */
  readonly pid: number | undefined = undefined;
  /** How it ended; empty before that. */
  end: HostEnd = {};
  /** Whether it knows at once how much of a batch has begun. */
  abstract readonly canTakeBack: boolean;
  protected readonly options: Options;
  /** Resolves once something can be sent; undefined from then on. */
  protected opening: Promise<void> | undefined;
  readonly #ended = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  /** The tasks that the far side has. */
  readonly #known = new Set<number>();
  /** The request before, which the far side knows too. */
  #last: Request | undefined;
  #running: Running | undefined;
  #over: { reason: unknown } | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  /** Resolves once nothing of it is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves once the far side is ready to run something. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Runs a batch. If it cannot be sent, the outcome says so. It rejects with a
   * WorkerDiedError if the host dies, and with the reason given to `terminate`.
   */
  async run(batch: Batch): Promise<Outcome> {
    if (this.opening) await this.opening;
    if (this.#over) throw this.#over.reason;
    const refused = this.#send(batch);
    if (refused) return refused;
    this.#running = { ...Promise.withResolvers<Outcome>(), batch };
    return await this.#running.promise;
  }

  /** Runs one call: gives what it returns, or throws what it throws. */
  async call(
    task: Task,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
  ): Promise<unknown> {
    const nameOf = () => "args";
    const rest = { spread: true, timed: false, transfer, nameOf };
    const { results, errors } = await this.run({
      task,
      calls: [args],
      ...rest,
    });
    if (errors.has(0)) throw errors.get(0);
    return results[0];
  }

  /** Lets no more calls begin; returns how many have not, 0 if unknown. */
  abstract takeBack(): number;

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

  /** What leads to the far side. */
  protected abstract readonly channel: Channel;
  /** Ends the far side. */
  protected abstract stop(wasBusy: boolean): void;

  /** Takes a reply. */
  protected receive(reply: Reply): void {
    if (reply.kind === "ready") this.#ready.resolve();
    else if (reply.kind === "done") this.#settle(reply, reply.isPacked);
  }

  /** Notes that the far side has ended by itself. */
  protected die(death: Death): void {
    if (this.#over) return;
    const error = new WorkerDiedError(this.options.name, death);
    this.terminate(error);
    this.options.onDeath?.(error);
  }

  /** Notes that nothing is left of it. */
  protected leave(end: HostEnd): void {
    this.end = end;
    this.#ended.resolve();
  }

  /** Sends a batch; what is returned says why it cannot be sent. */
  #send(batch: Batch): Outcome | undefined {
    const { task, spread, timed } = batch;
    const { value, isPacked, ports, sent } = this.channel.pack(batch.calls);
    const request: Request = {
      kind: "run",
      task: task.id,
      define: this.#known.has(task.id) ? undefined : task,
      calls: value as unknown[],
      spread,
      isPacked,
      shared: batch.onEach !== undefined,
      timed,
    };
    const moved = [...batch.transfer, ...ports];
    try {
      this.channel.post(briefRequest(request, this.#last), moved);
    } catch (error) {
      return this.#whyNotSent(batch, request.calls, moved, error);
    }
    sent();
    this.#known.add(task.id);
    this.#last = { ...request, calls: [] };
    return undefined;
  }

  /** Names the call of a batch, and the part of it, that cannot be sent. */
  #whyNotSent(
    { nameOf }: Batch,
    calls: readonly unknown[],
    moved: readonly unknown[],
    error: unknown,
  ): Outcome {
    const failed = (index: number, error: unknown) => ({
      ...nothing,
      errors: new Map([[index, error]]),
    });
    const { sending } = this.channel;
    for (const [index, call] of calls.entries()) {
      const why = whyNotCloned(call, nameOf(index), moved, sending);
      if (why) return failed(index, new TypeError(why));
    }
    return failed(0, error);
  }

  #settle(answer: Answer, isPacked: boolean): void {
    const outcome = this.#outcomeOf(answer, isPacked);
    const { batch, resolve } = this.#running!;
    const isNothing = answer.results.length + answer.errors.length === 0;
    if (batch.onEach && !isNothing) return batch.onEach(outcome);
    this.#running = undefined;
    resolve(outcome);
  }

  #outcomeOf({ results, errors, times }: Answer, isPacked: boolean): Outcome {
    const { timeOrigin } = performance;
    return {
      results: isPacked ? this.channel.unpack(results) as unknown[] : results,
      errors: errors.length === 0 ? nothing.errors : new Map(
        errors.map(([index, error]) => [index, unpackError(error)]),
      ),
      times: times.map(([from, to]) => [from - timeOrigin, to - timeOrigin]),
    };
  }
}

const nothing: Outcome = { results: [], errors: new Map(), times: [] };

/** How a host ended, by its own last words. */
export function deathOf(
  { how, exitCode, error }: Reply & { kind: "died" },
): Death {
  return { how, exitCode, ...(error && { cause: unpackError(error) }) };
}

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
