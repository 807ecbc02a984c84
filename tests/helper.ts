/**
 * What the tests share: permissions, what a lesson says, and running Deno as a
 * child.
 *
 * @module
 */

import { tell } from "../lib/lesson.ts";
import { stripAnsiCode } from "@std/fmt/colors";
import { terminal } from "../lib/lesson/output.ts";

const root = new URL("../", import.meta.url);

/** A permission a test needs, as in `deno test --allow-<name>`. */
export type Permission = "run" | "read" | "write" | "env" | "net";

/**
 * Registers a test that needs permissions, or takes long; without them it is
 * reported as ignored, so that a bare `deno test` passes, and soon.
 */
export function testWith(
  permissions: readonly Permission[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const ignore = permissions.some((name) =>
    Deno.permissions.querySync({ name }).state !== "granted"
  );
  Deno.test({ name, ignore, fn });
}

/**
 * Tells a lesson's story here, and gives what it prints without a terminal: the
 * spaces and line ends in it are single spaces.
 *
 * @param name The lesson's name, such as `09_iterators`.
 * @param values Values of its options, instead of their defaults.
 */
export async function transcript(
  name: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  // Where a lesson is graded, an import map says where it stands.
  const url = import.meta.resolve(`../lessons/${name}.ts`);
  await import(url);
  const lines: string[] = [];
  await tell(url, terminal((line) => lines.push(line), 80), values);
  return stripAnsiCode(lines.join("\n")).replace(/\s+/g, " ");
}

/** What a child printed and how it ended. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs Deno from the project's folder as CI would: no terminal, no prompt, no
 * standard input, no colours. Needs the `run` permission.
 */
export function deno(...args: string[]): Promise<Ran> {
  return runIn(root, ...args);
}

/** Runs Deno as `deno` does, but in another folder. */
export function runIn(folder: string | URL, ...args: string[]): Promise<Ran> {
  return runWith({}, folder, ...args);
}

/** Runs Deno as `runIn` does, with more variables of the environment. */
export async function runWith(
  env: Readonly<Record<string, string>>,
  folder: string | URL,
  ...args: string[]
): Promise<Ran> {
  const output = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) =>
    new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  return {
    code: output.code,
    stdout: text(output.stdout),
    stderr: text(output.stderr),
  };
}

/**
 * Runs a program given as text, with the project's imports; `mod.ts` and
 * `lib/lesson.ts` in it stand for those files. Needs the `run` permission.
 */
export async function runProgram(
  code: string,
  flags: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Ran> {
  const program = code.replace(
    /"(mod\.ts|lib\/lesson\.ts)"/g,
    (_, path) => `"${new URL(path, root).href}"`,
  );
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  // Code from a data: URL has to be allowed to import files.
  const needed = ["--config", "deno.json", "--allow-import", "--allow-read"];
  return await deno("run", "--no-prompt", ...needed, ...flags, url, ...args);
}
