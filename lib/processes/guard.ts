/**
 * Sees to it that no process outlives the program that started it.
 *
 * A process that is idle notices that its standard input has ended. One that
 * computes without a break notices nothing, so there is a guard: one more
 * process, which does nothing but wait for the same, and then ends the others.
 *
 * @module
 */

/** The processes that are to end with this program, by id. */
const guarded = new Set<number>();

/** There while there is something to guard. */
let guard: Guard | undefined;

/** The process that ends the others, and what tells it of them. */
interface Guard {
  readonly child: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
}

/** Notes that a process is to end with this program, however that ends. */
export function endWithProgram(pid: number): void {
  // If somebody has ended it, the next one guards all that it guarded.
  const isNew = !guard;
  guard ??= startGuard();
  guarded.add(pid);
  for (const other of isNew ? guarded : [pid]) tellGuard(`+${other}`);
}

/** Notes that a process has ended; with the last one, the guard ends too. */
export async function hasEnded(pid: number): Promise<void> {
  guarded.delete(pid);
  if (guarded.size > 0) return tellGuard(`-${pid}`);
  if (!guard) return;
  const { child, input } = guard;
  guard = undefined;
  child.ref();
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
  await input.abort().catch(() => {});
  await child.status;
}

function startGuard(): Guard {
  const flags = ["--no-prompt", "--quiet", "--no-lock", "--no-config"];
  const program = encodeURIComponent(guardProgram());
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--allow-run", `data:text/javascript,${program}`],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // What a terminal sends to all its programs is for this one, and not for
    // the guard, which has to be there when this one is gone.
    detached: Deno.build.os !== "windows",
  }).spawn();
  void child.status.then(() => {
    if (guard?.child === child) guard = undefined;
  });
  // A guard is no reason to go on.
  child.unref();
  return { child, input: child.stdin.getWriter() };
}

function tellGuard(news: string): void {
  const line = new TextEncoder().encode(`${news}\n`);
  // Only somebody else can have ended it: there will be another one.
  guard?.input.write(line).catch(() => {});
}

/** The guard's program. */
export function guardProgram(): string {
  return `(${standGuard})();`;
}

async function standGuard(): Promise<void> {
  // On Windows, Ctrl-C reaches every program of a console.
  Deno.addSignalListener("SIGINT", () => {});
  const processes = new Set<number>();
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let rest = "";
  for (;;) {
    // On Windows, the end of whoever writes can be an error.
    const count = await Deno.stdin.read(buffer).catch(() => null);
    if (count === null) break;
    rest += decoder.decode(buffer.subarray(0, count), { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const pid = Number(line.slice(1));
      if (line.startsWith("+")) processes.add(pid);
      else processes.delete(pid);
    }
  }
  // First the groups that they lead, if they do.
  for (const pid of [...processes].flatMap((pid) => [-pid, pid])) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It is gone, or there are no groups.
    }
  }
  Deno.exit();
}
