/**
 * How a child Deno is started that runs tasks.
 *
 * @module
 */

import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { HostOptions } from "../workers/host.ts";
import { namesOf, textOfParts } from "../workers/program.ts";
import { startProcess } from "./far_process.ts";
import { Codec, nodeProcess } from "./ipc.ts";
import { pathOf, permissionFlags, refusedPermissions } from "./permissions.ts";
import { type Child, guardCommand, Remote } from "./remote.ts";

/** Made once, because every process runs the same program. */
let program: string | undefined;

/** Starts a process; throws NotCapable if this program may not run Deno. */
export function startDeno(
  options: HostOptions,
  detached: boolean,
): Child {
  const { module, memory, permissions = {}, caller, onOutput } = options;
  const { launcher, lostAfter = 30_000 } = options;
  checkMayRun(caller, launcher?.[0]);
  const flags = ["--no-prompt", "--quiet", "--no-lock", ...configOf(module)];
  if (memory !== undefined) {
    flags.push(`--v8-flags=--max-old-space-size=${memory}`);
  }
  flags.push(...permissionFlags(permissions));
  const refused = refusedPermissions(permissions);
  const text = encodeURIComponent(childProgram(module, refused));
  const args = [...flags, `data:text/javascript,${text}`];
  if (launcher) {
    const [first = "", ...rest] = [...launcher, ...guardCommand()];
    const started = spawn(first, rest, {
      stdio: ["pipe", "pipe", "inherit"],
      env: environment(),
    });
    const isHeard = onOutput !== undefined;
    const { child } = new Remote(started, args, lostAfter, isHeard);
    child.send(farProgram());
    return child as unknown as Child;
  }
  // This program's standard output is for its own results.
  const output = onOutput ? "pipe" : 2;
  const child = spawn(Deno.execPath(), ["run", ...args], {
    // Its streams are the task's, and there is nothing to read.
    stdio: ["ignore", output, output, "ipc"],
    serialization: "advanced",
    detached,
    env: environment(),
  });
  child.send?.(farProgram(), () => {});
  return child as Child;
}

/** What a process runs; made once. */
function farProgram(): string {
  return program ??= processProgram();
}

/** Starts a program by `node:child_process`. */
function spawn(
  program: string,
  args: string[],
  options: SpawnOptions,
): ChildProcess {
  const { spawn } = nodeProcess().getBuiltinModule("node:child_process");
  const { get } = Deno.env;
  // It looks for options of Node's in the environment, which this program may
  // not be allowed to read.
  Deno.env.get = () => undefined;
  try {
    return spawn(program, args, options);
  } finally {
    Deno.env.get = get;
  }
}

/** Refuses to start what cannot be started. */
function checkMayRun(caller: string, launcher: string | undefined): void {
  if (Deno.build.standalone && !launcher) {
    // It would start itself, and that one itself, and so on.
    throw new Error(
      `${caller}: a program made by deno compile contains no Deno that could ` +
        `run a process of its own; a worker runs in it`,
    );
  }
  const command = launcher ?? Deno.execPath();
  // It asks, at a terminal.
  const { state } = Deno.permissions.requestSync({ name: "run", command });
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `${caller}: ${
      launcher ?? "a process of its own is another Deno, which"
    } this program may not run: start it with deno run --allow-run=${command} …`,
  );
}

/** The environment of this program, once it had to be asked for. */
let asked: Record<string, string> | undefined;

/**
 * The environment of a process. Node's way of starting one passes on only what
 * this program can read; but another Deno, which it may run, can be asked.
 */
function environment(): Record<string, string> {
  const { state } = Deno.permissions.querySync({ name: "env" });
  const all = state === "granted"
    ? Deno.env.toObject()
    : asked ??= askEnvironment();
  // Each Deno that is started this way would make a `node` for its programs.
  return { ...all, DENO_DISABLE_NODE_SHIM: "1" };
}

function askEnvironment(): Record<string, string> {
  const program = "console.log(JSON.stringify(Deno.env.toObject()))";
  const flags = ["--quiet", "--no-prompt", "--no-lock", "--no-config"];
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--allow-env", `data:text/javascript,${program}`],
    stderr: "null",
  }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The program of a process until it is told the rest, for want of room. */
export function childProgram(
  module: string | undefined,
  refused: readonly string[],
): string {
  // That the import is written out and not computed, allows it without a
  // permission to read files.
  const load = module ? `() => import(${JSON.stringify(module)})` : "undefined";
  return `import node from "node:process";
node.once("message", (program) =>
  (0, eval)(program)({ node, load: ${load}, refused: ${
    JSON.stringify(refused)
  } }));`;
}

/** The program of a process: a function that takes what it is started with. */
export function processProgram(): string {
  const parts = () => [startProcess, Codec];
  const [start] = namesOf(parts);
  return `(start) => {\n${textOfParts([parts])}\n${start}(start);\n}`;
}

/** The flags by which a module's imports are found. */
function configOf(module: string | undefined): string[] {
  if (!module?.startsWith("file:")) return ["--no-config"];
  const here = new URL("./", module);
  for (const name of ["deno.json", "deno.jsonc"]) {
    const file = new URL(name, here);
    if (isThere(file)) return ["--config", pathOf(file)];
  }
  if (isThere(new URL("package.json", here))) {
    return ["--no-config", "--node-modules-dir=manual"];
  }
  const isTop = here.pathname === new URL("../", here).pathname;
  return configOf(isTop ? undefined : new URL("../x", here).href);
}

function isThere(file: URL): boolean {
  // Nobody is to be asked at a terminal, folder after folder.
  const { state } = Deno.permissions.querySync({ name: "read", path: file });
  try {
    return state === "granted" && Deno.statSync(file).isFile;
  } catch {
    // Not there, or in a folder that is not for this program's user.
    return false;
  }
}
