/**
 * Makes a thread of the page what the main thread is in Deno: it has a `Deno`,
 * and workers that the page starts for it, because not every browser lets a
 * worker start workers.
 *
 * @module
 */

import { installDeno } from "./deno.ts";
import type { FromLesson, ToLesson } from "./messages.ts";

/** What a worker has. */
const scope = globalThis as unknown as {
  postMessage(message: unknown, moved?: unknown): void;
};
const post = scope.postMessage.bind(scope);

/** Says something to the page. */
export function tellPage(
  message: FromLesson,
  moved: Transferable[] = [],
): void {
  post(message, moved);
}

const close = globalThis.close.bind(globalThis);
const exit = (code: number) => {
  tellPage({ kind: "exit", code });
  close();
};
installDeno(exit);
globalThis.close = () => exit(0);
// The library takes a thread that has this name for a worker.
delete (globalThis as { WorkerGlobalScope?: unknown }).WorkerGlobalScope;

/** The texts behind the addresses that were made here. */
const blobs = new Map<string, Blob>();
const createObjectURL = URL.createObjectURL.bind(URL);
URL.createObjectURL = (blob: Blob) => {
  const url = createObjectURL(blob);
  blobs.set(url, blob);
  return url;
};

const alive = new Map<number, PageWorker>();
let started = 0;

/** A Worker that the page has started; it is reached through a port. */
class PageWorker extends EventTarget {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onmessageerror: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readonly #id = ++started;
  readonly #port: MessagePort;

  constructor(url: string | URL, { name = "" }: WorkerOptions = {}) {
    super();
    const program = blobs.get(String(url));
    if (!program) {
      throw new TypeError("in the book, a worker starts from a Blob");
    }
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    alive.set(this.#id, this);
    this.addEventListener("message", (event) => {
      this.onmessage?.(event as MessageEvent);
    });
    this.addEventListener("messageerror", (event) => {
      this.onmessageerror?.(event as MessageEvent);
    });
    this.addEventListener("error", (event) => this.onerror?.(event));
    for (const type of ["message", "messageerror"] as const) {
      port1.addEventListener(type, ({ data, ports }) => {
        this.dispatchEvent(new MessageEvent(type, { data, ports: [...ports] }));
      });
    }
    port1.start();
    tellPage({ kind: "start", id: this.#id, program, name }, [port2]);
  }

  postMessage(message: unknown, moved: Transferable[] = []): void {
    this.#port.postMessage(message, moved);
  }

  terminate(): void {
    alive.delete(this.#id);
    this.#port.close();
    tellPage({ kind: "end", id: this.#id });
  }
}

Object.assign(globalThis, { Worker: PageWorker });

addEventListener("message", ({ data }: MessageEvent<ToLesson>) => {
  const event = new Event("error", { cancelable: true });
  Object.assign(event, { message: data.error });
  alive.get(data.worker)?.dispatchEvent(event);
});
