/**
 * A host that is a process of the operating system: a child Deno with memory
 * and permissions of its own, which can be ended at any moment.
 *
 * @module
 */

import { checkCount, checkFunction, describe } from "../describe.ts";
import * as value from "../messages/value.ts";
import { endTree } from "../subprocess/group.ts";
import { start } from "../subprocess/command.ts";
import type { OutputName } from "../subprocess/spawn.ts";
import { processProgram } from "../workers/far_side.ts";
import {
  type Death,
  deathOf,
  Host,
  type HostEnd,
  type HostOptions,
} from "../workers/host.ts";
import { fullReply, type Reply } from "../workers/protocol.ts";
import { textOf } from "../workers/task.ts";
import { Bridge, type BridgeMessage, processChannel } from "./bridge.ts";
import * as frames from "./frames.ts";
import { type Codec, codec, FrameReader, type V8 } from "./frames.ts";
import { endWithProgram, hasEnded } from "./guard.ts";

/** What a process may do; nothing unless it is given here. */
export interface ProcessPermissions {
  /** Files and folders that it may read; all with `true`. */
  readonly read?: boolean | readonly (string | URL)[];
  /** Files and folders that it may write; all with `true`. */
  readonly write?: boolean | readonly (string | URL)[];
  /** Hosts that it may connect to, such as `"localhost:8000"`. */
  readonly net?: boolean | readonly string[];
  /** Variables of the environment that it may read and write. */
  readonly env?: boolean | readonly string[];
  /** Programs that it may run. */
  readonly run?: boolean | readonly (string | URL)[];
  /** What it may ask about the system, such as `"hostname"`. */
  readonly sys?: boolean | readonly string[];
  /** Libraries that it may call. */
  readonly ffi?: boolean | readonly (string | URL)[];
  /** Hosts from which it may import code. */
  readonly import?: boolean | readonly string[];
}

/** Options of a process in which functions run. */
export interface ProcessOptions {
  /** What it may do; nothing unless it is given here. */
  readonly permissions?: ProcessPermissions;
  /**
   * How much memory its heap may take, in megabytes of 2 ** 20 bytes. What is
   * outside the heap, such as the bytes of an ArrayBuffer, is not counted.
   */
  readonly memory?: number;
  /**
   * Told what the process prints, as it comes; without it, that goes to this
   * program's standard error.
   */
  readonly onOutput?: (text: string, stream: "stdout" | "stderr") => void;
}

/** Options of a process as a host. */
export type ProcessHostOptions = HostOptions & ProcessOptions;

/** How long a process has to end once it is asked to, in milliseconds. */
const grace = 500;

/** Made once, because every process runs the same program. */
let program: string | undefined;

/** Loaded with the first process: most programs do without. */
let v8: V8 | undefined;

/** A process that runs batches. */
export class ProcessHost extends Host<ProcessHostOptions> {
  override readonly pid: number;
  override readonly canTakeBack = false;
  readonly #program: Program;
  #encode: Codec["encode"] | undefined;
  readonly #bridge = new Bridge(0, (message) => this.#write(message));
  protected override readonly channel = processChannel(
    this.#bridge,
    (message, moved) => this.#post(message, moved),
  );
  #isFinishing = false;
  /** How the process said that it would end. */
  #death: Death | undefined;
  /** The end of what it printed on standard error. */
  #lastWords = "";

  /** Starts a process; throws NotCapable if this program may not run Deno. */
  constructor(options: ProcessHostOptions) {
    super(options);
    this.#program = startDeno(options);
    this.pid = this.#program.pid;
    try {
      endWithProgram(this.pid);
    } catch (cause) {
      // It is told as any other end, because the process is still there.
      this.#death = { how: "cannot be guarded", cause };
      this.#end();
    }
    if (v8) this.#open(v8);
    else this.opening = import("node:v8").then((module) => this.#open(module));
  }

  #open(module: unknown): void {
    v8 = module as V8;
    this.#encode = codec(v8, new Uint8Array()).encode;
    this.opening = undefined;
    // What a process prints gets between its frames: a key tells them apart.
    const key = crypto.getRandomValues(new Uint8Array(16));
    program ??= processProgram();
    this.#write({ key, program });
    void this.#listen(codec(v8, key), key);
  }

  override finish(exitCode: number): void {
    if (this.isOver) return;
    this.#isFinishing = true;
    this.#write({ kind: "exit", code: exitCode });
    const kill = setTimeout(() => this.#end(), grace);
    this.ended.then(() => clearTimeout(kill));
    super.finish(exitCode);
  }

  override takeBack(): number {
    this.#write({ kind: "cancel" });
    return 0;
  }

  #post(message: unknown, moved: Transferable[]): void {
    checkTransfer(moved);
    const frame = this.#encode!(message);
    // What is moved is no longer here, although it is copied. What cannot be
    // moved is found out before anything is sent.
    if (moved.length > 0) structuredClone(undefined, { transfer: moved });
    void this.#program.write(frame);
  }

  protected override stop(): void {
    this.#bridge.close();
    if (!this.#isFinishing) this.#end();
  }

  #end(): void {
    // It is not waited for here; `ended` tells when it is gone.
    this.#program.end(grace).catch(() => {});
  }

  /** Writes a message; to a process that is gone, it does not matter. */
  #write(message: unknown): void {
    if (this.opening) void this.opening.then(() => this.#write(message));
    else void this.#program.write(this.#encode!(message));
  }

  /** Reads what the process writes, until it has ended. */
  async #listen({ decode }: Codec, key: Uint8Array): Promise<void> {
    const print = this.#printer("stdout");
    const reader = new FrameReader(
      key,
      (payload) => this.#take(() => fullReply(decode(payload) as Reply)),
      print,
    );
    const errors = this.#pass("stderr", this.#printer("stderr"));
    await this.#pass("stdout", (bytes) => reader.push(bytes));
    reader.end();
    // Without its output, a process can answer nothing any more.
    if (!this.#program.ended) this.#end();
    await errors;
    const status = await this.#program.status;
    const exit = { exitCode: status.code, signal: status.signal ?? undefined };
    this.die({ how: this.#howItEnded(exit), ...this.#death, ...exit });
    // Last, because whoever hears of it may start another one.
    await hasEnded(this.pid);
    this.leave(exit);
  }

  /** Reads one of its outputs to the end. */
  async #pass(
    name: OutputName,
    take: (bytes: Uint8Array) => void,
  ): Promise<void> {
    for await (const chunk of this.#program.child[name]) take(chunk);
  }

  #take(read: () => Reply | BridgeMessage): void {
    if (this.isOver) return;
    try {
      const message = read();
      if (message.kind === "died") this.#death = deathOf(message);
      else if (message.kind === "carry" || message.kind === "end") {
        this.#bridge.receive(message);
      } else this.receive(message);
    } catch (cause) {
      this.#death = { how: "sent what cannot be read here", cause };
      this.#end();
    }
  }

  /** Passes on what the process prints. */
  #printer(stream: OutputName): (bytes: Uint8Array) => void {
    const { onOutput } = this.options;
    const decoder = new TextDecoder();
    return (bytes) => {
      if (bytes.length === 0) return;
      // Of a character of which only some bytes are here, there is no text yet.
      const text = decoder.decode(bytes, { stream: true });
      if (stream === "stderr") {
        this.#lastWords = (this.#lastWords + text).slice(-4_096);
      }
      try {
        if (!onOutput) Deno.stderr.writeSync(bytes);
        else if (text !== "") onOutput(text, stream);
      } catch (error) {
        // What is read here has to be read on. Of nobody reading what this
        // program prints, console.error says nothing either.
        if (onOutput) reportError(error);
      }
    };
  }

  #howItEnded({ exitCode, signal }: HostEnd): string {
    if (/JavaScript (heap )?out of memory/.test(this.#lastWords)) {
      const { memory } = this.options;
      return `ran out of memory${memory ? ` (it may use ${memory} MB)` : ""}`;
    }
    return signal ? `was killed by ${signal}` : `exited with code ${exitCode}`;
  }
}

/** A process that runs, and its input. */
class Program {
  readonly status: Promise<Deno.CommandStatus>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly child: Deno.ChildProcess;
  ended = false;

  constructor(caller: string, command: string[]) {
    const options = { stdin: "piped" } as const;
    this.child = start(caller, command, options);
    this.#input = this.child.stdin.getWriter();
    this.status = this.child.status.finally(() => {
      this.ended = true;
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#input.write(bytes).catch(() => {});
  }

  async end(grace: number): Promise<void> {
    this.#send("SIGTERM");
    const kill = setTimeout(() => this.#send("SIGKILL"), grace);
    await this.status.finally(() => clearTimeout(kill));
  }

  #send(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.ended || endTree(this.pid, signal)) return;
    try {
      this.child.kill(signal);
    } catch {
      // It has ended.
    }
  }
}

function startDeno(options: ProcessHostOptions): Program {
  const { module, memory, permissions = {}, caller } = options;
  if (Deno.build.standalone) {
    // It would start itself, and that one itself, and so on.
    throw new Error(
      `${caller}: a program made by deno compile contains no Deno that could ` +
        `run a process of its own; a worker runs in it`,
    );
  }
  const flags = ["--no-prompt", "--quiet", "--no-lock", ...configOf(module)];
  if (memory !== undefined) {
    flags.push(`--v8-flags=--max-old-space-size=${memory}`);
  }
  flags.push(...permissionFlags(permissions));
  const program = encodeURIComponent(childProgram(module));
  const url = `data:text/javascript,${program}`;
  const command = [Deno.execPath(), "run", ...flags, url];
  try {
    return new Program(caller, command);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Deno.errors.NotCapable(
      `${caller}: a process of its own is another Deno, which this program ` +
        `may not run: start it with deno run --allow-run=${command[0]} …`,
      { cause: error },
    );
  }
}

/** The program of a process until it is told the rest. */
export function childProgram(module: string | undefined): string {
  // That the import is written out and not computed, allows it without a
  // permission to read files.
  const load = module ? `() => import(${JSON.stringify(module)})` : "undefined";
  const all = [describe, ...Object.values(frames), ...Object.values(value)];
  const text = all.map(textOf).join("\n");
  return `import v8 from "node:v8";\n${text}\nopenStdio(v8, ${load});`;
}

/** The flag for the configuration by which a module's imports are found. */
function configOf(module: string | undefined): string[] {
  if (!module?.startsWith("file:")) return ["--no-config"];
  const here = new URL("./", module);
  for (const name of ["deno.json", "deno.jsonc"]) {
    const file = new URL(name, here);
    if (isThere(file)) return ["--config", pathOf(file)];
  }
  const isTop = here.pathname === new URL("../", here).pathname;
  return configOf(isTop ? undefined : new URL("../x", here).href);
}

function isThere(file: URL): boolean {
  // Nobody is to be asked at a terminal, folder after folder.
  const { state } = Deno.permissions.querySync({ name: "read", path: file });
  try {
    return state === "granted" && Deno.statSync(file).isFile;
  } catch {
    // Not there, or in a folder that is not for this program's user.
    return false;
  }
}

/** The flags that give a process its permissions. */
function permissionFlags(permissions: ProcessPermissions): string[] {
  return Object.entries(permissions).flatMap(([name, allowed]) => {
    if (allowed === true) return [`--allow-${name}`];
    const list: readonly (string | URL)[] = allowed || [];
    if (list.length === 0) return [];
    return [`--allow-${name}=${list.map(toText).join(",")}`];
  });
}

/** A path or name as it stands in a flag, where a comma separates. */
function toText(item: string | URL): string {
  const text = item instanceof URL && item.protocol === "file:"
    ? pathOf(item)
    : String(item);
  return text.replaceAll(",", ",,");
}

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

/** Checks the options that only a process has. */
export function checkProcessOptions(
  caller: string,
  { memory, permissions = {}, onOutput = () => {} }: ProcessOptions,
): void {
  if (memory !== undefined) checkCount(caller, "memory", memory);
  checkFunction(caller, "onOutput", onOutput);
  if (describe(permissions) !== "an Object") {
    const wanted = "permissions must be an object, such as { read: true }";
    throw new TypeError(
      `${caller}: ${wanted}: received ${describe(permissions)}`,
    );
  }
  for (const [name, allowed] of Object.entries(permissions)) {
    checkPermission(caller, name, allowed);
  }
}

function checkPermission(caller: string, name: string, allowed: unknown): void {
  const known = "read write net env run sys ffi import".split(" ");
  if (!known.includes(name)) {
    throw new TypeError(
      `${caller}: there is no permission ${describe(name)}; there are ${
        known.join(", ")
      }`,
    );
  }
  if (typeof allowed !== "boolean" && !Array.isArray(allowed)) {
    throw new TypeError(
      `${caller}: permissions.${name} must be true, false or a list: ` +
        `received ${describe(allowed)}`,
    );
  }
}

/** Refuses what cannot be moved to a process. */
function checkTransfer(transfer: readonly Transferable[]): void {
  for (const part of transfer) {
    if (part instanceof ArrayBuffer) continue;
    throw new TypeError(`${describe(part)} cannot be moved to a process`);
  }
}
