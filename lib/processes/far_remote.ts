/**
 * The guard of a process on another machine, and what carries its messages: a
 * small program there, which starts the process and runs no task itself. It is
 * sent there as text.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";

/** What is sent either way. */
export type RemoteMessage =
  | Start
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "print"; readonly on: Output; readonly bytes: Uint8Array }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | {
    readonly kind: "exit";
    readonly code: number | null;
    readonly signal: string | null;
  }
  | { readonly kind: "beat" }
  /** No message, but a text among them, such as a greeting. */
  | { readonly kind: "noise"; readonly text: string };

/** What to run, and when to end it because nobody is heard. */
interface Start {
  readonly kind: "start";
  /** The words behind `deno`. */
  readonly args: readonly string[];
  /** After how many beats without a word the connection counts as lost. */
  readonly beats: number;
  /** How long a beat is, in milliseconds. */
  readonly beat: number;
}

/** An output of the process. */
export type Output = "stdout" | "stderr";

/** The part of Node that makes bytes of values. */
export type V8 = Pick<typeof import("node:v8"), "serialize" | "deserialize">;

/**
 * Messages over two streams of bytes: for each a byte that is part of no text,
 * its length, its bytes, and a line end, for launchers that pass on whole lines
 * only, as Slurm's `srun` does.
 */
export class MessageLine {
  readonly #v8: V8;
  readonly #output: NodeJS.WritableStream;
  #parts: Uint8Array[] = [];
  #length = 0;
  /** How many bytes have to be there before it is worth a look. */
  #needed = 6;

  constructor(
    v8: V8,
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
    take: (message: RemoteMessage) => void,
  ) {
    this.#v8 = v8;
    this.#output = output;
    input.on("data", (bytes: Uint8Array) => this.#push(bytes, take));
  }

  send(message: RemoteMessage, done?: () => void): void {
    if (!this.#output.writable) return;
    const bytes = this.#v8.serialize(message);
    const frame = new Uint8Array(6 + bytes.length);
    frame[0] = 0xff;
    new DataView(frame.buffer).setUint32(1, bytes.length);
    frame.set(bytes, 5);
    frame[5 + bytes.length] = 10;
    this.#output.write(frame, done);
  }

  #push(bytes: Uint8Array, take: (message: RemoteMessage) => void): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    while (this.#length >= this.#needed) {
      const all = this.#joined();
      if (all[0] !== 0xff) {
        this.#needed = Infinity;
        return take({ kind: "noise", text: new TextDecoder().decode(all) });
      }
      const end = 6 + new DataView(all.buffer, all.byteOffset).getUint32(1);
      this.#needed = end <= all.length ? 6 : end;
      if (end > all.length) return;
      this.#parts = [all.subarray(end)];
      this.#length -= end;
      take(this.#v8.deserialize(all.subarray(5, end - 1) as never));
    }
  }

  #joined(): Uint8Array {
    if (this.#parts.length === 1) return this.#parts[0]!;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    this.#parts = [all];
    return all;
  }
}

/** What the guard needs of Node's part of Deno. */
export interface GuardNode {
  readonly process: NodeJS.Process;
  readonly v8: V8;
  readonly spawn: typeof import("node:child_process").spawn;
}

/** Starts the process that it is told to, and ends it when nobody is there. */
export class ProcessGuard {
  readonly #node: GuardNode;
  readonly #line: MessageLine;
  #child: ChildProcess | undefined;
  #silent = 0;

  constructor(node: GuardNode) {
    this.#node = node;
    const { process, v8 } = node;
    const { stdin, stdout } = process;
    const take = (message: RemoteMessage) => this.#take(message);
    this.#line = new MessageLine(v8, stdin, stdout, take);
    const end = () => this.#end();
    for (const event of ["end", "error"]) stdin.once(event, end);
    for (const signal of ["SIGHUP", "SIGTERM", "SIGINT"]) {
      process.on(signal, end);
    }
  }

  #take(message: RemoteMessage): void {
    this.#silent = 0;
    if (message.kind === "start") this.#start(message);
    if (message.kind === "message") {
      this.#child!.send(message.message as object, () => {});
    }
    if (message.kind === "signal") this.#kill(message.signal);
  }

  #start({ args, beats, beat }: Start): void {
    setInterval(() => {
      this.#line.send({ kind: "beat" });
      if (this.#silent++ >= beats) this.#end();
    }, beat);
    const run = ["run", ...args];
    const child = this.#child = this.#node.spawn(Deno.execPath(), run, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      detached: Deno.build.os !== "windows",
    });
    child.on("message", (message) => {
      this.#line.send({ kind: "message", message });
    });
    for (const on of ["stdout", "stderr"] as const) {
      child[on]!.on("data", (bytes: Uint8Array) => {
        this.#line.send({ kind: "print", on, bytes });
      });
    }
    child.once("exit", (code, signal) => {
      this.#kill("SIGKILL");
      const tell = () => {
        const leave = () => this.#node.process.exit(0);
        this.#line.send({ kind: "exit", code, signal }, leave);
      };
      child.once("close", tell);
      // What it left behind may hold its outputs.
      setTimeout(tell, 200);
    });
  }

  #kill(signal: NodeJS.Signals): void {
    // All that it has started is in its group.
    try {
      this.#node.process.kill(-this.#child!.pid!, signal);
    } catch {
      this.#child?.kill(signal);
    }
  }

  #end(): void {
    if (this.#child) this.#kill("SIGKILL");
    this.#node.process.exit(0);
  }
}
