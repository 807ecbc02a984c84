/**
 * Watches a sandbox from outside: how much memory it has in use, and whether what
 * it does comes to an end.
 *
 * How long something takes by the clock says little on a busy machine. So a test
 * is measured by the processor time that it uses, and by the time in which it
 * wanted none: that in which it waited for a processor does not count.
 *
 * @module
 */

import { run } from "../../lib/subprocess/run.ts";

/** What a sandbox may take up. */
export interface Limits {
  /** How long a test may compute, or wait without computing, in milliseconds. */
  readonly time: number;
  /** The memory that a function and its tests may use, in megabytes. */
  readonly memory: number;
}

/** What the tests of a function may print, by `exercise` and by grading, in bytes. */
export const mostOutput = 1_000_000;
/** Why a process is ended that printed more. */
export const printedTooMuch = `printed more than ${mostOutput / 1_000} kB`;

/** How often a process is looked at, in milliseconds. */
const interval = 250;

/**
 * After how many times its limit a test is over by the clock, whatever it does:
 * where the system tells what it does, and where not.
 */
const patience = { told: 60, untold: 3 };

/**
 * What share of the time a process computes at most that waits, where nothing
 * tells how long it waited for a processor.
 */
const idle = 0.02;

/** Looks at a process now and then, and says once why it has to be ended. */
export class Watch {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #limits: Limits;
  readonly #onEnd: (why: string) => void;
  #busy = false;
  #latest: Look;
  #begun: Look;
  /** How long the test has wanted no processor, in milliseconds. */
  #slept = 0;

  /**
   * Begins to watch.
   *
   * @param pid The process id.
   * @param limits What it may take up.
   * @param onEnd Told why it has to be ended, in words.
   */
  constructor(
    pid: number,
    limits: Limits,
    onEnd: (why: string) => void,
  ) {
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.#latest = this.#begun = { at: performance.now() };
    this.#timer = setInterval(() => this.#look(pid), interval);
  }

  /** A test begins, or has ended. */
  restart(): void {
    this.#begun = { ...this.#latest, at: performance.now() };
    this.#slept = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(pid: number): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const found = await usageOf(pid).catch(() => undefined);
    this.#busy = false;
    // One look that failed, where others told something, says nothing.
    if (found === undefined && this.#latest.computed !== undefined) return;
    const before = this.#latest;
    this.#latest = { ...found, at: performance.now() };
    const since = Math.max(before.at, this.#begun.at);
    const slept = sleptBetween({ ...before, at: since }, this.#latest);
    // How long a thread waited is told when it runs again: much at once.
    this.#slept = Math.max(-this.#limits.time, this.#slept + slept);
    const why = this.#tooMuch(this.#latest);
    if (why === undefined) return;
    this.stop();
    this.#onEnd(why);
  }

  /** Why a process has to be ended, in words, if it has to be. */
  #tooMuch(now: Look): string | undefined {
    const { time, memory } = this.#limits;
    const seconds = time / 1_000;
    if ((now.memory ?? 0) > memory * 2 ** 20) {
      return `used more than ${memory} MB of memory`;
    }
    if (computed(this.#begun, now) > time) {
      return `computed for more than ${seconds} seconds`;
    }
    if (this.#slept > time) return `waited for more than ${seconds} seconds`;
    const most = patience[now.computed === undefined ? "untold" : "told"];
    return now.at - this.#begun.at > most * time
      ? `had not ended after ${most * seconds} seconds`
      : undefined;
  }
}

/** What a process was seen to use, and when, in milliseconds. */
interface Look extends Partial<Usage> {
  readonly at: number;
}

/** How long a process has computed between two looks; 0 if nothing tells. */
function computed(from: Look, to: Look): number {
  return (to.computed ?? 0) - (from.computed ?? 0);
}

/**
 * How long a process has wanted no processor between two looks: on a busy machine,
 * one that would compute may have to wait for one. It is less than nothing if
 * several threads computed or waited.
 */
function sleptBetween(from: Look, to: Look): number {
  if (to.computed === undefined) return 0;
  const passed = to.at - from.at;
  const ran = computed(from, to);
  if (to.delayed === undefined) return ran <= idle * passed ? passed : 0;
  // Where it is less, a thread or a child has ended, which is no waiting either.
  const delayed = Math.abs(to.delayed - (from.delayed ?? 0));
  return passed - ran - delayed;
}

/** What a process uses. */
export interface Usage {
  /** The memory that it has in use, in bytes. */
  readonly memory: number;
  /** How long it has computed, in milliseconds; absent where nothing tells. */
  readonly computed?: number;
  /**
   * How long its threads have waited for a processor, and what it has started has
   * waited or computed, in milliseconds.
   */
  readonly delayed?: number;
}

/**
 * Looks at what a process uses.
 *
 * @param pid The process id.
 * @returns What it uses; undefined if there is no such process, or nothing here
 * tells.
 */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  if (Deno.build.os === "windows") {
    const { stdout } = await run(
      ["tasklist", "/nh", "/fo", "csv", "/fi", `pid eq ${pid}`],
    );
    const kilobytes = stdout.trim().split('","')[4]?.replace(/\D/g, "");
    return kilobytes ? { memory: Number(kilobytes) * 1024 } : undefined;
  }
  const { stdout } = await run(["/bin/sh", "-c", look, "sh", String(pid)]);
  const [kilobytes, time, delay] = stdout.trim().split(/\s+/);
  if (!kilobytes) return undefined;
  const memory = Number(kilobytes) * 1024;
  if (!time) return { memory };
  const usage = { memory, computed: 1_000 * secondsIn(time) };
  return delay === undefined ? usage : { ...usage, delayed: Number(delay) };
}

/** A time as `ps` writes it, such as `1-02:03:04.5`, in seconds. */
function secondsIn(time: string): number {
  const [last = 0, ...others] = time.split(/[-:]/).map(Number).toReversed();
  const units = [60, 3_600, 86_400];
  return others.reduce((sum, part, i) => sum + part * units[i]!, last);
}

/**
 * The memory of a process in kilobytes, its processor time, and in milliseconds
 * how long its threads waited for a processor, with all that those of its
 * children did, where Linux counts that. Small systems have no `ps` that tells;
 * where there is Linux, there is /proc, which counts time in hundredths of a
 * second.
 */
const look = `
memory=0 # one that has ended, and that nobody has asked for, has none
delay=0
visit() {
  for thread in "/proc/$1/task/"*; do
    if read -r ran waited _ < "$thread/schedstat"; then
      delay=$((delay + (waited + ran * $2) / 1000000))
    fi
    kids=
    read -r kids < "$thread/children"
    for kid in $kids; do visit "$kid" 1; done
  done
}
if [ -r "/proc/$1/stat" ]; then
  while read -r name size _; do
    [ "$name" != VmRSS: ] || memory=$size
  done < "/proc/$1/status"
  visit "$1" 0 2> /dev/null
  read -r stat < "/proc/$1/stat"
  set -- \${stat##*) }
  ticks=$((\${12} + \${13}))
  echo "$memory $((ticks / 100)).$((ticks / 10 % 10))$((ticks % 10)) $delay"
else
  ps -o rss=,time= -p "$1"
fi`;
