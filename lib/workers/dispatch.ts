/**
 * What becomes of a pool's calls: each is cut into jobs, which wait in a line
 * for slots, in which workers run them.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import { isImmutable } from "../messages/value.ts";
import { after } from "../messages/wait.ts";
import { ProcessHost, type ProcessOptions } from "../processes/host.ts";
import { continueStack } from "./errors.ts";
import type { Host, Outcome } from "./host.ts";
import type { CallOptions, MapOptions, PoolOptions } from "./pool.ts";
import type { Task } from "./task.ts";
import { Thread } from "./thread.ts";

/** One call of a pool's method, whose jobs share its fate. */
export class Call {
  /** Its jobs that have no outcome yet. */
  readonly jobs = new Set<Job>();
  /** How many tasks there are, once that is known. */
  total: number | undefined;
  /** Told when all of it fails. */
  onFail: () => void = () => {};
  /** Why all of it failed, if it did. */
  failure: { error: unknown } | undefined;
  #isOver = false;
  /** The first task that failed; what comes after it does not begin. */
  #failedAt = Infinity;
  #done = 0;

  constructor(
    readonly method: string,
    readonly task: Task,
    readonly spread: boolean,
    readonly options: MapOptions & CallOptions,
    /** The stack of whoever made the call. */
    readonly origin: { stack?: string },
  ) {
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** Whether it takes no more jobs. */
  get stopped(): boolean {
    return this.#isOver || this.#failedAt < Infinity;
  }

  /** Whether a job of it is still to be begun. */
  wants(job: Job): boolean {
    return !this.#isOver && job.first < this.#failedAt;
  }

  /** Rejects all that has no outcome yet; nothing more begins. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.end();
    for (const job of this.jobs) job.reject(error);
    this.failure = { error };
    this.onFail();
  }

  /** Lets nothing more begin, and forgets what runs. */
  end(): void {
    this.#isOver = true;
    this.options.signal?.removeEventListener("abort", this.#abort);
    for (const job of this.jobs) job.slot?.cancel(job);
  }

  /** Notes the outcome of a job. */
  settle(job: Job, failed: boolean): void {
    this.jobs.delete(job);
    if (failed) this.#failedAt = Math.min(this.#failedAt, job.first);
    if (failed || this.#isOver) return;
    this.#done += job.inputs.length;
    const { onProgress } = this.options;
    if (onProgress) tell(onProgress, { done: this.#done, total: this.total });
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
    readonly transfer: readonly Transferable[],
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
      (this.inputs[0] as unknown[]).every(isImmutable);
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
  /** What runs, or waits for the start; several share a message. */
  jobs: Job[] = [];
  /** When the jobs were sent. */
  since = 0;
  /** Resolves once nothing is left of any worker that was here. */
  ended: Promise<unknown> = Promise.resolve();
  readonly #options: PoolOptions;
  #host: Host | undefined;
  /** How many tasks the worker has run. */
  #tasks = 0;

  constructor(readonly number: number, options: PoolOptions) {
    this.name = `Worker-${number}`;
    this.#options = options;
  }

  /** Starts a worker, and has it call the initializer. */
  async start(initializer: Task | undefined, job: Job): Promise<void> {
    this.state = "starting";
    this.#tasks = 0;
    const host = this.#host = this.#open();
    // Without their results, which would pile up.
    this.ended = Promise.all([this.ended, host.ended]).then(() => {});
    if (!initializer) return;
    const task = job.call.nameOfTask(job.first);
    const what = `the initializer, for which ${task} waits,`;
    try {
      await this.#limit(job.call, what, 1, host.call(initializer, []));
    } catch (error) {
      // Without its initializer the worker is of no use to any task.
      this.empty(undefined);
      throw error;
    }
  }

  #open(): Host {
    const { isolation, module, ...rest } = this.#options;
    const options = {
      ...rest as ProcessOptions,
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
      ? new ProcessHost(options)
      : new Thread(options);
    return host;
  }

  /**
   * Runs the jobs. If there are several, each outcome goes to `settle` as soon as
   * it is there; the last outcome is then empty.
   */
  run(settle: (outcome: Outcome) => void): Promise<Outcome> {
    this.state = "running";
    this.since = performance.now();
    const [{ call, first, inputs, transfer }] = this.jobs as [Job];
    const isShared = this.jobs.length > 1;
    const running = this.#host!.run({
      task: call.task,
      calls: isShared ? this.jobs.map(({ inputs }) => inputs[0]) : inputs,
      spread: call.spread,
      timed: this.#options.onTask !== undefined,
      transfer,
      nameOf: (i) => call.nameOfInput(first + i),
      ...(isShared && { onEach: settle }),
    });
    return this.#limit(call, call.nameOfTask(first), inputs.length, running);
  }

  /** Takes out the job that is first, which has this outcome. */
  shift({ results }: Outcome): Job | undefined {
    this.#tasks += results.length;
    return this.jobs.shift();
  }

  /** Whether several jobs can be sent at once, as they can be taken back. */
  get canShare(): boolean {
    return this.state === "idle" && this.#host!.canTakeBack &&
      this.#options.maxTasksPerWorker === undefined;
  }

  /** Takes back the jobs that have not begun. */
  takeBack(): Job[] {
    const left = this.#host?.takeBack() ?? 0;
    return this.jobs.splice(this.jobs.length - left);
  }

  /** Lets nothing more of a job begin, if it runs here alone. */
  cancel(job: Job): void {
    const isAlone = this.jobs.length === 1 && this.jobs[0] === job;
    if (this.state === "running" && isAlone) this.#host?.takeBack();
  }

  /** Notes that nothing runs here any more. */
  release(): void {
    this.jobs = [];
    this.state = this.#host ? "idle" : "empty";
    const { maxTasksPerWorker = Infinity } = this.#options;
    if (this.#tasks >= maxTasksPerWorker) this.empty(undefined);
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
    { options: { timeout } }: Call,
    what: string,
    tasks: number,
    running: Promise<T>,
  ): Promise<T> {
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
    transfer: readonly Transferable[] = [],
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
      if (!slot) return;
      this.#takeBack();
      const first = this.#next();
      if (!first) return;
      slot.jobs = [first, ...this.#more(first, slot)];
      for (const job of slot.jobs) job.slot = slot;
      void this.#run(slot, first);
    }
  }

  /** The first waiting job that is still wanted. */
  #next(): Job | undefined {
    for (;;) {
      const job = this.#waiting.shift();
      if (!job || job.call.wants(job)) return job;
    }
  }

  /**
   * The jobs that share the message of one: as many as take a millisecond, and
   * at most a quarter of an even share, as map's chunks. Of a task that has not
   * been run yet, nobody knows how long it takes.
   */
  #more({ call: { task }, isLight }: Job, slot: Slot): Job[] {
    const more: Job[] = [];
    const pace = this.#paces.get(task.id) ?? Infinity;
    const even = this.#waiting.length / this.#slots.length / 4;
    const most = isLight && slot.canShare ? Math.min(even, 1 / pace) : 0;
    while (more.length < most) {
      const next = this.#waiting.peek();
      if (next?.call.task.id !== task.id || !next.isLight) break;
      more.push(this.#waiting.shift()!);
    }
    return more;
  }

  /**
   * Takes back jobs that wait in a worker, now that one is free: from behind a
   * job that takes long, and if nothing else waits, from anywhere.
   */
  #takeBack(): void {
    const nothingWaits = this.#waiting.length === 0;
    for (const slot of this.#slots) {
      const isLate = () => performance.now() - slot.since > 10;
      if (slot.jobs.length > 1 && (nothingWaits || isLate())) {
        this.#waiting.unshift(slot.takeBack());
      }
    }
  }

  /** Has a slot run its jobs, in a new worker if there is none. */
  async #run(slot: Slot, first: Job): Promise<void> {
    const count = slot.jobs.length * first.inputs.length;
    try {
      if (slot.state === "empty") await slot.start(this.#initializer, first);
      // While the worker started, the call may have ended.
      if (first.call.wants(first)) {
        const outcome = await slot.run((each) => this.#settle(slot, each));
        this.#settle(slot, outcome);
        const time = (performance.now() - slot.since) / count;
        this.#paces.set(first.call.task.id, time);
      }
    } catch (error) {
      // The first that has no outcome has failed; others have not begun.
      slot.jobs.shift()?.fail(error);
      this.#waiting.unshift(slot.jobs);
    }
    slot.release();
    this.#assign();
  }

  /** Gives the job that is first in a slot what came of it. */
  #settle(slot: Slot, outcome: Outcome): void {
    const job = slot.shift(outcome);
    if (!job) return;
    const { results, errors, times } = outcome;
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
