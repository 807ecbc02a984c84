/**
 * What the course uses of `Deno`, in a thread of a browser.
 *
 * @module
 */

import { inspect } from "./inspect.ts";

/** Puts a `Deno` into this thread; `exit` ends it. */
export function installDeno(exit: (code: number) => void): void {
  const refuse = () => {
    throw new Error("a page in a browser cannot do this");
  };
  const terminal = { isTerminal: () => false };
  const scope = globalThis as unknown as { Deno: unknown };
  scope.Deno ??= {
    args: [],
    noColor: true,
    pid: 1,
    ppid: 0,
    exitCode: 0,
    errors: {},
    version: { deno: "0.0.0", v8: "", typescript: "" },
    build: { os: systemOf(navigator.userAgent), standalone: false },
    stdin: terminal,
    stdout: terminal,
    inspect,
    exit: (code = 0) => {
      exit(code);
      throw new Error("this thread has ended");
    },
    permissions: { querySync: () => ({ state: "denied" }) },
    cwd: () => "/",
    execPath: () => "deno",
    env: { get: () => undefined },
    Command: refuse,
    readTextFileSync: refuse,
  };
}

function systemOf(agent: string): string {
  if (/Windows/.test(agent)) return "windows";
  return /Mac OS|iPhone|iPad/.test(agent) ? "darwin" : "linux";
}
