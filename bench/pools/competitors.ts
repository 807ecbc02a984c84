/**
 * The pools that are compared, and how their programs are started: each under
 * the runtime that it is made for.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { run } from "../../mod.ts";

/** A pool, with one kind of worker. */
export interface Competitor {
  readonly name: string;
  /** The file of its adapter in this folder. */
  readonly adapter: string;
  readonly kind: "thread" | "process" | "elsewhere";
  readonly runtime: "Deno" | "Node" | "Python";
}

/** Ours on another machine, where LAUNCHER says how to get there. */
const elsewhere: readonly Competitor[] = Deno.env.get("LAUNCHER")
  ? [{
    name: "Pool, other machine",
    adapter: "ours.mjs",
    kind: "elsewhere",
    runtime: "Deno",
  }]
  : [];

/** All pools; ours come first. */
export const competitors: readonly Competitor[] = [
  { name: "Pool", adapter: "ours.mjs", kind: "thread", runtime: "Deno" },
  {
    name: "Pool, processes",
    adapter: "ours.mjs",
    kind: "process",
    runtime: "Deno",
  },
  ...elsewhere,
  { name: "piscina", adapter: "piscina.mjs", kind: "thread", runtime: "Node" },
  {
    name: "tinypool",
    adapter: "tinypool.mjs",
    kind: "thread",
    runtime: "Node",
  },
  {
    name: "tinypool, processes",
    adapter: "tinypool.mjs",
    kind: "process",
    runtime: "Node",
  },
  {
    name: "workerpool",
    adapter: "workerpool.mjs",
    kind: "thread",
    runtime: "Node",
  },
  {
    name: "workerpool, processes",
    adapter: "workerpool.mjs",
    kind: "process",
    runtime: "Node",
  },
  {
    name: "poolifier",
    adapter: "poolifier.mjs",
    kind: "thread",
    runtime: "Deno",
  },
  {
    name: "multithreading",
    adapter: "multithreading.mjs",
    kind: "thread",
    runtime: "Deno",
  },
  {
    name: "Python",
    adapter: "python_pool.py",
    kind: "process",
    runtime: "Python",
  },
];

const folder = new URL("./", import.meta.url);

/** A place from which every competitor's programs can be started. */
export class Installation implements AsyncDisposable {
  readonly #node: string;
  readonly #runtimes: ReadonlyMap<string, string>;

  private constructor(node: string, runtimes: ReadonlyMap<string, string>) {
    this.#node = node;
    this.#runtimes = runtimes;
  }

  /** Finds the runtimes, and installs what Node needs in a temporary folder. */
  static async make(): Promise<Installation> {
    const node = await Deno.makeTempDir({ prefix: "pools-" });
    const runtimes = new Map([["Deno", `Deno ${Deno.version.deno}`]]);
    for (
      const [name, file] of [["Node", "node"], ["Python", python]] as const
    ) {
      const done = await run([file, "--version"]).catch(() => undefined);
      if (done?.success) {
        runtimes.set(name, `${name} ${done.stdout.replace(/[^\d.]/g, "")}`);
      }
    }
    if (runtimes.has("Node")) await installForNode(node);
    return new Installation(node, runtimes);
  }

  /** Under what a competitor runs, with the version; undefined if not here. */
  runtimeOf({ runtime }: Competitor): string | undefined {
    return this.#runtimes.get(runtime);
  }

  /**
   * How to start a program with a competitor.
   *
   * @param competitor Which pool.
   * @param program The file of the program, without its ending.
   * @param args What else it is told.
   * @param memory How much memory it may use at most under Deno, in MB.
   */
  command(
    competitor: Competitor,
    program: string,
    args: string[],
    memory?: number,
  ): string[] {
    const { adapter, kind, runtime } = competitor;
    const words = [adapter, kind, ...args];
    const inFolder = (file: string) => fileURLToPath(new URL(file, folder));
    switch (runtime) {
      case "Deno":
        return [
          Deno.execPath(),
          "run",
          "--quiet",
          "--no-lock",
          "--allow-all",
          // Workers of Deno have no limit of their own.
          ...(memory ? [`--v8-flags=--max-old-space-size=${memory}`] : []),
          inFolder(`${program}.mjs`),
          ...words,
        ];
      case "Node":
        return ["node", `${this.#node}/${program}.mjs`, ...words];
      case "Python":
        return [python, inFolder(adapter), program, ...args];
    }
  }

  /** Removes the temporary folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#node, { recursive: true });
  }
}

const python = Deno.build.os === "windows" ? "python" : "python3";

/**
 * Copies the programs for Node, which knows no `npm:`, and installs the
 * versions that these import.
 */
async function installForNode(target: string): Promise<void> {
  const dependencies: Record<string, string> = {};
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".mjs")) continue;
    const source = await Deno.readTextFile(new URL(name, folder));
    const text = source.replaceAll(
      /"npm:([^"@]+)@([\d.]+)"/g,
      (_, name, version) => {
        dependencies[name] = version;
        return `"${name}"`;
      },
    );
    await Deno.writeTextFile(`${target}/${name}`, text);
  }
  await Deno.writeTextFile(
    `${target}/package.json`,
    JSON.stringify({ private: true, dependencies }),
  );
  const install = [Deno.execPath(), "install", "--quiet", "--no-lock"];
  await run(install, { cwd: target, check: true });
}
