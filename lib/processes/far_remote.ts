/**
 * The guard of a process on another machine, and what carries its messages: a
 * small program there, which starts the process and runs no task itself. It is
 * sent there as text.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";

/** What is sent either way, each as a frame: its kind, its length, its bytes. */
export const frameKinds = {
  start: 0,
  message: 1,
  stdout: 2,
  stderr: 3,
  signal: 4,
  exit: 5,
  beat: 6,
} as const;

/** Makes a frame. It ends a line, for launchers that pass on whole lines only. */
export function frameOf(
  kind: number,
  bytes: Uint8Array = new Uint8Array(),
): Uint8Array {
  const frame = new Uint8Array(5 + bytes.length + 1);
  const view = new DataView(frame.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, bytes.length);
  frame.set(bytes, 5);
  frame[5 + bytes.length] = 10;
  return frame;
}

/** Cuts what arrives into frames. */
export class Frames {
  readonly #take: (kind: number, bytes: Uint8Array) => void;
  #parts: Uint8Array[] = [];
  #length = 0;
  /** How many bytes have to be there before it is worth a look. */
  #needed = 5;

  constructor(take: (kind: number, bytes: Uint8Array) => void) {
    this.#take = take;
  }

  push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    while (this.#length >= this.#needed) {
      const all = this.#joined();
      const end = 5 + new DataView(all.buffer, all.byteOffset).getUint32(1);
      const next = end + 1;
      this.#needed = next <= all.length ? 5 : next;
      if (next > all.length) return;
      this.#parts = [all.subarray(next)];
      this.#length -= next;
      this.#take(all[0]!, all.subarray(5, end));
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

/** What the process is started with. */
export interface FarStart {
  /** The words behind `deno`. */
  readonly args: readonly string[];
  /** After how many beats without a word the connection counts as lost. */
  readonly beats: number;
  /** How long a beat is, in milliseconds. */
  readonly beat: number;
}

/** What the guard needs of Node's part of Deno. */
export interface FarNode {
  readonly process: NodeJS.Process;
  readonly v8: Pick<typeof import("node:v8"), "serialize" | "deserialize">;
  readonly spawn: typeof import("node:child_process").spawn;
  readonly kinds: typeof frameKinds;
}

/** Starts the process that it is told to, and ends it when nobody is there. */
export function guardProcess({ process, v8, spawn, kinds }: FarNode): void {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const write = (kind: number, bytes?: Uint8Array) =>
    process.stdout.write(frameOf(kind, bytes));
  let child: ChildProcess | undefined;
  let silent = 0;
  const kill = (signal: string) => {
    // All that it has started is in its group.
    try {
      process.kill(-child!.pid!, signal);
    } catch {
      child?.kill(signal as NodeJS.Signals);
    }
  };
  const end = () => {
    if (child) kill("SIGKILL");
    process.exit(0);
  };
  const start = ({ args, beats, beat }: FarStart) => {
    setInterval(() => {
      write(kinds.beat);
      if (silent++ >= beats) end();
    }, beat);
    child = spawn(Deno.execPath(), ["run", ...args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      detached: Deno.build.os !== "windows",
    });
    child.on("message", (sent) => write(kinds.message, v8.serialize(sent)));
    child.stdout!.on("data", (bytes: Uint8Array) => write(kinds.stdout, bytes));
    child.stderr!.on("data", (bytes: Uint8Array) => write(kinds.stderr, bytes));
    child.once("exit", (code, signal) => {
      kill("SIGKILL");
      const told = encoder.encode(JSON.stringify({ code, signal }));
      const tell = () => {
        process.stdout.write(frameOf(kinds.exit, told), () => process.exit(0));
      };
      child!.once("close", tell);
      // What it left behind may hold its outputs.
      setTimeout(tell, 200);
    });
  };
  const frames = new Frames((kind, bytes) => {
    silent = 0;
    if (kind === kinds.start) start(JSON.parse(decoder.decode(bytes)));
    if (kind === kinds.message) {
      child!.send(v8.deserialize(bytes as never) as object, () => {});
    }
    if (kind === kinds.signal) kill(decoder.decode(bytes));
  });
  process.stdin.on("data", (bytes: Uint8Array) => frames.push(bytes));
  process.stdin.once("end", end);
  process.stdin.once("error", end);
  for (const signal of ["SIGHUP", "SIGTERM", "SIGINT"]) {
    process.on(signal, end);
  }
}
