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

/**
 * Notes that a process is to end with this program, however that ends.
 *
 * @param pid The id of the process.
 * @throws If no more processes can be started.
 */
export function endWithProgram(pid: number): void {
  // If somebody has ended it, the next one guards all that it guarded.
  const isNew = !guard?.isThere;
  if (isNew) guard = new Guard();
  guarded.add(pid);
  for (const other of isNew ? guarded : [pid]) guard!.tell(`+${other}`);
}

/**
 * Notes that a process has ended. With the last one, the guard ends too.
 *
 * @param pid The id that the process had.
 */
export async function hasEnded(pid: number): Promise<void> {
  guarded.delete(pid);
  const last = guard;
  if (guarded.size > 0) return last?.tell(`-${pid}`);
  guard = undefined;
  await last?.end();
}

/** The process that ends the others. */
class Guard {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #isThere = true;

  constructor() {
    const flags = ["--no-prompt", "--quiet", "--no-lock", "--no-config"];
    const program = encodeURIComponent(guardProgram());
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, "--allow-run", `data:text/javascript,${program}`],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      // What a terminal sends to all its programs is for this one, and not for
      // the guard, which has to be there when this one is gone.
      detached: Deno.build.os !== "windows",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    void this.#child.status.then(() => this.#isThere = false);
    // A guard is no reason to go on.
    this.#child.unref();
  }

  /** Whether it runs. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Tells it of a process. */
  tell(news: string): void {
    const line = new TextEncoder().encode(`${news}\n`);
    // Only somebody else can have ended it: there will be another one.
    this.#input.write(line).catch(() => {});
  }

  /** Ends it, because nothing is left to guard. */
  async end(): Promise<void> {
    this.#child.ref();
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#input.abort().catch(() => {});
    await this.#child.status;
  }
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
  for (const pid of processes) {
    // First the group that it leads, if it does.
    for (const target of [-pid, pid]) {
      try {
        Deno.kill(target, "SIGKILL");
      } catch {
        // It is gone, or there are no groups.
      }
    }
  }
  Deno.exit();
}
