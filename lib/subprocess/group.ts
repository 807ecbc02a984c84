/**
 * Ends programs together with all that they have started, and leaves none
 * behind when this program ends.
 *
 * Elsewhere than on Windows, a program that was started with `detached` leads a
 * process group, which can be signalled as a whole; and a guard, which is a
 * shell, ends what still runs once this program has ended. Windows keeps a tree
 * of programs, and ends it with this one.
 *
 * @module
 */

const isWindows = Deno.build.os === "windows";

/** What ends with this program, as `kill` names it: a group is negative. */
const targets = new Set<number>();

/** The shell that ends the targets. */
interface Guard {
  readonly child: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  /** Whether something has been written: only then can it be done at once. */
  isListening: boolean;
}

let guard: Guard | undefined;

/**
 * Whether a program can be ended together with all that it has started: that
 * takes the full `--allow-run`, because it may reach any process.
 */
export function canEndGroups(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/**
 * Sends a signal to a program and to all that it has started.
 *
 * @param pid The id of the program, which leads a group.
 * @param signal The signal. Windows knows none: there all of them are ended.
 * @returns Whether it could be done.
 */
export function signalGroup(pid: number, signal: Deno.Signal): boolean {
  if (isWindows) return endTree(pid);
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
  // On Windows, a tree is found by its root, and ended together with it.
  if (isWindows) return;
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // None is left, or none that may be signalled.
  }
}

function endTree(pid: number): boolean {
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
 * Sees to it that a program ends when this one does, whatever ends this one,
 * and be it in the same turn. Without a permission that allows a guard, it does
 * nothing.
 *
 * @param pid The id of the program.
 * @param leadsGroup Whether all that it has started ends as well.
 */
export function endWithProgram(pid: number, leadsGroup: boolean): void {
  if (isWindows) return;
  const target = leadsGroup ? -pid : pid;
  targets.add(target);
  // A stream writes at once only if nothing else is being written. Else this
  // program might be gone before: a new guard knows everything from its start.
  const isFree = guard?.isListening && guard.input.desiredSize === 1;
  if (isFree) tellGuard(`+ ${target}`);
  else replaceGuard();
}

/** Notes that a program has ended, which `endWithProgram()` was told of. */
export function hasEnded(pid: number): void {
  for (const target of [pid, -pid]) {
    if (targets.delete(target)) tellGuard(`- ${target}`);
  }
}

function tellGuard(news: string): void {
  guard?.input.write(new TextEncoder().encode(`${news}\n`)).catch(() => {});
}

/**
 * The guard's program. Its input ends when this program has ended. A listener
 * for signals would not do instead: this program would not die of them any more.
 */
const script = `
targets=" $* "
while read -r sign target; do
  case $sign in
    +) targets="$targets$target " ;;
    -) targets="\${targets%%" $target "*} \${targets#*" $target "}" ;;
  esac
done
set -- $targets
[ $# -gt 0 ] || exit
kill -s TERM -- "$@"
sleep 1
kill -s KILL -- "$@"
`;

/** Who may run nothing but Deno has that run the shell. */
const relay = `data:text/javascript,await new Deno.Command("/bin/sh", {
  args: Deno.args, stdout: "null", stderr: "null" }).spawn().status`;

/** The command that runs a shell; undefined if no permission allows one. */
function shellCommand(args: string[]): string[] | undefined {
  const deno = Deno.execPath();
  const mayRun = (command: string) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted";
  if (mayRun("/bin/sh")) return ["/bin/sh", ...args];
  // What deno compile has made would not run another Deno, but itself.
  if (Deno.build.standalone || !mayRun(deno)) return undefined;
  const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock"];
  return [deno, "run", ...flags, "--allow-run=/bin/sh", relay, ...args];
}

/** Starts a guard that knows all targets, and ends the one before. */
function replaceGuard(): void {
  const before = guard;
  try {
    guard = startGuard();
  } catch {
    return; // no more processes can be started, or there is no shell
  }
  before?.child.kill("SIGKILL");
}

function startGuard(): Guard | undefined {
  const args = ["-c", script, "sh", ...[...targets].map(String)];
  const command = shellCommand(args);
  if (!command) return undefined;
  const [program, ...words] = command;
  const child = new Deno.Command(program!, {
    args: words,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // What a terminal sends to all of its programs is not for the guard.
    detached: true,
  }).spawn();
  // A guard is no reason to go on.
  child.unref();
  const started = { child, input: child.stdin.getWriter(), isListening: false };
  started.input.write(new TextEncoder().encode("\n")).then(() => {
    started.isListening = true;
  }, () => {});
  return started;
}
