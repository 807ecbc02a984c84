/**
 * A process on another machine, as if it were a child of this program. What the
 * launcher starts there, such as `ssh ada deno run …`, is a guard: it starts the
 * process, and ends it when this side is silent or gone.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { definitionsOf, namesOf } from "../workers/program.ts";
import {
  type FarStart,
  frameKinds,
  frameOf,
  Frames,
  guardProcess,
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
  const parts = [() => [frameOf, Frames, guardProcess]];
  const text = `import process from "node:process";
import v8 from "node:v8";
import { spawn } from "node:child_process";
${definitionsOf(parts)}
const kinds = ${JSON.stringify(frameKinds)};
${namesOf(() => [guardProcess])[0]}({ process, v8, spawn, kinds });`;
  const flags = ["--no-prompt", "--quiet", "--no-lock", "--no-config"];
  const allowed = ["--allow-run", "--allow-env"];
  return [
    "deno",
    "run",
    ...flags,
    ...allowed,
    `data:text/javascript,${quoted(text)}`,
  ];
}

/** A text in which a shell finds nothing to interpret. */
function quoted(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
}

/**
 * Makes a child of the launcher's process: what arrives there is cut into
 * frames, and what is sent goes there as one.
 *
 * @param launcher The process that `launcher` and `guardCommand()` started.
 * @param args What Deno is to run on the other machine.
 * @param lostAfter How long silence may last, in milliseconds.
 * @param isHeard Whether what the process prints is given to somebody; if not, it
 * is printed here.
 */
export function remoteChild(
  launcher: ChildProcess,
  args: readonly string[],
  lostAfter: number,
  isHeard: boolean,
): Child {
  const node = nodeProcess();
  const { EventEmitter } = node.getBuiltinModule("node:events");
  const { PassThrough } = node.getBuiltinModule("node:stream");
  const v8 = node.getBuiltinModule("node:v8");
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const write = (kind: number, bytes?: Uint8Array) =>
    launcher.stdin!.writable && launcher.stdin!.write(frameOf(kind, bytes));
  // How long it takes to get there is for the launcher to limit.
  let silent = -Infinity;
  let isOver = false;
  const child = Object.assign(new EventEmitter(), {
    pid: undefined,
    stdout: isHeard ? stdout : null,
    stderr: isHeard ? stderr : null,
    connected: false,
    disconnect: () => {},
    lost: undefined as string | undefined,
    send: (message: unknown) =>
      write(frameKinds.message, v8.serialize(message)),
    kill: (signal: string) => {
      write(frameKinds.signal, new TextEncoder().encode(signal));
      return true;
    },
  });
  const over = (code: number | null, signal: string | null, lost?: string) => {
    if (isOver) return;
    isOver = true;
    clearInterval(beating);
    child.lost = lost;
    launcher.stdin!.end();
    // Of a connection that hangs, nothing else ends the launcher.
    if (lost) launcher.kill("SIGKILL");
    stdout.end();
    stderr.end();
    child.emit("exit", code, signal);
    child.emit("close");
  };
  const print = (stream: typeof stdout, bytes: Uint8Array) => {
    if (isHeard) stream.write(bytes);
    // As a child does here: standard output is for this program's results.
    else Deno.stderr.writeSync(bytes);
  };
  const frames = new Frames((kind, bytes) => {
    silent = 0;
    if (kind === frameKinds.message) {
      child.emit("message", v8.deserialize(bytes as never));
    }
    if (kind === frameKinds.stdout) print(stdout, bytes);
    if (kind === frameKinds.stderr) print(stderr, bytes);
    if (kind === frameKinds.exit) {
      const { code, signal } = JSON.parse(new TextDecoder().decode(bytes));
      over(code, signal);
    }
  });
  launcher.stdout!.on("data", (bytes: Uint8Array) => frames.push(bytes));
  launcher.stdin!.on("error", () => {});
  launcher.once("error", (error) => {
    isOver = true;
    clearInterval(beating);
    child.emit("error", error);
  });
  launcher.once("exit", (code, signal) => {
    const how = signal ? `was killed by ${signal}` : `ended with code ${code}`;
    const lost = `lost its connection: ${launcher.spawnargs[0]} ${how}`;
    // Its last words may not have been read; what it left behind may hold on.
    launcher.once("close", () => over(null, null, lost));
    setTimeout(() => over(null, null, lost), 1_000);
  });
  const beat = lostAfter / beats;
  const beating = setInterval(() => {
    write(frameKinds.beat);
    if (silent++ < beats) return;
    over(null, null, `lost its connection: silent for ${lostAfter} ms`);
  }, beat);
  const start: FarStart = { args, beat, beats };
  write(frameKinds.start, new TextEncoder().encode(JSON.stringify(start)));
  return child as unknown as Child;
}
