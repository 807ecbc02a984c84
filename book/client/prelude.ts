/**
 * Comes before the program of each worker that the page starts for a lesson: the
 * lesson's thread talks to it through a port.
 *
 * @module
 */

import { installConsole } from "./console.ts";
import { installDeno } from "./deno.ts";

// The bundler names functions and classes with this, also in those that are
// sent here as text.
Object.assign(globalThis, {
  __name: (it: unknown, value: string) =>
    Object.defineProperty(it, "name", { value, configurable: true }),
});
installDeno(() => globalThis.close());

/** What a worker has. */
const scope = globalThis as unknown as {
  postMessage(message: unknown, moved?: unknown): void;
};
const tellPage = scope.postMessage.bind(scope);
installConsole((text) => tellPage({ log: text }));

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
