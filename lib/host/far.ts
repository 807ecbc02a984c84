/**
 * The far side: the code that receives functions and runs them.
 *
 * `farSide` is sent as text to where it runs, so it may use only its
 * arguments, its own locals, globals, and what is sent with it.
 *
 * @module
 */

import * as channel from "../channel.ts";
import * as describe from "../describe.ts";
import { Fifo } from "../fifo.ts";
import * as sync from "../sync.ts";
import * as wait from "../wait.ts";
import { whyNotCloned } from "./clone.ts";
import { packError } from "./error.ts";
import type { Task } from "./function.ts";
import type { Greeting, Reply, Request } from "./host.ts";
import * as portable from "./portable.ts";
import { noteSent, packValue, realm, unpackValue } from "./portable.ts";
import { portableClasses } from "./portables.ts";

/** What a worker's program consists of: the same source as runs here. */
const parts = [
  ...[channel, describe, portable, sync, wait].flatMap(Object.values<unknown>),
  ...[Fifo, packError, portableClasses, whyNotCloned],
];

/**
 * The program of a worker.
 *
 * @returns Its source text.
 */
export function workerProgram(): string {
  return `${parts.join("\n")}\n(${farSide})();`;
}

function farSide(): void {
  // deno-lint-ignore no-explicit-any
  type Run = (...args: any[]) => unknown;
  const scope = globalThis as unknown as {
    close(): void;
    postMessage(reply: Reply, transfer?: Transferable[]): void;
    onmessage: (event: MessageEvent) => void;
  };
  // Kept, because a task may replace them.
  const post = scope.postMessage.bind(scope);
  const { close } = scope;
  const { exit } = Deno;
  const now = performance.now.bind(performance);
  const tasks = new Map<number, Task & { run: Run }>();
  let greeting: Greeting;

  scope.onmessage = ({ data }: MessageEvent<Greeting>) => {
    greeting = data;
    realm().agent = greeting.agent;
    realm().onArrival = (lifeline) => post({ kind: "holds", lifeline });
    scope.onmessage = ({ data }: MessageEvent<Request>) => void answer(data);
    post({ kind: "ready" });
  };

  async function answer(request: Request): Promise<void> {
    const results: unknown[] = [];
    const times: [number, number][] = [];
    try {
      const { run } = tasks.get(request.task) ?? await define(request.define!);
      const { batch, spread, timed } = request;
      const calls = request.isPacked
        ? unpackValue(request.calls, portableClasses()) as unknown[]
        : request.calls;
      for (const call of calls) {
        if (Atomics.load(greeting.cancelled, 0) === batch) break;
        const from = timed ? performance.timeOrigin + now() : 0;
        const result = spread ? run(...call as unknown[]) : run(call);
        // Waiting for what is no promise would cost each call a turn.
        results.push(isThenable(result) ? await result : result);
        if (timed) times.push([from, performance.timeOrigin + now()]);
      }
    } catch (error) {
      const task = tasks.get(request.task);
      const packed = packError(task ? explain(error, task) : error);
      return post({ kind: "failed", index: results.length, error: packed });
    }
    try {
      const packed = packValue(results);
      const reply: Reply = {
        kind: "done",
        results: packed ? packed.value as unknown[] : results,
        isPacked: packed !== undefined,
        times,
      };
      if (packed) post(reply, packed.ports);
      else post(reply);
      if (packed) noteSent(packed.packings, 0);
    } catch (error) {
      const refused = results.map((result) => whyNotCloned(result, "result"));
      const index = Math.max(0, refused.findIndex((why) => why !== undefined));
      const reason = new TypeError(refused[index] ?? String(error));
      post({ kind: "failed", index, error: packError(reason) });
    }
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
    const exports = await import(module);
    const found = exports[name] ?? exports.default;
    if (typeof found === "function" && found.name === name) return found;
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
  function die(reply: Omit<Reply & { kind: "died" }, "kind">): void {
    post({ kind: "died", ...reply });
    close.call(scope);
  }
  scope.close = () => die({ how: "closed itself" });
  Deno.exit = (code = Deno.exitCode) => {
    post({ kind: "died", how: `exited with code ${code}`, exitCode: code });
    return exit(code);
  };
  addEventListener("error", (event) => {
    event.preventDefault();
    const error = packError(event.error);
    die({ how: "died of an error that nothing caught", error });
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const error = packError(event.reason);
    die({ how: "died of a rejected promise that nobody handled", error });
  });
}
