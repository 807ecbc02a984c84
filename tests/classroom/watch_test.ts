/** The keys of `exercise --watch`, pressed in a pseudo-terminal. */

import { assert, assertEquals } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { runIn, testWith } from "../helper.ts";

const root = new URL("../../", import.meta.url);

/** A program that gives another one a terminal, of the util-linux project. */
const hasTerminal = Deno.build.os === "linux" && await isThere("script");

async function isThere(program: string): Promise<boolean> {
  const { state } = Deno.permissions.querySync({ name: "run" });
  if (state !== "granted") return false;
  const command = new Deno.Command(program, {
    args: ["--version"],
    stdout: "null",
    stderr: "null",
  });
  return (await command.output().catch(() => undefined))?.success === true;
}

/** A program in a terminal: what it shows, and its keys. */
class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #shown: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(command: string, cwd: string) {
    this.#child = new Deno.Command("script", {
      args: [
        "--quiet",
        "--return",
        "--flush",
        "--command",
        command,
        "/dev/null",
      ],
      cwd,
      env: { TERM: "xterm", NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#shown = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  async press(key: string): Promise<void> {
    this.#text = "";
    await this.#keys.write(new TextEncoder().encode(key));
  }

  /** Waits until something is shown, since the last key was pressed. */
  async until(wanted: RegExp): Promise<string> {
    for (;;) {
      const text = stripAnsiCode(this.#text);
      if (wanted.test(text)) return text;
      const { value, done } = await this.#shown.read();
      if (done) throw new Error(`${wanted} was not shown, but:\n${text}`);
      this.#text += value;
    }
  }

  async code(): Promise<number> {
    while (!(await this.#shown.read()).done);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keys.close().catch(() => {});
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
  }
}

testWith(
  hasTerminal ? ["run", "read", "write"] : ["run", "net"],
  "exercise --watch: h hints, l lists, r runs again, n goes to the next lesson, q quits",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "watch-" });
    try {
      const out = `${folder}/class`;
      const assign = ["task", "--quiet", "assign", "9,12", "--out", out];
      assertEquals((await runIn(root, ...assign)).code, 0);
      const watch = `${Deno.execPath()} task --quiet exercise 9 --watch`;
      await using terminal = new Terminal(watch, out);
      await terminal.until(/next {2}isIterable: [^]*n next lesson .* q quit/);
      await terminal.press("h");
      await terminal.until(/hint 1 of 3: /);
      await terminal.press("H");
      await terminal.until(/hint 2 of 3: /);
      await terminal.press("l");
      const list = await terminal.until(/Next: deno task exercise 09/);
      assert(/^09 .*0 of 4.*\r?\n12 .*0 of 5/m.test(list), list);
      await terminal.press("r");
      await terminal.until(/Checking lessons\/09[^]*0 of 4[^]*q quit/);
      const path = "lessons/09_iterators.ts";
      await Deno.copyFile(new URL(path, root), `${out}/${path}`);
      await terminal.until(/4 of 4 solved[^]*--ways[^]*q quit/);
      await terminal.press("n");
      await terminal.until(/Checking lessons\/12[^]*0 of 5 solved[^]*q quit/);
      await terminal.press("q");
      assertEquals(await terminal.code(), 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
