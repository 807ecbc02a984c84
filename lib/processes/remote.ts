/**
 * A process on another machine, as if it were a child of this program. What the
 * launcher starts there, such as `ssh ada deno run …`, is a guard: it starts the
 * process, and ends it when this side is silent or gone.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { describe } from "../describe.ts";
import { definitionsOf, namesOf } from "../workers/program.ts";
import {
  MessageLine,
  type Output,
  ProcessGuard,
  type RemoteMessage,
} from "./far_remote.ts";
import { nodeProcess } from "./ipc.ts";

/** What a host needs of a process, wherever that runs. */
export type Child =
  & Pick<
    ChildProcess,
    | "pid"
    | "stdout"
    | "stderr"
    | "connected"
    | "disconnect"
    | "on"
    | "once"
    | "kill"
  >
  & {
    send(message: unknown, done: (error: Error | null) => void): unknown;
    /** Why it ended, where that is not its own doing. */
    readonly lost?: string | undefined;
  };

/** In how many beats somebody has to be heard. */
const beats = 4;

/** The words that start the guard, behind those of the launcher. */
export function guardCommand(): string[] {
  const text = `import process from "node:process";
import v8 from "node:v8";
import { spawn } from "node:child_process";
${definitionsOf([() => [MessageLine, ProcessGuard]])}
new ${namesOf(() => [ProcessGuard])[0]}({ process, v8, spawn });`;
  const flags = ["--no-prompt", "--quiet", "--no-lock", "--no-config"];
  const url = `data:text/javascript,${quoted(text)}`;
  return ["deno", "run", ...flags, "--allow-run", "--allow-env", url];
}

/** A text in which a shell finds nothing to interpret. */
function quoted(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
}

/** A process elsewhere, as the process of the launcher brings it. */
export class Remote {
  /** What acts as that process. */
  readonly child;
  readonly #launcher: ChildProcess;
  readonly #line: MessageLine;
  readonly #beating: ReturnType<typeof setInterval>;
  // How long it takes to get there is for the launcher to limit.
  #silent = -Infinity;
  #isOver = false;

  /** Has Deno run `args`; what it prints is printed here unless it `isHeard`. */
  constructor(
    launcher: ChildProcess,
    args: readonly string[],
    lostAfter: number,
    isHeard: boolean,
  ) {
    this.#launcher = launcher;
    this.child = this.#makeChild(isHeard);
    const { stdin, stdout } = launcher;
    const v8 = nodeProcess().getBuiltinModule("node:v8");
    const take = (message: RemoteMessage) => this.#take(message);
    this.#line = new MessageLine(v8, stdout!, stdin!, take);
    stdin!.on("error", () => {});
    const beat = lostAfter / beats;
    this.#beating = setInterval(() => {
      this.#line.send({ kind: "beat" });
      if (this.#silent++ >= beats) this.#lose(`silent for ${lostAfter} ms`);
    }, beat);
    this.#watchLauncher();
    this.#line.send({ kind: "start", args, beat, beats });
  }

  #makeChild(isHeard: boolean) {
    const node = nodeProcess();
    const { EventEmitter } = node.getBuiltinModule("node:events");
    const { PassThrough } = node.getBuiltinModule("node:stream");
    return Object.assign(new EventEmitter(), {
      pid: undefined,
      stdout: isHeard ? new PassThrough() : null,
      stderr: isHeard ? new PassThrough() : null,
      connected: false,
      disconnect: () => {},
      lost: undefined as string | undefined,
      send: (message: unknown) => this.#line.send({ kind: "message", message }),
      kill: (signal: NodeJS.Signals) => {
        this.#line.send({ kind: "signal", signal });
        return true;
      },
    });
  }

  #take(message: RemoteMessage): void {
    this.#silent = 0;
    if (message.kind === "message") this.child.emit("message", message.message);
    if (message.kind === "print") this.#print(message.on, message.bytes);
    if (message.kind === "exit") this.#end(message.code, message.signal);
    if (message.kind === "noise") {
      const [launcher, text] = [this.#launcher.spawnargs[0], message.text];
      const printed = `${launcher} printed ${describe(text)}`;
      this.#lose(`${printed}, and messages cannot be told from that`);
    }
  }

  #print(on: Output, bytes: Uint8Array): void {
    const stream = this.child[on];
    if (stream) stream.write(bytes);
    // As a child does here: standard output is for this program's results.
    else Deno.stderr.writeSync(bytes);
  }

  #watchLauncher(): void {
    const launcher = this.#launcher;
    launcher.once("error", (error) => {
      this.#isOver = true;
      clearInterval(this.#beating);
      this.child.emit("error", error);
    });
    launcher.once("exit", (code, signal) => {
      const how = signal
        ? `was killed by ${signal}`
        : `ended with code ${code}`;
      const lose = () => this.#lose(`${launcher.spawnargs[0]} ${how}`);
      // Its last words may not have been read; what it left behind may hold on.
      launcher.once("close", lose);
      setTimeout(lose, 1_000);
    });
  }

  #lose(why: string): void {
    if (this.#isOver) return;
    this.child.lost = `lost its connection: ${why}`;
    this.#end(null, null);
    // Of a connection that hangs, nothing else ends the launcher.
    this.#launcher.kill("SIGKILL");
  }

  #end(code: number | null, signal: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#beating);
    this.#launcher.stdin!.end();
    this.child.stdout?.end();
    this.child.stderr?.end();
    this.child.emit("exit", code, signal);
    this.child.emit("close");
  }
}
