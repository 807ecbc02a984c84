/**
 * Checks in a notebook what a reader has written there.
 *
 * @module
 */

import { printInNotebook } from "../lib/lesson/notebook.ts";
import { textOf } from "../lib/workers/task.ts";

const root = new URL("../", import.meta.url);

/**
 * Runs the tests of a function of a lesson with another one in its place, and
 * prints whether they pass, or what the first that fails says.
 *
 * @param lesson The lesson, such as `11_lambdas`.
 * @param written The function or class that takes the place of the lesson's.
 * @param part What of it is tested, such as a method; its name unless given.
 */
export async function check(
  lesson: string,
  // deno-lint-ignore ban-types
  written: Function,
  part: string = written.name,
): Promise<void> {
  const { name } = written;
  const path = `lessons/${lesson}.ts`;
  const source = await Deno.readTextFile(new URL(path, root));
  const folder = await Deno.makeTempDir();
  try {
    const copy = new URL(`file:///${folder.replace(/^\//, "")}/lesson.ts`);
    await Deno.writeTextFile(copy, withAnother(source, name, textOf(written)));
    const config = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", root)),
    );
    const imports = { ...config.imports, [`${root}${path}`]: copy.href };
    const map = `${folder}/map.json`;
    await Deno.writeTextFile(map, JSON.stringify({ imports }));
    const test = new URL(`tests/${lesson}_test.ts`, root).pathname;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-check", "--no-config", "--no-lock", "-A"].concat(
        [`--import-map=${map}`, `--filter=/^${part}\\b/`, test],
      ),
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    const output = [stdout, stderr].map((it) => decoder.decode(it)).join("\n");
    await printInNotebook(verdictOf(part, output));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A lesson in which something declared stands aside for what was written. */
function withAnother(source: string, name: string, written: string): string {
  const declared = new RegExp(
    `^export ((?:async )?(?:function\\*?|class|const)) ${name}\\b`,
    "gm",
  );
  const isNamed = new RegExp(`^(async )?(function\\*?|class) ${name}\\b`);
  const another = isNamed.test(written)
    ? `export ${written}`
    : `export const ${name} = ${written};`;
  let isFirst = true;
  return source.replace(declared, (_, kind) => {
    const before = isFirst ? `${another}\n\n` : "";
    isFirst = false;
    return `${before}${kind} ${name}OfTheLesson`;
  }).replace(/"\.\.\/(.*\.ts)"/g, (_, path) => `"${new URL(path, root)}"`);
}

/** What a run of tests says of a function. */
function verdictOf(name: string, output: string): string {
  const [, passed] = /^ok \| (\d+) passed/m.exec(output) ?? [];
  if (Number(passed) > 0) return `${name} is right: ${passed} tests pass.`;
  const [, test, why] =
    /^ ?ERRORS? *\n+(.*) =>.*\n(?:error: )?([^]*?)\n+(?: {2,}at | {2}throw )/m
      .exec(output) ?? [];
  return test
    ? `${name} is not right yet. ${test}\n${why}`
    : `${name} cannot be tested:\n${output.trim()}`;
}
