/**
 * Bundles the scripts of the book.
 *
 * @module
 */

import { createRequire } from "node:module";
import * as esbuild from "npm:esbuild@0.28.2";

/** Finds modules as Deno does: in the import map, and in its cache of npm. */
const resolver: esbuild.Plugin = {
  name: "deno",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(npm:|@std\/)/ }, ({ path }) => {
      const found = pathOf(import.meta.resolve(path));
      // Of sucrase as modules, a part can be left out.
      return {
        path: found.replace(
          /(sucrase.*[/\\]dist)[/\\]index\.js$/,
          "$1/esm/index.js",
        ),
        sideEffects: !found.includes("sucrase"),
      };
    });
    // Nobody asks for source maps.
    onResolve({ filter: /gen-mapping$/ }, ({ path }) => {
      return { path, namespace: "none" };
    });
    // What needs Node's modules starts programs, which no page does.
    onResolve(
      { filter: /^node:/ },
      ({ path }) => ({ path, namespace: "none" }),
    );
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: "" }));
    onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
      if (!importer) return undefined;
      return { path: createRequire(importer).resolve(path) };
    });
    // In the page, a lesson is loaded before its tests.
    onLoad({ filter: /tests\/helper\.ts$/ }, async ({ path }) => {
      const text = await Deno.readTextFile(path);
      const contents = text.replace("await import(url);", "")
        .replace("import.meta.resolve(`../lessons", "(`course:///lessons");
      if (!contents.includes("course:")) throw new Error("no lesson is loaded");
      return { contents, loader: "ts" };
    });
  },
};

/** Where a module is, as a path of this system. */
export function pathOf(url: string): string {
  const mapped = url.startsWith("npm:") ? import.meta.resolve(url) : url;
  const path = decodeURIComponent(new URL(mapped).pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

/**
 * Makes one script of a module and all that it imports.
 *
 * @param entry The module.
 * @param define What stands for global names.
 * @param keepsNames Whether functions and classes keep their names: they are
 * printed by them, and the library sends functions to its threads as text.
 */
async function bundle(
  entry: string,
  define: Record<string, string> = {},
  keepsNames = false,
): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [pathOf(new URL(entry, import.meta.url).href)],
    bundle: true,
    write: false,
    format: "iife",
    charset: "utf8",
    // What has `using` has all else that the course needs.
    target: "esnext",
    keepNames: keepsNames,
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: !keepsNames,
    define: {
      "import.meta.main": "false",
      "import.meta.url": '"course:///tests/helper.ts"',
      ...define,
    },
    plugins: [resolver],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

/**
 * Bundles the scripts.
 *
 * @returns The names of the files, and what is in them.
 */
export async function bundles(): Promise<[name: string, text: string][]> {
  try {
    const prelude = JSON.stringify(await bundle("client/prelude.ts"));
    const [page, runtime] = await Promise.all([
      bundle("client/page.ts", { PRELUDE: prelude }),
      bundle("client/lesson_thread.ts", {}, true),
    ]);
    // Threads start from a text, which is all that a page from the disk can do.
    return [
      ["book.js", page],
      ["runtime.js", `globalThis.runtime=${JSON.stringify(runtime)};\n`],
    ];
  } finally {
    await esbuild.stop();
  }
}
