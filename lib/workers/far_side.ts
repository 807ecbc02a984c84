/**
 * The far side: the code that receives functions and runs them.
 *
 * It is sent as text to where it runs, and so are the modules that it uses; what
 * travels that way uses nothing but arguments, its own locals, globals, and what
 * is sent with it. tests/lib/far_side_test.ts sees to that.
 *
 * @module
 */

import * as describe from "../describe.ts";
import { Fifo } from "../fifo.ts";
import * as pipe from "../messages/pipe.ts";
import * as queue from "../messages/queue.ts";
import * as queueState from "../messages/queue_state.ts";
import * as queueStore from "../messages/queue_store.ts";
import * as travel from "../messages/travel.ts";
import { realm } from "../messages/travel.ts";
import * as value from "../messages/value.ts";
import { whyNotCloned } from "../messages/value.ts";
import * as wait from "../messages/wait.ts";
import {
  Bridge,
  type BridgeMessage,
  processChannel,
} from "../processes/bridge.ts";
import type { Stdio } from "../processes/frames.ts";
import * as sync from "../sync.ts";
import * as errors from "./errors.ts";
import { type PackedError, packError } from "./errors.ts";
import * as protocol from "./protocol.ts";
import {
  type Answer,
  briefReply,
  type Channel,
  fullRequest,
  type Greeting,
  type Reply,
  type Request,
  threadChannel,
} from "./protocol.ts";
import { type Task, textOf } from "./task.ts";

/** What the program of the far side consists of. */
function parts(): string {
  // Errors are only packed there, and not unpacked.
  const { unpackError: _, continueStack: __, ...packing } = errors;
  const queues = [queue, queueState, queueStore];
  const messages = [pipe, ...queues, travel, value, wait];
  const all = [
    ...[...messages, describe, packing, protocol, sync]
      .flatMap(Object.values<unknown>),
    ...[Fifo, Bridge, processChannel],
    ...[FarSide, threadLink, processLink],
  ];
  return all.map(textOf).join("\n");
}

/** The program of a thread. */
export function threadProgram(): string {
  return `${parts()}\nnew FarSide(threadLink());`;
}

/** The program of a process: a function that takes the process's streams. */
export function processProgram(): string {
  return `(stdio) => {\n${parts()}\nnew FarSide(processLink(stdio));\n}`;
}

/** Where threads get their program from; made once. */
let programUrl: string | undefined;

/** The address of the program of a thread. */
export function urlOfProgram(): string {
  // A worker from a blob needs no permission; one from a file needs to read.
  programUrl ??= urlOf(threadProgram());
  return programUrl;
}

/**
 * Gives threads another program than the text of this one, which a bundler
 * breaks that renames classes: a bundle whose entry calls `startThread()`.
 */
export function setThreadProgram(text: string): void {
  programUrl = urlOf(text);
}

function urlOf(text: string): string {
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}

/** Makes this thread a far side. */
export function startThread(): void {
  new FarSide(threadLink());
}

/** What the far side talks through. */
interface Link extends Channel {
  /** Given the messages, but for those that the link itself takes. */
  onMessage: (message: unknown) => void;
  /** Called when the program ends that neither `close` nor `exit` has ended. */
  onUnload: () => void;
  /** How many calls may still begin, where that stands in shared memory. */
  left: Int32Array | undefined;
  /** Waits until what tasks sent through connections is on its way. */
  flush(): Promise<void> | undefined;
  /** Ends the far side; a process gets this exit code. */
  close(exitCode: number): void;
  /** Ends the far side with an exit code. */
  exit(code: number): never;
  /** Imports the module that exports the tasks. */
  load(module: string): Promise<Record<string, unknown>>;
}

/** What a thread has of its own. */
interface ThreadScope extends Pick<Worker, "postMessage"> {
  close(): void;
  onmessage: (event: MessageEvent) => void;
  readonly Deno?: { exit(code: number): never };
}

/** The link of a thread: its own messages. */
function threadLink(): Link {
  const scope = globalThis as unknown as ThreadScope;
  // Kept, because a task may replace them.
  const main = { postMessage: scope.postMessage.bind(scope) };
  const close = scope.close.bind(scope);
  const exit = scope.Deno?.exit;

  const link: Link = {
    onMessage: () => {},
    ...threadChannel(main, 0),
    onUnload: () => {},
    left: undefined,
    flush: () => undefined,
    close: () => close(),
    exit: (code) => exit!(code),
    load: (module) => import(module),
  };
  // Node's way out does not lead through Deno.exit, but to this event; to look
  // for it at `process` would load Node's part of Deno, which takes 10 ms.
  addEventListener("unload", () => link.onUnload());
  scope.onmessage = ({ data }: MessageEvent<Greeting>) => {
    realm().agent = data.agent;
    realm().onArrival = (lifeline) =>
      main.postMessage({ kind: "holds", lifeline });
    link.left = data.left;
    scope.onmessage = ({ data }) => link.onMessage(data);
    main.postMessage({ kind: "ready" });
  };
  return link;
}

/** What a process is sent that is no request. */
export type ProcessMessage =
  | { readonly kind: "cancel" }
  | { readonly kind: "exit"; readonly code: number }
  | BridgeMessage;

/** The link of a process: frames over its standard streams. */
function processLink(stdio: Stdio): Link {
  const bridge = new Bridge(1, stdio.write);
  const link: Link = {
    onMessage: () => {},
    ...processChannel(bridge, stdio.write),
    onUnload: () => {},
    left: undefined,
    flush: () => bridge.isIdle ? undefined : bridge.flush(),
    close: stdio.exit,
    exit: stdio.exit,
    load: () => stdio.load!(),
  };
  stdio.onMessage = (data) => {
    const message = data as ProcessMessage;
    if (message.kind === "exit") stdio.exit(message.code);
    if (message.kind === "carry" || message.kind === "end") {
      bridge.receive(message);
    } else link.onMessage(data);
  };
  stdio.write({ kind: "ready" });
  return link;
}

// deno-lint-ignore no-explicit-any
type Run = (...args: any[]) => unknown;

/** Runs what the link brings. */
class FarSide {
  readonly #link: Link;
  readonly #tasks = new Map<number, Task & { run?: Run }>();
  readonly #now = performance.now.bind(performance);
  /** The request before, from which one in brief differs in its calls. */
  #last: Request | undefined;
  #isCancelled = false;
  /** When messages could be read last. */
  #turned = 0;
  /** When the clock was looked at, and how many calls begin until the next time. */
  #seen = 0;
  #unseen = 0;

  constructor(link: Link) {
    this.#link = link;
    link.onMessage = (message) => this.#receive(message);
    this.#reportEnds();
  }

  #receive(message: unknown): void {
    const request = fullRequest(message, this.#last);
    // It is said otherwise only that the batch is cancelled.
    this.#isCancelled = !request;
    if (!request) return;
    this.#last = { ...request, calls: [] };
    this.#turned = Date.now();
    this.#unseen = 0;
    const { define, calls, isPacked } = request;
    if (define) this.#tasks.set(define.id, define);
    const all = isPacked ? this.#link.unpack(calls) as unknown[] : calls;
    void this.#run(request, all);
  }

  /** Runs the calls of a request, and answers. */
  async #run(request: Request, calls: readonly unknown[]): Promise<void> {
    const { spread, shared, timed } = request;
    const task = this.#tasks.get(request.task)!;
    let answer = this.#noAnswer();
    for (const call of calls) {
      const mayBegin = this.#mayBegin(shared);
      if (typeof mayBegin === "boolean" ? !mayBegin : !await mayBegin) break;
      const from = timed ? this.#time() : 0;
      try {
        task.run ??= await this.#load(task);
        const { run } = task;
        const result = spread ? run(...call as unknown[]) : run(call);
        // Waiting for what is no promise would cost each call a turn.
        answer.results.push(this.#isThenable(result) ? await result : result);
        if (timed) answer.times.push([from, this.#time()]);
      } catch (error) {
        const place = answer.results.length;
        // Nobody asks for the other results.
        answer = this.#noAnswer();
        answer.errors.push([place, this.#explain(error, task)]);
        if (!shared) break;
      }
      if (!shared) continue;
      this.#answer(answer);
      answer = this.#noAnswer();
    }
    const flushed = this.#link.flush();
    if (flushed) await flushed;
    this.#answer(answer);
  }

  /** Whether one more call may begin; a promise where that takes a turn. */
  #mayBegin(shared: boolean): boolean | Promise<boolean> {
    const { left } = this.#link;
    // Only calls that may be taken back one by one are counted.
    if (left && shared) return Atomics.sub(left, 0, 1) > 0;
    if (left) return Atomics.load(left, 0) > 0;
    // To look at the clock takes as long as a tiny task.
    if (this.#unseen-- > 0) return !this.#isCancelled;
    const now = Date.now();
    this.#unseen = now === this.#seen ? 7 : 0;
    this.#seen = now;
    // A message that cancels can only be read when nothing runs.
    const isLate = Math.abs(now - this.#turned) > 10;
    return isLate ? this.#turn() : !this.#isCancelled;
  }

  async #turn(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#turned = Date.now();
    return !this.#isCancelled;
  }

  #noAnswer(): Answer {
    return { results: [], errors: [], times: [] };
  }

  #answer(answer: Answer): void {
    try {
      this.#post(answer);
    } catch (error) {
      this.#refuse(answer, error);
      this.#post(answer);
    }
  }

  #post(answer: Answer): void {
    const { value, isPacked, ports, sent } = this.#link.pack(answer.results);
    const results = value as unknown[];
    const reply: Reply = { kind: "done", ...answer, results, isPacked };
    this.#link.post(briefReply(reply), [...ports]);
    sent();
  }

  /** Puts errors in the place of results that cannot be sent. */
  #refuse({ results, errors }: Answer, error: unknown): void {
    const refused = results.map((result) => this.#whyNotSent(result));
    if (!refused.some((why) => why)) refused.fill(this.#pack(error));
    for (const [i, why] of refused.entries()) {
      if (!why) continue;
      results[i] = undefined;
      errors.push([i, why]);
    }
  }

  #whyNotSent(result: unknown): PackedError | undefined {
    try {
      const why = whyNotCloned(result, "result", [], this.#link.sending);
      return why === undefined ? why : this.#pack(new TypeError(why));
    } catch (thrown) {
      // A getter threw.
      return this.#pack(thrown);
    }
  }

  #pack(thrown: unknown): PackedError {
    return packError(thrown, this.#link.sending);
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
    const exports = await this.#link.load(module);
    const found = exports[name] ?? exports.default;
    if (typeof found === "function" && found.name === name) return found as Run;
    throw new TypeError(`${module} exports no function named ${name}`);
  }

  #compile(name: string, source: string): Run {
    // Indirect eval sees no variables of this function, as the task should not.
    const evaluate = (text: string) =>
      (0, eval)(`"use strict";(${text})\n//# sourceURL=worker:${name}`);
    try {
      return evaluate(source);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // A method, `{ double(x) { … } }`, has the text of neither a function
      // nor an arrow; inside an object literal it is a method again.
      return Object.values<Run>(evaluate(`{${source}}`))[0]!;
    }
  }

  /** Says why a variable is missing that was there when the task was written. */
  #explain(error: unknown, { name, module }: Task): PackedError {
    const missing = error instanceof ReferenceError &&
      /^(.+) is not defined$/.exec(error.message)?.[1];
    if (!missing || module !== undefined) return this.#pack(error);
    const message = `${name} uses "${missing}", which is neither an argument ` +
      `nor a variable of its own. A function travels to a worker as text; ` +
      `the variables around it stay behind, because a worker shares no ` +
      `memory with the program that started it. Pass "${missing}" as an ` +
      `argument, or export ${name} and give module: import.meta.url`;
    const explained = new ReferenceError(message, { cause: error });
    explained.stack = error.stack!.replace(error.message, message);
    return this.#pack(explained);
  }

  /**
   * Sees to it that each end is reported before it comes: the parent hears
   * nothing of a worker that ends by itself, and Deno prints what nothing in the
   * worker caught.
   */
  #reportEnds(): void {
    const link = this.#link;
    const exits = (code: number) =>
      this.#report({ how: `exited with code ${code}`, exitCode: code });
    const dies = (how: string, error: unknown) => {
      this.#report({ how, error: this.#pack(error) });
      link.close(1);
    };
    globalThis.close = () => {
      this.#report({ how: "closed itself" });
      link.close(0);
    };
    const scope = globalThis as { Deno?: typeof Deno };
    if (scope.Deno) {
      scope.Deno.exit = (
        code = Deno.exitCode,
      ) => (exits(code), link.exit(code));
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

  #report(end: { how: string; exitCode?: number; error?: PackedError }): void {
    this.#link.post({ kind: "died", ...end }, []);
  }
}
