/**
 * Ends programs together with all that they have started, and leaves none
 * behind when this program ends.
 *
 * Windows has a program for the first, and Deno does the second there, but for
 * what programs have started. Elsewhere a guard does both: a shell that is told
 * which programs run and which are to end, and that ends the others when it hears
 * no more because this program is gone.
 *
 * @module
 */

const isWindows = Deno.build.os === "windows";

/** The programs that are to end with this one, as the guard is told of them. */
const running = new Set<string>();

/** A shell that is told what to end. */
interface Guard {
  readonly child: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  /** Whether something has been written: only then can it be done at once. */
  isListening: boolean;
  /** Settles when the last news has been written. */
  written: Promise<void>;
}

let guard: Guard | undefined;

/**
 * Sees to it that a program, or a group by its negative id, ends when this one
 * does, and be it in the same turn. Tells whether there is a guard that may.
 */
export function endWithProgram(pid: number): boolean {
  const news = `+ ${pid}`;
  running.add(news);
  if (!guard) return openGuard();
  const before = guard;
  const written = write(before, news);
  // A stream writes at once only if nothing else is being written. Else this
  // program might be gone before: until it is written, a guard knows it that was
  // started with it.
  if (before.isListening && before.input.desiredSize === 0) return true;
  const second = startGuard([news]);
  // It is told, and not killed: of a guard that another Deno runs, the shell would
  // go on, and take the end of its input for the end of this program.
  written.finally(async () => {
    if (!second) return;
    await write(second, `- ${pid}`);
    await second.input.close().catch(() => {});
  });
  return true;
}

/**
 * Starts a program as soon as the guard can be told of it at once: who is in no
 * hurry spares a second guard.
 */
export async function onceGuardIsFree<T>(start: () => T): Promise<T> {
  while (guard && !(guard.isListening && guard.input.desiredSize === 1)) {
    if (guard.input.desiredSize === null) break; // somebody has ended it
    await guard.written;
  }
  return start();
}

/** Notes that a program has ended, which `endWithProgram()` was told of. */
export function hasEnded(pid: number): void {
  if (!running.delete(`+ ${pid}`) || !guard) return;
  write(guard, `- ${pid}`);
}

let waits = 0;
let port: MessagePort | undefined;

/**
 * Keeps this program going, until the returned function is called. A child that
 * does this by itself is ended alone, without what it has started, when this
 * program fails: Deno does that unless `unref()` was called.
 */
export function keepGoing(): () => void {
  if (waits === 0) {
    // Of all that keeps a program going, this takes the least time.
    port = new MessageChannel().port1;
    port.onmessage = () => {};
  }
  waits += 1;
  return () => {
    waits -= 1;
    if (waits === 0) port!.close();
  };
}

/**
 * Ends a program and all that it has started, as far as those who have started
 * it run. SIGTERM asks them, and what has not heeded it is killed once the
 * program has ended. Windows asks nobody. Tells whether somebody may do it.
 */
export function endTree(pid: number, signal: "SIGTERM" | "SIGKILL"): boolean {
  if (isWindows) return killTree(pid);
  if (!guard && !openGuard()) return false;
  write(guard!, `${signal.slice(3)} ${pid}`);
  return true;
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
 * The guard's program. `find` stops what it finds, so that this starts no more
 * meanwhile. What it was told to ask is remembered until that has ended: of a program
 * that has ended, the others cannot be found.
 */
const script = `
trap "" HUP INT QUIT TERM TSTP
running=" "
find() {
  for id do
    tree="$tree $id"
    kill -s STOP -- $id
    below=
    if [ -e /proc/$$/task/$$/children ]; then
      for file in /proc/$id/task/*/children; do
        ids=; read -r ids <"$file"; below="$below $ids"
      done
    else below=$(pgrep -P $id)
    fi
    find $below
  done
}
end() {
  signal=$1; tree=; before=-; shift
  until [ "$tree" = "$before" ]; do before=$tree; tree=; find "$@"; done
  kill -s $signal -- $tree
  kill -s CONT -- $tree
}
hear() {
  asked=asked_\${2#-}
  case $1 in
    +) running="$running$2 " ;;
    -) running="\${running%%" $2 "*} \${running#*" $2 "}"
       eval "end KILL \\$$asked; unset $asked" ;;
    TERM) end TERM $2; eval "$asked=\\$tree" ;;
    KILL) eval "end KILL $2 \\$$asked" ;;
  esac
}
for news do hear $news; done
while read -r news; do hear $news; done
set -- $running
[ $# -gt 0 ] || exit
end TERM "$@"; asked=$tree
sleep 1
end KILL $asked
`;

function openGuard(): boolean {
  const started = guard = startGuard([...running]);
  if (!started) return false;
  started.child.status.then(() => {
    if (guard !== started) return;
    guard = undefined;
    // Somebody has ended it.
    if (running.size > 0) openGuard();
  });
  return true;
}

/** Starts a guard that has heard some news. */
function startGuard(news: string[]): Guard | undefined {
  const command = shellCommand(["-c", script, "sh", ...news]);
  if (!command) return undefined;
  const [program, ...args] = command;
  const streams = { stdin: "piped", stdout: "null", stderr: "null" } as const;
  try {
    // Whoever kills the group of this program, as a pool does with its processes,
    // is not to kill the guard: what it has stopped would stay so.
    const detached = true;
    const options = { args, detached, ...streams };
    const child = new Deno.Command(program!, options).spawn();
    // It is no reason to go on.
    child.unref();
    const input = child.stdin.getWriter();
    child.status.then(() => input.abort().catch(() => {}));
    const written = Promise.resolve();
    const started = { child, input, isListening: false, written };
    started.written = write(started, "").then(() => {
      started.isListening = true;
    });
    return started;
  } catch {
    return undefined; // no shell is there, or no more can be started
  }
}

/** Who may run nothing but Deno has that run the shell. */
const relay = `data:text/javascript,await new Deno.Command("/bin/sh", {
  args: Deno.args, stdout: "null", stderr: "null" }).spawn().status`;

/** The command that runs a shell; undefined if no permission allows one. */
function shellCommand(args: string[]): string[] | undefined {
  const deno = Deno.execPath();
  // Nobody is to be asked at a terminal.
  const mayRun = (command: string) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted";
  if (isWindows) return undefined;
  if (mayRun("/bin/sh")) return ["/bin/sh", ...args];
  // What deno compile has made would not run another Deno, but itself.
  if (Deno.build.standalone || !mayRun(deno)) return undefined;
  const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock"];
  return [deno, "run", ...flags, "--allow-run=/bin/sh", relay, ...args];
}

function write(to: Guard, news: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${news}\n`);
  return to.written = to.input.write(bytes).catch(() => {});
}
