/**
 * Process groups: ending a program together with all that it has started, and
 * not leaving it behind.
 *
 * @module
 */

const isWindows = Deno.build.os === "windows";

/** The programs that lead a group of their own, by id. */
const leaders = new Set<number>();

/** There once a group has been entered, and then as long as this program. */
let guard: WritableStreamDefaultWriter<Uint8Array> | undefined;

/**
 * Whether a program can be ended with all it has started: that takes the full
 * `--allow-run`, because `Deno.kill` and `taskkill` reach any process, and
 * somebody who ends it when this program ends.
 */
export function canEndGroups(): boolean {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") {
    return false;
  }
  // On Windows there are trees instead of groups, and Ctrl-C reaches every
  // program of a console.
  if (isWindows || guard) return true;
  try {
    startGuard();
    return true;
  } catch {
    return false; // there is no shell, or no more processes can be started
  }
}

/**
 * Notes that a program leads a group, which ends with this program. The
 * program's id is its group's id as well.
 */
export function enterGroup(pid: number): void {
  leaders.add(pid);
  tellGuard(`+ ${pid}`);
}

/** Notes that the leader of a group has ended. */
export function leaveGroup(pid: number): void {
  leaders.delete(pid);
  tellGuard(`- ${pid}`);
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

/** Kills what is left of a group after its leader has ended. */
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

/**
 * A shell that is told of the groups, and ends them when its input ends: that
 * is when this program has ended, whatever ended it. A listener for signals
 * would not do: this program would not die of them any more, and another
 * listener cannot be told from none.
 */
const guardScript = `
groups=
while read -r sign group; do
  case $sign in
    +) groups="$groups -$group" ;;
    -) rest=
       for other in $groups; do
         [ "$other" = "-$group" ] || rest="$rest $other"
       done
       groups=$rest ;;
  esac
done
[ -n "$groups" ] || exit
kill -s TERM -- $groups
sleep 1
kill -s KILL -- $groups
`;

function startGuard(): void {
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", guardScript],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // What a terminal sends to all its programs is not for the guard.
    detached: true,
  }).spawn();
  // A guard is no reason to go on.
  child.unref();
  const input = child.stdin.getWriter();
  guard = input;
  for (const pid of leaders) tellGuard(`+ ${pid}`);
  void child.status.then(() => {
    // Somebody has ended it. The next group gets another one.
    if (guard === input) guard = undefined;
  });
}

function tellGuard(news: string): void {
  guard?.write(new TextEncoder().encode(`${news}\n`)).catch(() => {});
}
