/**
 * The far side: the code that receives functions and runs them.
 *
 * `farSide` and the links are sent as text to where they run, so they may use
 * only their arguments, their own locals, globals, and what is sent with them.
 *
 * @module
 */

import * as describe from "../describe.ts";
import { Fifo } from "../fifo.ts";
import * as sync from "../sync.ts";
import * as pipe from "../messages/pipe.ts";
import * as queue from "../messages/queue.ts";
import * as queueLink from "../messages/queue_link.ts";
import * as queueState from "../messages/queue_state.ts";
import * as queueStore from "../messages/queue_store.ts";
import * as travel from "../messages/travel.ts";
import * as wait from "../messages/wait.ts";
import * as brief from "./brief.ts";
import { briefReply, fullRequest } from "./brief.ts";
import { Bridge, type BridgeMessage } from "./bridge.ts";
import * as value from "../messages/value.ts";
import { type Sending, toProcess, whyNotCloned } from "../messages/value.ts";
import * as errors from "../workers/errors.ts";
import { type PackedError, packError } from "../workers/errors.ts";
import type { Stdio } from "./frame.ts";
import { type Task, textOf } from "./function.ts";
import type { Greeting, Reply, Request } from "./host.ts";
import {
  noteSent,
  packValue,
  portableClasses,
  realm,
  unpackValue,
} from "../messages/travel.ts";

/** What a program consists of: the same source as runs here. */
const modules = [
  ...[brief, describe, errors, pipe, sync, travel, value, wait],
  ...[queue, queueLink, queueState, queueStore],
];
const parts = [
  ...modules.flatMap(Object.values<unknown>),
  ...[Fifo, Bridge],
].map(textOf);

/**
 * The program of a worker.
 *
 * @returns Its source text.
 */
export function workerProgram(): string {
  return `${parts.join("\n")}\n(${farSide})((${threadLink})());`;
}

/**
 * The program of a process.
 *
 * @returns The source text of a function that takes the process's streams.
 */
export function processProgram(): string {
  return `(stdio) => {
    ${parts.join("\n")}
    (${farSide})((${processLink})(stdio));
  }`;
}

/** What the far side talks through. */
interface Link {
  /** Called with each request, unpacked. */
  onRequest: (request: Request) => void;
  /**
   * Sends an answer, packed.
   *
   * @throws If a part of it cannot be sent.
   */
  post(reply: Reply): void;
  /** Whether a batch was cancelled; a promise where that takes a turn. */
  isCancelled(batch: number): boolean | Promise<boolean>;
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

/** The link of a worker: its own messages. */
function threadLink(): Link {
  const scope = globalThis as unknown as {
    close(): void;
    postMessage(reply: unknown, transfer?: Transferable[]): void;
    onmessage: (event: MessageEvent) => void;
  };
  // Kept, because a task may replace them.
  const send = scope.postMessage.bind(scope);
  const close = scope.close.bind(scope);
  const { exit } = Deno;
  let cancelled = new Int32Array(new SharedArrayBuffer(4));

  const link: Link = {
    onRequest: () => {},
    post(reply) {
      const packed = reply.kind === "done" && packValue(reply.results);
      if (!packed) return send(briefReply(reply));
      const results = packed.value as unknown[];
      send({ ...reply, results, isPacked: true }, packed.ports);
      noteSent(packed.packings, 0);
    },
    isCancelled: (batch) => Atomics.load(cancelled, 0) === batch,
    flush: () => undefined,
    close: () => close(),
    exit,
    sending: undefined,
    load: (module) => import(module),
  };
  // Node's way out does not lead through Deno.exit, but to this event; to look
  // for it at `process` would load Node's part of Deno, which takes 10 ms.
  addEventListener("unload", () => {
    const { exitCode } = Deno;
    send({ kind: "died", how: `exited with code ${exitCode}`, exitCode });
  });
  scope.onmessage = ({ data }: MessageEvent<Greeting>) => {
    cancelled = data.cancelled;
    realm().agent = data.agent;
    realm().onArrival = (lifeline) => send({ kind: "holds", lifeline });
    let last: Request;
    scope.onmessage = ({ data }) => {
      last = fullRequest(data, last) ?? data as Request;
      if (!last.isPacked) return link.onRequest(last);
      const calls = unpackValue(last.calls, portableClasses());
      link.onRequest({ ...last, calls: calls as unknown[] });
    };
    link.post({ kind: "ready" });
  };
  return link;
}

/** What a process is sent after its first message. */
export type ProcessMessage =
  | { readonly kind: "run"; readonly request: Request }
  | { readonly kind: "cancel"; readonly batch: number }
  | { readonly kind: "exit"; readonly code: number }
  | BridgeMessage;

/** The link of a process: frames over its standard streams. */
function processLink(stdio: Stdio): Link {
  const bridge = new Bridge(1, stdio.write);
  let cancelled = 0;
  let turned = performance.now();

  const link: Link = {
    onRequest: () => {},
    post(reply) {
      if (reply.kind !== "done") return stdio.write(reply);
      const { value, isPacked, sent } = bridge.pack(reply.results);
      if (!isPacked) return stdio.write(briefReply(reply));
      stdio.write({ ...reply, results: value, isPacked });
      sent();
    },
    isCancelled(batch) {
      // News of it can only be read when nothing runs.
      if (performance.now() - turned < 10) return cancelled === batch;
      return new Promise((resolve) =>
        setTimeout(() => {
          turned = performance.now();
          resolve(cancelled === batch);
        })
      );
    },
    flush: () => bridge.isIdle ? undefined : bridge.flush(),
    close: stdio.exit,
    exit: stdio.exit,
    sending: toProcess(),
    load: () => stdio.load!(),
  };
  let last: Request;
  stdio.onMessage = (data) => {
    turned = performance.now();
    const request = fullRequest(data, last);
    if (request) return link.onRequest(last = request);
    const message = data as ProcessMessage;
    if (message.kind === "run") {
      const { request } = message;
      last = request;
      const calls = request.isPacked
        ? bridge.unpack(request.calls) as unknown[]
        : request.calls;
      link.onRequest({ ...request, calls });
    } else if (message.kind === "cancel") cancelled = message.batch;
    else if (message.kind === "exit") stdio.exit(message.code);
    else bridge.receive(message);
  };
  link.post({ kind: "ready" });
  return link;
}

/** Runs what the link brings. */
function farSide(link: Link): void {
  // deno-lint-ignore no-explicit-any
  type Run = (...args: any[]) => unknown;
  const now = performance.now.bind(performance);
  const tasks = new Map<number, Task & { run: Run }>();
  link.onRequest = (request) => void answer(request);

  async function answer(request: Request): Promise<void> {
    const results: unknown[] = [];
    const times: [number, number][] = [];
    try {
      const { run } = tasks.get(request.task) ?? await define(request.define!);
      const { batch, calls, spread, timed } = request;
      for (const call of calls) {
        const cancelled = link.isCancelled(batch);
        if (typeof cancelled === "boolean" ? cancelled : await cancelled) break;
        const from = timed ? performance.timeOrigin + now() : 0;
        const result = spread ? run(...call as unknown[]) : run(call);
        // Waiting for what is no promise would cost each call a turn.
        results.push(isThenable(result) ? await result : result);
        if (timed) times.push([from, performance.timeOrigin + now()]);
      }
    } catch (error) {
      const task = tasks.get(request.task);
      const packed = pack(task ? explain(error, task) : error);
      await link.flush();
      return fail(results.length, packed);
    }
    const flushed = link.flush();
    if (flushed) await flushed;
    try {
      link.post({ kind: "done", results, isPacked: false, times });
    } catch (error) {
      refuse(results, error);
    }
  }

  /** Says which of the results cannot be sent. */
  function refuse(results: readonly unknown[], error: unknown): void {
    for (const [index, result] of results.entries()) {
      try {
        const why = whyNotCloned(result, "result", [], link.sending);
        if (why) return fail(index, pack(new TypeError(why)));
      } catch (thrown) {
        // A getter threw.
        return fail(index, pack(thrown));
      }
    }
    fail(0, pack(new TypeError(String(error))));
  }

  function fail(index: number, error: PackedError): void {
    link.post({ kind: "failed", index, error });
  }

  function pack(thrown: unknown): PackedError {
    return packError(thrown, link.sending);
  }

  function isThenable(value: unknown): value is PromiseLike<unknown> {
    return value instanceof Promise ||
      typeof (value as { then?: unknown } | null | undefined)?.then ===
        "function";
  }

  async function define(task: Task): Promise<{ run: Run }> {
    const { id, name, module, source } = task;
    const run = module === undefined
      ? compile(name, source)
      : await load(name, module);
    tasks.set(id, { ...task, run });
    return { run };
  }

  function compile(name: string, source: string): Run {
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

  async function load(name: string, module: string): Promise<Run> {
    const exports = await link.load(module);
    const found = exports[name] ?? exports.default;
    if (typeof found === "function" && found.name === name) return found as Run;
    throw new TypeError(`${module} exports no function named ${name}`);
  }

  /** Says why a variable is missing that was there when the task was written. */
  function explain(error: unknown, { name, module }: Task): unknown {
    const missing = error instanceof ReferenceError &&
      /^(.+) is not defined$/.exec(error.message)?.[1];
    if (!missing || module !== undefined) return error;
    const message = `${name} uses "${missing}", which is neither an argument ` +
      `nor a variable of its own. A function travels to a worker as text; ` +
      `the variables around it stay behind, because a worker shares no ` +
      `memory with the program that started it. Pass "${missing}" as an ` +
      `argument, or export ${name} and give module: import.meta.url`;
    const explained = new ReferenceError(message, { cause: error });
    explained.stack = error.stack!.replace(error.message, message);
    return explained;
  }

  // The parent hears nothing of a worker that ends by itself, and Deno prints
  // what nothing in the worker caught. So each end is reported before it comes.
  function die(how: string, thrown?: { error: unknown }): void {
    try {
      const error = thrown && pack(thrown.error);
      link.post({ kind: "died", how, ...(error && { error }) });
    } catch {
      link.post({ kind: "died", how });
    }
    link.close(thrown ? 1 : 0);
  }
  globalThis.close = () => die("closed itself");
  Deno.exit = (code = Deno.exitCode) => {
    const how = `exited with code ${code}`;
    link.post({ kind: "died", how, exitCode: code });
    return link.exit(code);
  };
  addEventListener("error", (event) => {
    event.preventDefault();
    die("died of an error that nothing caught", event);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const error = event.reason;
    die("died of a rejected promise that nobody handled", { error });
  });
}
