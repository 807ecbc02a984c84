/**
 * A program in a process group of its own, of which nothing is left over.
 *
 * @module
 */

/** How a program ended, and what it printed. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it ended by itself before the deadline. */
  readonly inTime: boolean;
}

/**
 * Runs a program and everything that it starts.
 *
 * @param command The program and its arguments.
 * @param deadline How long it may take, in milliseconds, before all of it is
 * killed.
 * @param onLine Given each line that it prints, and the program's id; what it
 * promises is waited for before the rest is killed.
 * @returns How it ended.
 */
export async function runGroup(
  [file, ...args]: readonly string[],
  deadline: number,
  onLine: (line: string, pid: number) => unknown = () => {},
): Promise<Ended> {
  const child = new Deno.Command(file!, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: Deno.build.os !== "windows",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const told: unknown[] = [];
  const output = readLines(
    child.stdout,
    (line) => told.push(onLine(line, child.pid)),
  );

  let timer;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, deadline, false);
  });
  const inTime = await Promise.race([child.status.then(() => true), late]);
  clearTimeout(timer);
  await Promise.all(told);
  killGroup(child);
  return { stdout: await output, stderr: await errors, inTime };
}

/** Kills a program, and on systems that have groups what it started. */
function killGroup(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") child.kill("SIGKILL");
    else Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<string> {
  let all = "";
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    all += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
  return all;
}
