/**
 * A host that is a Web Worker: a thread with a heap of its own.
 *
 * @module
 */

import { describe } from "../describe.ts";
import { endThread, realm } from "../messages/life.ts";
import { Host, hostKinds, type HostOptions } from "./host.ts";
import { type Channel, type Greeting, threadChannel } from "./protocol.ts";
import { threadProgram } from "./program.ts";

/** Where threads get their program from; made once. */
let programUrl: string | undefined;

/** Gives threads another program, which calls `startThread()`. */
export function setThreadProgram(text: string): void {
  const blob = new Blob([text], { type: "text/javascript" });
  // A worker from a blob needs no permission; one from a file needs to read.
  programUrl = URL.createObjectURL(blob);
}

/** A Web Worker that runs chunks. */
export class Thread extends Host {
  protected override readonly channel: Channel;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  /** The number by which shared memory knows this thread. */
  readonly #id: number;

  /** Starts a worker. */
  constructor(options: HostOptions) {
    super(options);
    const { thread, life } = realm();
    const { port1, port2 } = new MessageChannel();
    this.#id = life.begin(thread);
    const { name } = options;
    if (!programUrl) setThreadProgram(threadProgram());
    this.#worker = new Worker(programUrl!, { type: "module", name });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.die({ how: `died: ${event.message}` });
    };
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.receive(data);
    this.#port.onmessageerror = () =>
      this.die({ how: "sent what cannot be read here" });
    this.channel = threadChannel(this.#port, this.#id);
    const { cells } = life;
    const greeting: Greeting = { port: port2, thread: this.#id, life: cells };
    // Only the greeting: the worker's own messages are for its tasks.
    this.#worker.postMessage(greeting, [port2]);
  }

  protected override stop(): void {
    // First: a worker that computes or blocks goes on after `terminate()`.
    endThread(this.#id);
    this.#worker.terminate();
    this.#port.close();
    this.leave({});
  }
}

/** The options that only processes have. */
const processOnly = [
  "permissions",
  "memory",
  "onOutput",
  "launcher",
  "lostAfter",
] as const;

hostKinds.set("worker", {
  open: (options) => new Thread(options),
  check(caller, options) {
    for (const name of processOnly) {
      if (options[name] === undefined) continue;
      throw new TypeError(
        `${caller}: ${name} is for isolation: "process"; a worker is a thread ` +
          `of this program: received ${describe(options[name])}`,
      );
    }
  },
});
