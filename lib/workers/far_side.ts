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
import * as queueLink from "../messages/queue_link.ts";
import * as queueState from "../messages/queue_state.ts";
import * as queueStore from "../messages/queue_store.ts";
import * as travel from "../messages/travel.ts";
import {
  copyLarge,
  noteSent,
  packValue,
  portableClasses,
  realm,
  unpackValue,
} from "../messages/travel.ts";
import * as value from "../messages/value.ts";
import { type Sending, toProcess, whyNotCloned } from "../messages/value.ts";
import * as wait from "../messages/wait.ts";
import { Bridge, type BridgeMessage } from "../processes/bridge.ts";
import type { Stdio } from "../processes/frames.ts";
import * as sync from "../sync.ts";
import * as errors from "./errors.ts";
import { type PackedError, packError } from "./errors.ts";
import * as protocol from "./protocol.ts";
import {
  type Answer,
  briefReply,
  fullRequest,
  type Greeting,
  numberAfter,
  type Reply,
  type Request,
} from "./protocol.ts";
import { type Task, textOf } from "./task.ts";

/** What the program of the far side consists of. */
function parts(): string {
  // Errors are only packed there, and not unpacked.
  const { unpackError: _, continueStack: __, ...packing } = errors;
  const queues = [queue, queueLink, queueState, queueStore];
  const messages = [pipe, ...queues, travel, value, wait];
  const all = [
    ...[...messages, describe, packing, protocol, sync]
      .flatMap(Object.values<unknown>),
    ...[Fifo, Bridge],
    ...[FarSide, CancelByMessage, threadLink, threadListener, processLink],
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
interface Link {
  onRequest: (request: Request) => void;
  /** Called when the program ends that neither `close` nor `exit` has ended. */
  onUnload: () => void;
  /**
   * Sends a reply, packed.
   *
   * @throws If a part of it cannot be sent.
   */
  post(reply: Reply): void;
  /**
   * Whether one more call may begin; a promise where that takes a turn. If it can
   * be taken back, it is claimed by its number.
   */
  mayBegin(number?: number): boolean | Promise<boolean>;
  /** Waits until what tasks sent through connections is on its way. */
  flush(): Promise<void> | undefined;
  /** Ends the far side; a process gets this exit code. */
  close(exitCode: number): void;
  /** Ends the far side with an exit code. */
  exit(code: number): never;
  /** How this kind of link refuses a value. */
  readonly sending: Sending | undefined;
  /** Imports the module that exports the tasks. */
  load(module: string): Promise<Record<string, unknown>>;
}

/** Learns by messages, which can only be read when nothing runs, what not to begin. */
class CancelByMessage {
  /** The number of the first call of the batch. */
  #first = 0;
  #cancelled = -1;
  #turned = 0;
  /** When the clock was looked at, and how many calls may begin until the next time. */
  #looked = 0;
  #left = 0;

  begin(first: number): void {
    this.#first = first;
    this.#turned = this.#looked = Date.now();
    this.#left = 0;
  }

  cancel(first: number): void {
    this.#cancelled = first;
  }

  mayBegin(): boolean | Promise<boolean> {
    if (this.#left-- > 0) return this.#isWanted();
    // To look at the clock takes as long as a tiny task.
    const now = Date.now();
    this.#left = now === this.#looked ? 7 : 0;
    this.#looked = now;
    if (Math.abs(now - this.#turned) < 10) return this.#isWanted();
    return new Promise((resolve) =>
      setTimeout(() => {
        this.#turned = Date.now();
        resolve(this.#isWanted());
      })
    );
  }

  #isWanted(): boolean {
    return this.#cancelled !== this.#first;
  }
}

/** What a thread has of its own. */
interface ThreadScope {
  close(): void;
  postMessage(reply: unknown, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent) => void;
  readonly Deno?: { exit(code: number): never };
}

/** The link of a thread: its own messages. */
function threadLink(): Link {
  const scope = globalThis as unknown as ThreadScope;
  // Kept, because a task may replace them.
  const send = scope.postMessage.bind(scope);
  const close = scope.close.bind(scope);
  const exit = scope.Deno?.exit;
  const byMessage = new CancelByMessage();

  const link: Link = {
    onRequest: () => {},
    onUnload: () => {},
    post(reply) {
      const packed = reply.kind === "done" && packValue(reply.results);
      if (!packed) {
        if (reply.kind !== "done") return send(reply);
        const { value, moved } = copyLarge(reply.results, []);
        const brief = briefReply({ ...reply, results: value as unknown[] });
        return moved.length > 0 ? send(brief, moved) : send(brief);
      }
      const { value, moved } = copyLarge(packed.value, packed.ports);
      send({ ...reply, results: value as unknown[], isPacked: true }, moved);
      noteSent(packed.packings, 0);
    },
    mayBegin: () => byMessage.mayBegin(),
    flush: () => undefined,
    close: () => close(),
    exit: (code) => exit!(code),
    sending: undefined,
    load: (module) => import(module),
  };
  // Node's way out does not lead through Deno.exit, but to this event; to look
  // for it at `process` would load Node's part of Deno, which takes 10 ms.
  addEventListener("unload", () => link.onUnload());
  scope.onmessage = ({ data }: MessageEvent<Greeting>) => {
    const { agent, next } = data;
    realm().agent = agent;
    realm().onArrival = (lifeline) => send({ kind: "holds", lifeline });
    if (next) {
      link.mayBegin = (number) => {
        if (number === undefined) return Atomics.load(next, 0) >= 0;
        const after = numberAfter(number, 1);
        return Atomics.compareExchange(next, 0, number, after) === number;
      };
    }
    scope.onmessage = threadListener(link, byMessage);
    link.post({ kind: "ready" });
  };
  return link;
}

/** What takes the messages of a thread after the first one. */
function threadListener(
  link: Link,
  byMessage: CancelByMessage,
): (event: MessageEvent) => void {
  let last: Request | undefined;
  return ({ data }) => {
    if (data?.kind === "cancel") return byMessage.cancel(data.first);
    const request = fullRequest(data, last) ?? data as Request;
    last = request;
    byMessage.begin(request.first);
    if (!request.isPacked) return link.onRequest(request);
    const calls = unpackValue(request.calls, portableClasses());
    link.onRequest({ ...request, calls: calls as unknown[] });
  };
}

/** What a process is sent after its first message, if not in brief. */
export type ProcessMessage =
  | { readonly kind: "run"; readonly request: Request }
  | { readonly kind: "cancel"; readonly first: number }
  | { readonly kind: "exit"; readonly code: number }
  | BridgeMessage;

/** The link of a process: frames over its standard streams. */
function processLink(stdio: Stdio): Link {
  const bridge = new Bridge(1, stdio.write);
  const byMessage = new CancelByMessage();

  const link: Link = {
    onRequest: () => {},
    onUnload: () => {},
    post(reply) {
      if (reply.kind !== "done") return stdio.write(reply);
      const { value, isPacked, sent } = bridge.pack(reply.results);
      if (!isPacked) return stdio.write(briefReply(reply));
      stdio.write({ ...reply, results: value, isPacked });
      sent();
    },
    mayBegin: () => byMessage.mayBegin(),
    flush: () => bridge.isIdle ? undefined : bridge.flush(),
    close: stdio.exit,
    exit: stdio.exit,
    sending: toProcess(),
    load: () => stdio.load!(),
  };
  let last: Request | undefined;
  const run = (request: Request) => {
    last = request;
    byMessage.begin(request.first);
    if (!request.isPacked) return link.onRequest(request);
    const calls = bridge.unpack(request.calls) as unknown[];
    link.onRequest({ ...request, calls });
  };
  stdio.onMessage = (data) => {
    const request = fullRequest(data, last);
    if (request) return run(request);
    const message = data as ProcessMessage;
    if (message.kind === "run") run(message.request);
    else if (message.kind === "cancel") byMessage.cancel(message.first);
    else if (message.kind === "exit") stdio.exit(message.code);
    else bridge.receive(message);
  };
  link.post({ kind: "ready" });
  return link;
}

// deno-lint-ignore no-explicit-any
type Run = (...args: any[]) => unknown;

/** Runs what the link brings. */
class FarSide {
  readonly #link: Link;
  readonly #tasks = new Map<number, Task & { run: Run }>();
  readonly #now = performance.now.bind(performance);

  constructor(link: Link) {
    this.#link = link;
    link.onRequest = (request) => void this.#run(request);
    this.#reportEnds();
  }

  async #run(request: Request): Promise<void> {
    const { first, calls, spread, shared, timed } = request;
    let answer: Answer = { results: [], errors: [], times: [] };
    let run = this.#tasks.get(request.task)?.run;
    for (let i = 0; i < calls.length; i++) {
      const number = shared ? numberAfter(first, i) : undefined;
      const mayBegin = this.#link.mayBegin(number);
      if (typeof mayBegin === "boolean" ? !mayBegin : !await mayBegin) break;
      const from = timed ? this.#time() : 0;
      try {
        run ??= await this.#define(request.define!);
        const call = calls[i];
        const result = spread ? run(...call as unknown[]) : run(call);
        // Waiting for what is no promise would cost each call a turn.
        answer.results.push(this.#isThenable(result) ? await result : result);
        if (timed) answer.times.push([from, this.#time()]);
      } catch (error) {
        answer.errors.push([
          shared ? 0 : i,
          this.#explain(error, request.task),
        ]);
        // Nobody asks for the others.
        answer.results.length = 0;
        if (!shared) break;
      }
      if (!shared) continue;
      this.#answer(answer);
      answer = { results: [], errors: [], times: [] };
    }
    const flushed = this.#link.flush();
    if (flushed) await flushed;
    if (!shared) this.#answer(answer);
  }

  #answer(answer: Answer): void {
    const done = { kind: "done", ...answer, isPacked: false } as const;
    try {
      this.#link.post(done);
    } catch (error) {
      this.#refuse(answer, error);
      this.#link.post(done);
    }
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
    return value instanceof Promise ||
      typeof (value as { then?: unknown } | null | undefined)?.then ===
        "function";
  }

  async #define(task: Task): Promise<Run> {
    const { id, name, module, source } = task;
    const run = module === undefined
      ? this.#compile(name, source)
      : await this.#load(name, module);
    this.#tasks.set(id, { ...task, run });
    return run;
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

  async #load(name: string, module: string): Promise<Run> {
    const exports = await this.#link.load(module);
    const found = exports[name] ?? exports.default;
    if (typeof found === "function" && found.name === name) return found as Run;
    throw new TypeError(`${module} exports no function named ${name}`);
  }

  /** Says why a variable is missing that was there when the task was written. */
  #explain(error: unknown, id: number): PackedError {
    const { name, module } = this.#tasks.get(id) ?? {};
    const missing = error instanceof ReferenceError &&
      /^(.+) is not defined$/.exec(error.message)?.[1];
    if (!name || !missing || module !== undefined) return this.#pack(error);
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
    this.#link.post({ kind: "died", ...end });
  }
}
