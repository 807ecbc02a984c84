/**
 * What becomes of a pool's calls: each is cut into jobs, which wait in a line
 * for slots, in which workers run them.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import { after } from "../messages/wait.ts";
import { ProcessHost, type ProcessOptions } from "../processes/host.ts";
import { continueStack } from "./errors.ts";
import { type Host, type Outcome, SendError } from "./host.ts";
import type { CallOptions, MapOptions, PoolOptions } from "./pool.ts";
import { isScalar } from "./protocol.ts";
import type { Task } from "./task.ts";
import { Thread } from "./thread.ts";

/** One call of a pool's method, whose jobs share its fate. */
export class Call {
  /** The stack of whoever made the call. */
  readonly origin: { stack?: string } = {};
  /** Its jobs that have no outcome yet. */
  readonly jobs = new Set<Job>();
  /** How many tasks there are, once that is known. */
  total: number | undefined;
  /** Told when all of it fails. */
  onFail: () => void = () => {};
  /** Why all of it failed, if it did. */
  failure: { error: unknown } | undefined;
  #state: "open" | "failing" | "over" = "open";
  /** The first task that failed; what comes after it does not begin. */
  #failedAt = Infinity;
  #done = 0;

  constructor(
    readonly method: string,
    readonly task: Task,
    readonly spread: boolean,
    readonly options: MapOptions & CallOptions,
  ) {
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** Whether it takes no more jobs. */
  get stopped(): boolean {
    return this.#state !== "open";
  }

  /** Whether a job of it is still to be begun. */
  wants(job: Job): boolean {
    return this.#state !== "over" && job.first < this.#failedAt;
  }

  /** Rejects all that has no outcome yet; nothing more begins. */
  fail(error: unknown): void {
    if (this.#state === "over") return;
    this.end();
    for (const job of this.jobs) job.reject(error);
    this.failure = { error };
    this.onFail();
  }

  /** Lets nothing more begin, and forgets what runs. */
  end(): void {
    this.#state = "over";
    this.options.signal?.removeEventListener("abort", this.#abort);
    for (const job of this.jobs) job.slot?.cancel(job);
  }

  /** Notes the outcome of a job. */
  settle(job: Job, failed: boolean): void {
    this.jobs.delete(job);
    if (failed) {
      if (!this.stopped) this.#state = "failing";
      this.#failedAt = Math.min(this.#failedAt, job.first);
    } else if (this.#state !== "over") {
      this.#done += job.inputs.length;
      const { onProgress } = this.options;
      if (onProgress) tell(onProgress, { done: this.#done, total: this.total });
    }
  }

  /** What an input is called in messages. */
  nameOfInput(index: number): string {
    if (this.method === "apply") return "args";
    return this.spread ? `argumentLists[${index}]` : `items[${index}]`;
  }

  /** What a task is called in messages. */
  nameOfTask(index: number): string {
    const call = `${this.method}(${this.task.name})`;
    return this.method === "apply" ? call : `task ${index} of ${call}`;
  }

  readonly #abort = () => {
    const reason = this.options.signal?.reason;
    // A task cannot be interrupted; ending its worker frees the slot.
    const slots = [...this.jobs].map(({ slot }) => slot);
    this.fail(reason);
    for (const slot of slots) slot?.empty(reason);
  };
}

/** Some tasks of a call, which one worker runs one after another. */
export class Job {
  readonly results: Promise<unknown[]>;
  /** Where it runs, or is about to. */
  slot: Slot | undefined;
  readonly #settle = Promise.withResolvers<unknown[]>();

  constructor(
    readonly call: Call,
    readonly inputs: readonly unknown[],
    /** The place of its first input among the call's. */
    readonly first: number,
    readonly transfer: Transferable[],
  ) {
    this.results = this.#settle.promise;
    call.jobs.add(this);
  }

  /**
   * Whether it may wait in a worker behind others: it can be taken back from
   * there as if nothing had been sent, and nobody ends it alone.
   */
  get isLight(): boolean {
    const { method, options } = this.call;
    return method === "apply" && !options.signal &&
      options.timeout === undefined && this.transfer.length === 0 &&
      (this.inputs[0] as unknown[]).every(isScalar);
  }

  resolve(results: unknown[]): void {
    this.call.settle(this, false);
    this.#settle.resolve(results);
  }

  reject(error: unknown): void {
    this.call.settle(this, true);
    this.#settle.reject(error);
  }

  /** Rejects it with what one of its tasks failed of. */
  fail(error: unknown, index = 0): void {
    if (!this.call.jobs.has(this)) return;
    const where = `${this.call.nameOfTask(this.first + index)} on ${
      this.slot!.name
    }`;
    continueStack(error, where, this.call.origin);
    this.reject(error);
  }
}

/** A place for one worker: empty, or with one that starts, is idle, or runs jobs. */
export class Slot {
  readonly name: string;
  state: "empty" | "starting" | "idle" | "running" = "empty";
  /** What runs, or waits for the start; the jobs of a batch are of one task. */
  jobs: Job[] = [];
  /** How many tasks the worker has run. */
  tasks = 0;
  /** Resolves once nothing is left of any worker that was here. */
  ended: Promise<unknown> = Promise.resolve();
  /** When the jobs were sent. */
  since = 0;
  /** Whether the jobs are nothing to each other but share a message. */
  isShared = false;
  readonly #options: PoolOptions;
  /** How many jobs were sent. */
  #sent = 0;
  #host: Host | undefined;

  constructor(readonly number: number, options: PoolOptions) {
    this.name = `Worker-${number}`;
    this.#options = options;
  }

  /** Starts a worker, and has it call the initializer. */
  async start(initializer: Task | undefined, job: Job): Promise<void> {
    this.state = "starting";
    const { isolation, module, ...options } = this.#options;
    const all = {
      ...options as ProcessOptions,
      module,
      name: this.name,
      caller: "Pool",
      onDeath: (error: Error) => {
        if (this.#host !== host) return;
        this.#host = undefined;
        // Of a worker without a task, no call can report the end.
        if (this.state !== "idle") return;
        this.state = "empty";
        console.error(`Pool: while idle, ${error.message}`);
      },
    };
    const host: Host = isolation === "process"
      ? new ProcessHost(all)
      : new Thread(all);
    this.#host = host;
    // Without their results, which would pile up.
    this.ended = Promise.all([this.ended, host.ended]).then(() => {});
    this.tasks = 0;
    if (!initializer) return;
    const what = `the initializer, for which ${job.call.nameOfTask(job.first)}`;
    const { errors } = await this.#limit(
      job,
      `${what} waits,`,
      1,
      host.run({
        task: initializer,
        calls: [[]],
        spread: true,
        timed: false,
        transfer: [],
        nameOf: () => "initializer",
      }),
    );
    if (errors.size === 0) return;
    // Without its initializer the worker is of no use to any task.
    this.empty(undefined);
    throw errors.get(0);
  }

  /**
   * Runs the jobs. If there are several, the outcome of each is given to `settle`
   * as soon as it is there.
   */
  run(settle: (outcome: Outcome) => void): Promise<Outcome> {
    this.state = "running";
    this.since = performance.now();
    this.isShared = this.jobs.length > 1;
    this.#sent = this.jobs.length;
    const job = this.jobs[0]!;
    const { call, first, inputs } = job;
    const running = this.#host!.run({
      task: call.task,
      calls: this.isShared ? this.jobs.map(({ inputs }) => inputs[0]) : inputs,
      spread: call.spread,
      timed: this.#options.onTask !== undefined,
      transfer: job.transfer,
      nameOf: (i) => call.nameOfInput(first + i),
      ...(this.isShared && { onEach: settle }),
    });
    return this.#limit(job, call.nameOfTask(first), inputs.length, running);
  }

  /** How many more jobs can be taken back from the worker, once it has them. */
  get room(): number {
    if (this.state !== "idle" || !this.#host?.canTakeBack) return 0;
    return (this.#options.maxTasksPerWorker ?? Infinity) - this.tasks;
  }

  /** Takes back the jobs that have not begun, of those that share a message. */
  takeBack(): readonly Job[] {
    const begun = this.#host?.takeBack();
    if (begun === undefined) return [];
    const settled = this.#sent - this.jobs.length;
    return this.jobs.splice(begun - settled);
  }

  /** Lets nothing more of a job begin, if it runs here. */
  cancel(job: Job): void {
    const isAlone = !this.isShared && this.jobs[0] === job;
    if (this.state === "running" && isAlone) this.#host?.takeBack();
  }

  /** Notes that nothing runs here any more. */
  release(): void {
    for (const job of this.jobs) job.slot = undefined;
    this.jobs = [];
    this.isShared = false;
    this.state = this.#host ? "idle" : "empty";
    const { maxTasksPerWorker = Infinity } = this.#options;
    if (this.tasks >= maxTasksPerWorker) this.empty(undefined);
  }

  /** Ends the worker; what it runs rejects with `reason`. */
  empty(reason: unknown): void {
    const host = this.#host;
    this.#host = undefined;
    if (this.state === "idle") this.state = "empty";
    host?.terminate(reason);
  }

  /** Ends the worker if something takes it longer than a call allows. */
  async #limit<T>(
    { call }: Job,
    what: string,
    tasks: number,
    running: Promise<T>,
  ): Promise<T> {
    const { timeout } = call.options;
    if (timeout === undefined) return await running;
    const time = timeout * tasks;
    // The time it takes a worker to start is not the task's.
    const timer = this.#host?.ready.then(() =>
      after(time, () => {
        const message = `${what} took over ${time} ms`;
        this.empty(new DOMException(message, "TimeoutError"));
      })
    );
    try {
      return await running;
    } finally {
      void timer?.then((stop) => stop());
    }
  }
}

/** Hands out jobs to the workers of a pool. */
export class Dispatcher {
  readonly #options: PoolOptions;
  readonly #initializer: Task | undefined;
  readonly #slots: readonly Slot[];
  readonly #waiting = new Fifo<Job>();
  /** How long a call of a task took lately, in milliseconds, by the task's id. */
  readonly #paces = new Map<number, number>();

  constructor(
    workers: number,
    initializer: Task | undefined,
    options: PoolOptions,
  ) {
    this.#options = options;
    this.#initializer = initializer;
    const slot = (_: unknown, i: number) => new Slot(i + 1, options);
    this.#slots = Array.from({ length: workers }, slot);
  }

  /** Has a worker run some of a call's tasks, once one is free. */
  submit(
    call: Call,
    inputs: readonly unknown[],
    first: number,
    transfer: Transferable[] = [],
  ): Promise<unknown[]> {
    const job = new Job(call, inputs, first, transfer);
    this.#waiting.push(job);
    this.#assign();
    return job.results;
  }

  /** Ends all workers; resolves once nothing is left of them. */
  async end(reason: unknown): Promise<void> {
    for (const slot of this.#slots) slot.empty(reason);
    await Promise.all(this.#slots.map((slot) => slot.ended));
  }

  /** Gives waiting jobs to free workers, to started ones first. */
  #assign(): void {
    for (;;) {
      const slot = this.#slots.find(({ state }) => state === "idle") ??
        this.#slots.find(({ state }) => state === "empty");
      const jobs = slot && this.#take(slot);
      if (!jobs || jobs.length === 0) return;
      for (const job of jobs) job.slot = slot;
      slot.jobs = jobs;
      void this.#run(slot, jobs[0]!);
    }
  }

  /** Takes the jobs for a slot: the first one, and others to share its message. */
  #take(slot: Slot): Job[] {
    this.#takeBack();
    const first = this.#next();
    if (!first) return [];
    const jobs = [first];
    const most = first.isLight ? this.#share(first, slot) : 1;
    while (jobs.length < most) {
      const next = this.#waiting.peek();
      if (next?.call.task.id !== first.call.task.id || !next.isLight) break;
      jobs.push(next);
      this.#waiting.shift();
    }
    return jobs;
  }

  /** The first waiting job that is still wanted. */
  #next(): Job | undefined {
    for (;;) {
      const job = this.#waiting.shift();
      if (!job || job.call.wants(job)) return job;
    }
  }

  /**
   * How many jobs may share the message of one: as many as take a millisecond,
   * and at most a quarter of an even share, as map's chunks. Of a task that has
   * not been run yet, nobody knows how long it takes.
   */
  #share({ call }: Job, slot: Slot): number {
    const even = Math.ceil(this.#waiting.length / this.#slots.length / 4);
    if (even < 2) return 1;
    const pace = this.#paces.get(call.task.id) ?? Infinity;
    return Math.min(even, 1 / pace, slot.room);
  }

  /**
   * Takes back jobs that wait in a worker, where there is one that is free: from
   * behind a job that takes long, and if nothing else waits, from anywhere.
   */
  #takeBack(): void {
    const nothingWaits = this.#waiting.length === 0;
    for (const slot of this.#slots) {
      if (!slot.isShared || slot.jobs.length < 2) continue;
      if (nothingWaits || performance.now() - slot.since > 10) {
        this.#waiting.unshift(slot.takeBack());
      }
    }
  }

  /** Has a slot run its jobs, in a new worker if there is none. */
  async #run(slot: Slot, job: Job): Promise<void> {
    try {
      if (slot.state === "empty") await slot.start(this.#initializer, job);
      // While the worker started, the call may have ended.
      if (job.call.wants(job)) {
        const count = slot.jobs.length * job.inputs.length;
        const outcome = await slot.run((each) => this.#settle(slot, each));
        if (!slot.isShared) this.#settle(slot, outcome);
        const time = (performance.now() - slot.since) / count;
        this.#paces.set(job.call.task.id, time);
      }
    } catch (error) {
      const { index, why } = error instanceof SendError
        ? error
        : { index: 0, why: error };
      // It failed of the first that has no outcome; others have not begun.
      const [failed, ...rest] = slot.jobs;
      failed?.fail(why, index);
      this.#waiting.unshift(rest);
    }
    slot.release();
    this.#assign();
  }

  /** Gives the job that is first in a slot what came of it. */
  #settle(slot: Slot, { results, errors, times }: Outcome): void {
    const job = slot.jobs.shift()!;
    slot.tasks += results.length;
    if (errors.size > 0) {
      const index = Math.min(...errors.keys());
      return job.fail(errors.get(index), index);
    }
    const { onTask } = this.#options;
    if (onTask) {
      for (const [i, [from, to]] of times.entries()) {
        tell(onTask, { worker: slot.number, task: job.first + i, from, to });
      }
    }
    job.resolve(results);
  }
}

/** Calls a listener; what it throws is no fault of the task. */
function tell<News>(listener: (news: News) => void, news: News): void {
  try {
    listener(news);
  } catch (error) {
    reportError(error);
  }
}
