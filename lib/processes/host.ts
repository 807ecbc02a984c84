/**
 * A host that is a process of the operating system: a child Deno with memory
 * and permissions of its own, which can be ended at any moment.
 *
 * @module
 */

import { describe } from "../describe.ts";
import { Relay, type RelayMessage } from "../messages/relay.ts";
import { copyValue, type Parcel } from "../messages/travel.ts";
import { endWithProgram, hasEnded } from "../subprocess/group.ts";
import { tell } from "../workers/calls.ts";
import type { Death } from "../workers/errors.ts";
import {
  Host,
  type HostEnd,
  hostKinds,
  type HostOptions,
} from "../workers/host.ts";
import type { Channel, Reply } from "../workers/protocol.ts";
import { startDeno } from "./command.ts";
import type { ProcessRequest } from "./far_process.ts";
import { Codec, nodeProcess } from "./ipc.ts";
import { checkProcessOptions } from "./permissions.ts";
import type { Child } from "./remote.ts";

/** How long a process has to end once it is asked to, in milliseconds. */
const grace = 500;

/** A process that runs chunks. */
export class ProcessHost extends Host {
  override readonly pid: number | undefined;
  protected override readonly channel: Channel;
  readonly #codec = new Codec(nodeProcess());
  readonly #child: Child;
  /** Whether it leads a group, which can be ended as a whole. */
  readonly #leadsGroup: boolean;
  readonly #relay = new Relay((message) => this.#post(message), 0);
  #isFinishing = false;
  /** How the process said that it would end. */
  #death: Death | undefined;

  /** Starts a process; throws NotCapable if this program may not run Deno. */
  constructor(options: HostOptions) {
    super(options);
    // Elsewhere, its guard sees to that.
    this.#leadsGroup = options.launcher === undefined && mayKillGroups();
    this.#child = startDeno(options, this.#leadsGroup);
    this.pid = this.#child.pid;
    if (this.pid !== undefined) endWithProgram(this.#target);
    this.channel = {
      route: this.#relay.route,
      receiver: 0,
      post: (message) => this.#post(message as ProcessRequest),
    };
    this.#watch();
  }

  override finish(exitCode: number): void {
    if (this.isOver) return;
    this.#isFinishing = true;
    this.#post({ kind: "exit", code: exitCode });
    const kill = setTimeout(() => this.#end(), grace);
    void this.ended.then(() => clearTimeout(kill));
    super.finish(exitCode);
  }

  protected override pack(
    inputs: readonly unknown[],
    transfer: readonly Transferable[],
  ): Parcel {
    checkTransfer(transfer);
    if (transfer.length === 0) return super.pack(inputs, transfer);
    // Nothing can be moved to a process: a copy is sent of what is moved.
    return super.pack(copyValue(inputs, { transfer }) as unknown[], []);
  }

  protected override stop(): void {
    this.#relay.close();
    if (!this.#isFinishing) this.#end();
  }

  /** Sends a message; to a process that is gone, it does not matter. */
  #post(message: ProcessRequest): void {
    this.#child.send?.(this.#codec.encode(message) as string, () => {});
  }

  /** Asks the process to end, and sees to it that it does. */
  #end(): void {
    // It has not even started; and 0 would be this program itself.
    if (this.pid === undefined && !this.options.launcher) return;
    this.#signal("SIGTERM");
    const kill = setTimeout(() => this.#signal("SIGKILL"), grace);
    void this.ended.then(() => clearTimeout(kill));
  }

  /** It and what it has started, as `kill` names them: a group is negative. */
  get #target(): number {
    return this.#leadsGroup ? -this.pid! : this.pid!;
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.#leadsGroup && killGroup(this.pid!, signal)) return;
    // Node sends no second signal to what it has sent one.
    Object.assign(this.#child, { killed: false });
    this.#child.kill(signal);
  }

  /** Listens to the process until it has ended. */
  #watch(): void {
    const child = this.#child;
    const { onOutput } = this.options;
    child.on("message", (sent) => this.#take(sent));
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8");
      child[stream]?.on("data", (text) => tell(onOutput!, text, stream));
    }
    child.once("error", (cause) => {
      this.die({ how: "cannot be started", cause });
      this.leave({});
    });
    child.once("exit", (code, signal) => void this.#close(code, signal));
  }

  /** Takes what is left of a process that has ended. */
  async #close(code: number | null, signal: string | null): Promise<void> {
    // What it has started ends with it, also if it ends by itself.
    if (this.#leadsGroup) killGroup(this.pid!, "SIGKILL");
    if (this.pid !== undefined) hasEnded(this.#target);
    await allHeard(this.#child);
    const { lost } = this.#child;
    if (lost) {
      this.die({ how: lost });
      return this.leave({});
    }
    const exitCode = code ?? 128 + numberOf(signal!);
    const end = { exitCode, signal: signal ?? undefined };
    this.die({ how: this.#howItEnded(end), ...this.#death, ...end });
    this.leave(end);
  }

  #take(sent: unknown): void {
    if (this.isOver) return;
    try {
      const reply = this.#codec.decode(sent) as Reply | RelayMessage;
      if (reply.kind === "relay") this.#relay.receive(reply);
      else if (reply.kind === "died") this.#death = this.deathOf(reply);
      else this.receive(reply);
    } catch (cause) {
      this.#death = { how: "sent what cannot be read here", cause };
      this.#end();
    }
  }

  #howItEnded({ exitCode, signal }: HostEnd): string {
    // V8 ends a program that has no memory left by a trap: 0x80000003.
    if (signal === "SIGTRAP" || exitCode === 0x80000003 - 2 ** 32) {
      const { memory } = this.options;
      return `ran out of memory${memory ? ` (it may use ${memory} MB)` : ""}`;
    }
    return signal ? `was killed by ${signal}` : `exited with code ${exitCode}`;
  }
}

/** Whether this program may end a group of processes; Windows has none. */
function mayKillGroups(): boolean {
  return Deno.build.os !== "windows" &&
    Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/** Signals all that is left of a group; tells whether that was allowed. */
function killGroup(leader: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(-leader, signal);
  } catch (error) {
    // None is left; or the permission was given back.
    return !(error instanceof Deno.errors.NotCapable);
  }
  return true;
}

/** Waits until all that a process said has been read; it may have left a child. */
async function allHeard(child: Child): Promise<void> {
  const closed = new Promise((resolve) => child.once("close", resolve));
  let timer;
  const late = new Promise((resolve) => timer = setTimeout(resolve, 100));
  await Promise.race([closed, late]);
  clearTimeout(timer);
  if (child.connected) child.disconnect();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** The number of a signal. */
function numberOf(signal: string): number {
  const { signals } = nodeProcess().getBuiltinModule("node:os").constants;
  return signals[signal as keyof typeof signals];
}

/** Refuses what cannot be moved to a process. */
function checkTransfer(transfer: readonly Transferable[]): void {
  for (const part of transfer) {
    if (part instanceof ArrayBuffer) continue;
    throw new TypeError(`${describe(part)} cannot be moved to a process`);
  }
}

hostKinds.set("process", {
  open: (options) => new ProcessHost(options),
  check: checkProcessOptions,
});
