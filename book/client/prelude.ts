/**
 * Comes before the program of each worker that the page starts for a lesson: the
 * lesson's thread talks to it through a port.
 *
 * @module
 */

import { installDeno } from "./deno.ts";
import { words } from "./inspect.ts";

installDeno();

/** What a worker has. */
const scope = globalThis as unknown as {
  postMessage(message: unknown, moved?: unknown): void;
};
const tellPage = scope.postMessage.bind(scope);
console.log = (...values: unknown[]) => tellPage({ log: words(values) });

const early: [message: unknown, moved: Transferable[]][] = [];
let port: MessagePort | undefined;
scope.postMessage = (message: unknown, moved: unknown = []) => {
  const list = moved as Transferable[];
  if (port) port.postMessage(message, list);
  else early.push([message, list]);
};

addEventListener("message", (event) => {
  event.stopImmediatePropagation();
  port = event.data.port as MessagePort;
  for (const type of ["message", "messageerror"] as const) {
    port.addEventListener(type, ({ data, ports }) => {
      dispatchEvent(new MessageEvent(type, { data, ports: [...ports] }));
    });
  }
  port.start();
  for (const [message, moved] of early) port.postMessage(message, moved);
}, { once: true });
