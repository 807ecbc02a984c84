/**
 * A host: a place where functions run that do not run here. What threads and
 * processes have in common, whatever their messages travel through.
 *
 * @module
 */

import { realm } from "../messages/life.ts";
import {
  pack,
  type Parcel,
  refusal,
  type Route,
  unpack,
} from "../messages/travel.ts";
import { type Death, WorkerDiedError } from "./errors.ts";
import type { Isolation, PoolOptions, ProcessOptions } from "./options.ts";
import type { Answer, Channel, Reply, Request } from "./protocol.ts";
import type { Task } from "./task.ts";

/** Some tasks, which one host runs one after another. */
export interface Chunk {
  readonly task: Task;
  /** One input a task: its argument, or with `spread` the list of them. */
  readonly inputs: readonly unknown[];
  readonly spread: boolean;
  /** Whether what it is given is to last as long as the host. */
  readonly isSetup?: boolean;
  /** Whether the far side is to note when each task began and ended. */
  readonly timed: boolean;
  /** What to move instead of copying. */
  readonly transfer: readonly Transferable[];
  /** What the inputs are called in messages, such as `items[3]`. */
  readonly nameOf: (index: number) => string;
}

/** What came of a chunk: its results, or which task failed first, and why. */
export interface Outcome {
  readonly results: readonly unknown[];
  readonly failed: { readonly index: number; readonly error: unknown } | null;
  /** With `timed`: when each task began and ended, on main's clock, in ms. */
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
export interface HostOptions extends ProcessOptions {
  /** What the host is called in messages. */
  readonly name: string;
  /** What errors of starting it begin with, such as `Pool`. */
  readonly caller: string;
  /** The URL of the module that exports the tasks, if they come from one. */
  readonly module?: string | undefined;
  /** Told when the host ends by itself. */
  readonly onDeath?: (error: WorkerDiedError) => void;
}

/** A kind of hosts. */
export interface HostKind {
  /** Throws if an option is wrong, or is not for this kind. */
  check(caller: string, options: PoolOptions): void;
  /** Starts a host. */
  open(options: HostOptions): Host;
}

/** The kinds of hosts that there are; each is entered by its own module. */
export const hostKinds: Map<Isolation, HostKind> = new Map();

/** Where functions run. It runs one chunk at a time. */
export abstract class Host {
  /** The id of its process, if it is one of its own. */
  readonly pid: number | undefined = undefined;
  /** How it ended; empty before that. */
  end: HostEnd = {};
  protected readonly options: HostOptions;
  readonly #ended = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  /** The tasks that the far side has. */
  readonly #known = new Set<number>();
  #running: PromiseWithResolvers<Outcome> | undefined;
  #over: { reason: unknown } | undefined;

  constructor(options: HostOptions) {
    checkGuard(options);
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

  /** Whether nothing runs here any more. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /**
   * Runs a chunk, which is sent before this returns. If it cannot be sent, the
   * outcome says so. It rejects with a WorkerDiedError if the host dies, and
   * with the reason given to `terminate`.
   */
  run(chunk: Chunk): Promise<Outcome> {
    if (this.#over) return Promise.reject(this.#over.reason);
    const failed = this.#send(chunk);
    if (failed) return Promise.resolve({ results: [], failed, times: [] });
    this.#running = Promise.withResolvers();
    return this.#running.promise;
  }

  /** Runs one call: gives what it returns, or throws what it throws. */
  async call(
    task: Task,
    args: readonly unknown[],
    { transfer = [], isSetup = false }: {
      readonly transfer?: readonly Transferable[];
      readonly isSetup?: boolean;
    },
  ): Promise<unknown> {
    const rest = { spread: true, timed: false, nameOf: () => "args" };
    const chunk = { task, inputs: [args], transfer, isSetup, ...rest };
    const { results, failed } = await this.run(chunk);
    if (failed) throw failed.error;
    return results[0];
  }

  /** Lets no more tasks of the chunk begin that runs. */
  cancel(): void {
    const request: Request = { kind: "cancel" };
    if (this.#running) this.channel.post(request);
  }

  /** Ends a host that runs nothing any more; a process gets this exit code. */
  finish(_exitCode: number): void {
    this.terminate(undefined);
  }

  /** Ends the host; what runs rejects with `reason`. */
  terminate(reason: unknown): void {
    if (this.#over) return;
    this.#over = { reason };
    this.stop();
    this.#ready.resolve();
    this.#running?.reject(reason);
  }

  /** What leads to the far side. */
  protected abstract readonly channel: Channel;
  /** Ends the far side. */
  protected abstract stop(): void;

  /** Makes inputs ready to be sent. */
  protected pack(
    inputs: readonly unknown[],
    transfer: readonly Transferable[],
  ): Parcel {
    return pack(inputs, transfer, "inputs", this.channel.route);
  }

  /** Takes what the far side says. */
  protected receive(reply: Reply): void {
    if (this.#over) return;
    if (reply.kind === "ready") this.#ready.resolve();
    else if (reply.kind === "done") this.#settle(reply);
    else this.die(this.deathOf(reply));
  }

  /** How the far side ended, by its own last words. */
  protected deathOf(
    { how, exitCode, cause }: Reply & { kind: "died" },
  ): Death {
    const isCaused = cause !== undefined && {
      cause: unpack(cause.value, cause.wires, this.channel.route),
    };
    return { how, exitCode, ...isCaused };
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

  /** Sends a chunk; what is returned says why it cannot be sent. */
  #send(chunk: Chunk): Outcome["failed"] {
    const { task, inputs, spread, isSetup = false, timed } = chunk;
    const { transfer } = chunk;
    try {
      const parcel = this.pack(inputs, transfer);
      const { value, wires } = parcel;
      const define = this.#known.has(task.id) ? undefined : task;
      const rest = { define, inputs: value, wires, spread, isSetup, timed };
      const request: Request = { kind: "run", task: task.id, ...rest };
      this.channel.post(request, parcel.moved);
      parcel.sent(this.channel.receiver);
      this.#known.add(task.id);
      return null;
    } catch (error) {
      return whyRefused(chunk, error, this.channel.route);
    }
  }

  #settle({ value, wires, failed, times }: Answer): void {
    const { timeOrigin } = performance;
    const running = this.#running!;
    this.#running = undefined;
    const unpacked = unpack(value, wires, this.channel.route);
    const isFailed = failed !== undefined;
    running.resolve({
      results: isFailed ? [] : unpacked as unknown[],
      failed: isFailed ? { index: failed, error: unpacked } : null,
      times: times.map(([from, to]) => [from - timeOrigin, to - timeOrigin]),
    });
  }
}

/** Refuses to start workers because their own module is imported in one. */
function checkGuard({ caller, module }: HostOptions): void {
  const here = realm();
  if (module === undefined || module !== here.module || here.task) return;
  throw new Error(
    `${caller}: ${module} starts workers that import it, and would start more ` +
      `of them in each: let only main start them, by if (import.meta.main) { … }`,
  );
}

/** Says which input of a chunk could not be sent, and why. */
export function whyRefused(
  chunk: Pick<Chunk, "inputs" | "transfer" | "nameOf">,
  error: unknown,
  route?: Route,
): { readonly index: number; readonly error: unknown } {
  for (const [index, input] of chunk.inputs.entries()) {
    const why = refusal(input, chunk.transfer, chunk.nameOf(index), route);
    if (why) return { index, error: why };
  }
  return { index: 0, error };
}
