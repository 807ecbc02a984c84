/**
 * Internal: ending a program together with the programs it has started.
 *
 * @module
 */

const isWindows = Deno.build.os === "windows";

/**
 * Whether a program can be ended with all it has started: that takes the full
 * `--allow-run`, because `Deno.kill` and `taskkill` reach any process.
 */
export function canEndGroups(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/** The programs that lead a group of their own, by id. */
const leaders = new Set<number>();

/** The signals that would reach a program in the terminal's own group. */
const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const forwarders = forwarded.map((signal) => () => forward(signal));

/**
 * Passes on to the groups what ends this program, Ctrl-C for one: the terminal
 * does not know of them. Then this program does what it would have done.
 */
function forward(signal: Deno.Signal): void {
  for (const pid of leaders) signalGroup(pid, signal);
  leaders.clear();
  stopForwarding();
  Deno.kill(Deno.pid, signal);
}

function stopForwarding(): void {
  for (const [i, signal] of forwarded.entries()) {
    Deno.removeSignalListener(signal, forwarders[i]!);
  }
}

/**
 * Notes that a program leads a group.
 *
 * @param pid The program's id, which is its group's id as well.
 */
export function enterGroup(pid: number): void {
  // Windows has no such groups: Ctrl-C reaches every program of a console.
  if (isWindows) return;
  if (leaders.size === 0) {
    for (const [i, signal] of forwarded.entries()) {
      Deno.addSignalListener(signal, forwarders[i]!);
    }
  }
  leaders.add(pid);
}

/**
 * Notes that the leader of a group has ended.
 *
 * @param pid The program's id.
 */
export function leaveGroup(pid: number): void {
  if (leaders.delete(pid) && leaders.size === 0) stopForwarding();
}

/**
 * Sends a signal to a program and all it has started.
 *
 * @param pid The id of the program, which leads the group.
 * @param signal The signal. Windows knows none: there everything is ended.
 * @returns Whether it could be done.
 */
export function signalGroup(pid: number, signal: Deno.Signal): boolean {
  if (isWindows) return killTree(pid);
  try {
    Deno.kill(-pid, signal);
  } catch (error) {
    // The permission has been given back since.
    if (error instanceof Deno.errors.NotCapable) return false;
    // All of them have ended.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return true;
}

/**
 * Kills what is left of a group after its leader has ended.
 *
 * @param pid The id that the leader had.
 */
export function killLeftovers(pid: number): void {
  // On Windows the tree was found by its root, and ended with it.
  if (isWindows) return;
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // None is left, or none that may be signalled.
  }
}

function killTree(pid: number): boolean {
  try {
    // Waited for, because a tree is found by its root while that is there.
    return new Deno.Command("taskkill", {
      args: ["/T", "/F", "/PID", String(pid)],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}
