/**
 * The far side: what receives functions and runs them.
 *
 * It is sent as text to where it runs, with all that it uses; so it uses nothing
 * but arguments, its own locals, globals, and what is sent with it.
 *
 * @module
 */

import { headOf } from "../messages/errors.ts";
import { beginTask, endTask, joinRealm, realm } from "../messages/life.ts";
import {
  pack,
  packThrown,
  type Parcel,
  refusal,
  unpack,
} from "../messages/travel.ts";
import {
  type Answer,
  type Channel,
  type ChunkRequest,
  type Greeting,
  type Request,
  threadChannel,
} from "./protocol.ts";
import type { Task } from "./task.ts";

/** What the far side talks through, and how it ends. */
export interface Link extends Channel {
  /** Given the messages. */
  onMessage: (request: Request) => void;
  /** Waits until what tasks sent by other ways is on its way, if it is not. */
  flush?(): Promise<void> | undefined;
  /** Called when the program ends that neither `close` nor `exit` has ended. */
  onUnload: () => void;
  /** Ends the far side once all has been sent; a process gets this exit code. */
  close(exitCode: number): void;
  /** Ends the far side with an exit code. */
  exit(code: number): never;
  /** Imports the module that exports the tasks. */
  load(module: string): Promise<Record<string, unknown>>;
}

// deno-lint-ignore no-explicit-any
type Run = (...args: any[]) => unknown;

/** Runs what the link brings. */
export class FarSide {
  readonly #link: Link;
  readonly #tasks = new Map<number, Task & { run?: Run }>();
  readonly #now = performance.now.bind(performance);
  readonly #later = setTimeout;
  /** What the task that runs was given. */
  #given: ReturnType<typeof beginTask> | undefined;
  #isCancelled = false;
  /** When messages could be read last. */
  #turned = 0;
  /** When the clock was looked at, and how many tasks begin until the next time. */
  #seen = 0;
  #unseen = 0;

  constructor(link: Link) {
    this.#link = link;
    link.onMessage = (request) => {
      this.#isCancelled = request.kind === "cancel";
      if (request.kind === "run") void this.#run(request);
    };
    this.#reportEnds();
    // A variable that many programs have: a task that uses theirs is to be told.
    delete (globalThis as { name?: string }).name;
  }

  /** Runs the tasks of a chunk, and answers. */
  async #run(request: ChunkRequest): Promise<void> {
    const { define, wires, timed, spread, isSetup } = request;
    this.#turned = Date.now();
    if (define) this.#tasks.set(define.id, define);
    const task = this.#tasks.get(request.task)!;
    const results: unknown[] = [];
    const times: [from: number, to: number][] = [];
    try {
      // What a set-up is given is for all tasks that come after it.
      if (!isSetup) this.#given = beginTask();
      const { route } = this.#link;
      // At once: what is sent through a pipe among the inputs may come next.
      const inputs = unpack(request.inputs, wires, route) as unknown[];
      const run = task.run ??= await this.#load(task);
      for (const input of inputs) {
        if (this.#isLate()) await this.#turn();
        // All tasks that come after a set-up need it.
        if (this.#isCancelled && !isSetup) break;
        const from = timed ? this.#time() : 0;
        const result = spread ? run(...input as unknown[]) : run(input);
        // Waiting for what is no promise would cost each task a turn.
        results.push(this.#isThenable(result) ? await result : result);
        if (timed) times.push([from, this.#time()]);
      }
      const flushed = this.#link.flush?.();
      if (flushed) await flushed;
      this.#answer(results, times);
    } catch (error) {
      await this.#link.flush?.();
      this.#fail(results.length, this.#explain(error, task), times);
    }
  }

  /** Whether it is time to read messages: one may cancel the chunk. */
  #isLate(): boolean {
    // To look at the clock takes as long as a tiny task.
    if (this.#unseen-- > 0) return false;
    const now = Date.now();
    this.#unseen = now === this.#seen ? 7 : 0;
    this.#seen = now;
    return Math.abs(now - this.#turned) > 10;
  }

  /** Lets messages be read. */
  async #turn(): Promise<void> {
    await new Promise((resolve) => this.#later.call(globalThis, resolve));
    this.#turned = Date.now();
  }

  #answer(results: unknown[], times: Answer["times"]): void {
    const { route } = this.#link;
    try {
      this.#post(pack(results, [], "results", route), undefined, times);
    } catch (error) {
      const whys = results.map((result) =>
        refusal(result, [], "result", route)
      );
      const place = whys.findIndex((why) => why !== undefined);
      if (place < 0) this.#fail(0, error);
      else this.#fail(place, whys[place]);
    }
  }

  #fail(place: number, thrown: unknown, times: Answer["times"] = []): void {
    this.#post(packThrown(thrown, this.#link.route), place, times);
  }

  #post(
    parcel: Parcel,
    failed: number | undefined,
    times: Answer["times"],
  ): void {
    const { value, wires, moved } = parcel;
    // Before main can know: it may end this worker then, whose task is no reason
    // any more to break what it was given.
    parcel.sent(this.#link.receiver);
    if (this.#given) endTask(this.#given, failed !== undefined);
    this.#given = undefined;
    try {
      this.#link.post({ kind: "done", value, wires, failed, times }, moved);
    } catch (error) {
      parcel.lost();
      throw error;
    }
  }

  #time(): number {
    return performance.timeOrigin + this.#now();
  }

  #isThenable(value: unknown): value is PromiseLike<unknown> {
    const { then } = (value ?? {}) as { then?: unknown };
    return typeof then === "function";
  }

  /** Makes a function of a task. */
  async #load({ name, module, source }: Task): Promise<Run> {
    if (module === undefined) return this.#compile(name, source);
    const exports = await this.#import(module);
    const found = exports[name] ?? exports.default;
    if (typeof found === "function" && found.name === name) return found as Run;
    throw new TypeError(`${module} exports no function named ${name}`);
  }

  /** Imports a module, which is no part of the task that it is imported for. */
  async #import(module: string): Promise<Record<string, unknown>> {
    const here = realm();
    const { task } = here;
    Object.assign(here, { module, task: undefined });
    try {
      return await this.#link.load(module);
    } finally {
      here.task = task;
    }
  }

  #compile(name: string, source: string): Run {
    // A name may be any text, and this one stands in a comment of one line.
    const label = name.replace(/[^\p{ID_Continue}$ ]/gu, "_");
    // Indirect eval sees no variables of this function, as the task should not.
    const evaluate = (text: string) =>
      (0, eval)(`"use strict";(${text}\n)\n//# sourceURL=worker:${label}`);
    try {
      return evaluate(source);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#compileMethod(name, source, evaluate, error);
    }
  }

  /**
   * A method, `{ double(x) { … } }`, has the text of neither a function nor an
   * arrow; inside an object literal it is a method again.
   */
  #compileMethod(
    name: string,
    source: string,
    evaluate: (text: string) => unknown,
    error: SyntaxError,
  ): Run {
    try {
      return Object.values(evaluate(`{${source}}`) as Record<string, Run>)[0]!;
    } catch {
      const bound = /\bimport\s*\.\s*meta\b|\bsuper\b|\.#[\w$]+/.exec(source)
        ?.[0];
      const why = bound
        ? `${bound} has no meaning outside the module or class that ${name} ` +
          `stands in: pass its value as an argument, or give module: ` +
          `import.meta.url`
        : error.message;
      throw new SyntaxError(`${name} cannot be sent as text: ${why}`);
    }
  }

  /** Says why a variable is missing that was there when the task was written. */
  #explain(error: unknown, { name, module }: Task): unknown {
    const { base, message: reason, stack } = headOf(error as Error);
    const missing = base === "ReferenceError" &&
      /^(.+) is not defined$/.exec(reason)?.[1];
    if (!missing || module !== undefined) return error;
    const message = `${name} uses "${missing}", which is neither an argument ` +
      `nor a variable of its own. A function travels to a worker as text; ` +
      `the variables around it stay behind, because a worker shares no ` +
      `memory with the program that started it. Pass "${missing}" as an ` +
      `argument if it is data; if it is a function, define it inside ` +
      `${name}, or export ${name} and give module: import.meta.url`;
    const explained = new ReferenceError(message, { cause: error });
    explained.stack = stack.replace(reason, message);
    return explained;
  }

  /**
   * Sees to it that each end is reported before it comes: the parent hears
   * nothing of a worker that ends by itself, and Deno prints what nothing in the
   * worker caught.
   */
  #reportEnds(): void {
    const link = this.#link;
    const exits = (exitCode: number) =>
      link.post({
        kind: "died",
        how: `exited with code ${exitCode}`,
        exitCode,
      });
    const dies = (how: string, error: unknown) => {
      const { value, wires, moved } = packThrown(error, link.route);
      link.post({ kind: "died", how, cause: { value, wires } }, moved);
      link.close(1);
    };
    globalThis.close = () => {
      link.post({ kind: "died", how: "closed itself" });
      link.close(0);
    };
    const scope = globalThis as { Deno?: typeof Deno };
    if (scope.Deno) {
      const { Deno } = scope;
      Deno.exit = (code = Deno.exitCode) => (exits(code), link.exit(code));
      link.onUnload = () => exits(Deno.exitCode);
    }
    addEventListener("error", (event) => {
      event.preventDefault();
      dies("died of an error that nothing caught", event.error);
    });
    addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      dies("died of a rejected promise that nobody handled", event.reason);
    });
  }
}

/** Makes this thread a far side. */
export function startThread(): void {
  const scope = globalThis as unknown as ThreadScope;
  // Kept, because a task may replace them.
  const close = scope.close.bind(scope);
  const exit = scope.Deno?.exit;
  scope.onmessage = ({ data: { port, thread, life } }) => {
    scope.onmessage = null;
    joinRealm(thread, life);
    const link: Link = {
      ...threadChannel(port, realm().life.parentOf(thread)),
      onMessage: () => {},
      onUnload: () => {},
      close: () => close(),
      exit: (code) => exit!(code),
      load: (module) => import(module),
    };
    // Node's way out does not lead through Deno.exit, but to this event; to look
    // for it at `process` would load Node's part of Deno, which takes 10 ms.
    addEventListener("unload", () => link.onUnload());
    new FarSide(link);
    port.onmessage = ({ data }) => link.onMessage(data);
    link.post({ kind: "ready" });
  };
}

/** What a thread has of its own. */
interface ThreadScope {
  close(): void;
  onmessage: ((event: MessageEvent<Greeting>) => void) | null;
  readonly Deno?: { exit(code: number): never };
}
