import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { FunctionProcess, Pool, WorkerDiedError } from "../../mod.ts";
import { runProgram } from "../helper.ts";

/** How to start a process elsewhere, and how to end that again. */
interface Elsewhere extends AsyncDisposable {
  readonly launcher: readonly string[];
}

/** A stand-in for `docker run -i`: another process in between, and no more. */
function standIn(): Elsewhere {
  const deno = Deno.execPath().replace(/[/\\][^/\\]*$/, "");
  const script = `export PATH="${deno}:$PATH"; "$@"; exit $?`;
  return {
    launcher: ["sh", "-c", script, `stand-in-${crypto.randomUUID()}`],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A real sshd on this machine, for this test alone. */
async function overSsh(): Promise<Elsewhere> {
  const folder = await Deno.makeTempDir();
  const run = async (...[program, ...args]: string[]) => {
    const { success, stderr } = await new Deno.Command(program!, { args })
      .output();
    assert(success, new TextDecoder().decode(stderr));
  };
  for (const name of ["host", "key"]) {
    const file = `${folder}/${name}`;
    await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file);
  }
  await Deno.copyFile(`${folder}/key.pub`, `${folder}/authorized`);
  const port = anyPort();
  const deno = Deno.execPath().replace(/\/[^/]*$/, "");
  await Deno.writeTextFile(
    `${folder}/config`,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host`,
      "PidFile none",
      `AuthorizedKeysFile ${folder}/authorized`,
      "StrictModes no",
      "UsePAM no",
      `SetEnv PATH=${deno}:/usr/bin:/bin`,
    ].join("\n"),
  );
  await Deno.mkdir("/run/sshd", { recursive: true });
  const server = new Deno.Command("/usr/sbin/sshd", {
    args: ["-D", "-e", "-f", `${folder}/config`],
    stderr: "piped",
  }).spawn();
  const reader = server.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let said = ""; !said.includes("listening");) {
    said += (await reader.read()).value ?? "listening";
  }
  reader.releaseLock();
  const known = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
  const options = [...known, "LogLevel=ERROR"].flatMap((it) => ["-o", it]);
  const who = ["-F", "none", "-i", `${folder}/key`, "-p", String(port)];
  return {
    launcher: ["ssh", ...who, ...options, "127.0.0.1"],
    async [Symbol.asyncDispose]() {
      server.kill();
      await server.stderr.cancel().catch(() => {});
      await server.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A port that is most likely free; to find one for certain needs the network. */
function anyPort(): number {
  return 20_000 + Math.floor(Math.random() * 12_000);
}

function hasFullAccess(): boolean {
  return (["run", "read", "write", "env"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What a command prints. */
function outputOf(program: string, ...args: string[]): string {
  const { stdout } = new Deno.Command(program, { args }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

/** Whether a process lives, and is no zombie. */
function lives(pid: number): boolean {
  return /^[^Z]/.test(outputOf("ps", "-o", "stat=", "-p", String(pid)));
}

async function isGone(pid: number): Promise<void> {
  for (let tries = 0; lives(pid); tries++) {
    assert(tries < 600, `process ${pid} still lives`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The processes of a launcher that this program has started, and of no other. */
function launched(launcher: readonly string[]): number[] {
  const mark = launcher.find((word) => /stand-in-|\/key$/.test(word))!;
  const found = outputOf("pgrep", "-P", String(Deno.pid), "-f", "--", mark);
  return found.split("\n").map(Number).filter(Boolean);
}

/** A pool elsewhere whose worker says its pid, then computes for ever. */
async function looping(launcher: readonly string[], lostAfter: number) {
  const said = Promise.withResolvers<number>();
  const pool = new Pool({
    workers: 1,
    isolation: "process",
    launcher,
    lostAfter,
    onOutput: (text) => said.resolve(Number(text)),
  });
  const loop = pool.apply(() => {
    console.log(Deno.pid);
    for (;;);
  });
  loop.catch(said.reject);
  const pid = await said.promise;
  const started = launched(launcher);
  assertEquals(started.length, 1);
  return { pool, loop, pid, started };
}

const ways = {
  "by a stand-in": standIn,
  "over ssh": overSsh,
};

for (const [way, open] of Object.entries(ways)) {
  const ignore = !hasFullAccess() || Deno.build.os !== "linux" ||
    way === "over ssh" && !isThere("/usr/sbin/sshd");
  const test = (name: string, fn: (launcher: readonly string[]) => unknown) =>
    Deno.test({
      name: `A pool elsewhere, ${way}: ${name}`,
      ignore,
      fn: async () => {
        await using elsewhere = await open();
        await fn(elsewhere.launcher);
      },
    });

  test("gives values, errors and output as one here does", async (launcher) => {
    let printed = "";
    await using pool = new Pool({
      workers: 2,
      isolation: "process",
      launcher: () => launcher,
      permissions: { read: ["/etc"] },
      onOutput: (text) => void (printed += text),
    });
    assertEquals(await pool.map((x: number) => x * 2, [1, 2, 3]), [2, 4, 6]);
    const big = new Uint8Array(1_000_000).fill(7);
    assertEquals(await pool.apply((b: Uint8Array) => b, [big]), big);
    await assertRejects(
      () => pool.apply(() => JSON.parse("{")),
      SyntaxError,
    );
    await pool.apply(() => Deno.readTextFileSync("/etc/hosts"));
    await assertRejects(
      () => pool.apply(() => Deno.readTextFileSync("/proc/self/status")),
      Deno.errors.NotCapable,
    );
    await pool.apply(() => console.log("printed there"));
    await pool.close();
    assertEquals(printed, "printed there\n");
  });

  test("replaces a worker that exits or computes too long", async (launcher) => {
    await using pool = new Pool({
      workers: 1,
      isolation: "process",
      launcher,
    });
    const pid = await pool.apply(() => Deno.pid);
    const error = await assertRejects(
      () => pool.apply(() => Deno.exit(4)),
      WorkerDiedError,
      "exited with code 4",
    );
    assertEquals(error.exitCode, 4);
    await isGone(pid);
    const endless = () => {
      for (;;);
    };
    await assertRejects(
      () => pool.apply(endless, [], { timeout: 100 }),
      DOMException,
      "took over 100 ms",
    );
    assertEquals(await pool.apply(() => 1), 1);
  });

  test("has nothing left when it is terminated", async (launcher) => {
    const { pool, loop, pid, started } = await looping(launcher, 30_000);
    pool.terminate();
    await assertRejects(() => loop, DOMException, "terminated");
    await isGone(pid);
    for (const child of started) await isGone(child);
  });

  test("says so when the launcher is killed", async (launcher) => {
    const { pool, loop, pid, started } = await looping(launcher, 30_000);
    for (const child of started) Deno.kill(child, "SIGKILL");
    await assertRejects(() => loop, WorkerDiedError, "lost its connection");
    await isGone(pid);
    assertEquals(await pool.apply(() => "a new one"), "a new one");
    await pool.close();
  });

  test("does not outlive a program that is killed", async (launcher) => {
    const { stdout } = await runProgram(
      `import { FunctionProcess } from "mod.ts";
       const child = new FunctionProcess(() => {
         console.log(Deno.pid);
         for (;;);
       }, {
         launcher: ${JSON.stringify(launcher)},
         onOutput: (pid) => {
           console.log(pid);
           Deno.kill(Deno.pid, "SIGKILL");
         },
       });
       child.start();`,
      ["--allow-run"],
    );
    assertMatch(stdout, /^\d+\s*$/);
    await isGone(Number(stdout));
  });

  // A stand-in is no line that could be cut: its streams lead there directly.
  if (way !== "over ssh") continue;

  test("says so when the line is cut, and ends on both sides", async (launcher) => {
    const { pool, loop, pid, started } = await looping(launcher, 5_000);
    for (const child of started) Deno.kill(child, "SIGSTOP");
    await assertRejects(
      () => loop,
      WorkerDiedError,
      "lost its connection: silent for 5000 ms",
    );
    await isGone(pid);
    for (const child of started) await isGone(child);
    pool.terminate();
  });
}

Deno.test({
  name: "a launcher that passes on whole lines only, as srun does, will do",
  ignore: !hasFullAccess() || Deno.build.os !== "linux",
  fn: async () => {
    const { launcher: [sh, c, script, ...rest] } = standIn();
    const byLine = script!.replace('"$@"', '"$@" | LC_ALL=C sed -u ""');
    await using pool = new Pool({
      workers: 1,
      isolation: "process",
      launcher: [sh!, c!, byLine, ...rest],
    });
    assertEquals(await pool.map((x: number) => x * 2, [1, 2]), [2, 4]);
    const bytes = new Uint8Array(70_000).fill(10);
    assertEquals(await pool.apply((b: Uint8Array) => b, [bytes]), bytes);
  },
});

const broken = [
  ["cannot reach its machine", "exit 255", "ended with code 255"],
  [
    "prints something of its own",
    "echo Welcome to Ada; exec sleep 60",
    'printed "Welcome to Ada\\n" (string)',
  ],
] as const;

for (const [what, script, why] of broken) {
  Deno.test({
    name: `a launcher that ${what} is named`,
    ignore: !hasFullAccess() || Deno.build.os === "windows",
    fn: async () => {
      const child = new FunctionProcess(() => 1, {
        launcher: ["sh", "-c", script],
      });
      child.start();
      await assertRejects(
        () => child.join(),
        WorkerDiedError,
        `lost its connection: sh ${why}`,
      );
    },
  });
}
