/**
 * Tells a lesson in Deno and prints what it says, line by line as JSON:
 * `deno run record.ts lessons/03_pool.ts FOLDER VALUES`. FOLDER is for a copy;
 * VALUES are those of the lesson's options, the others have their defaults.
 *
 * @module
 */

import { compile } from "./compile.ts";
import { Teller } from "./tell.ts";

const systems: Readonly<Record<string, string>> = {
  windows: "Windows",
  darwin: "macOS",
  linux: "Linux",
};

/** What a line of the record begins with; other lines are what workers print. */
export const mark = "\u0001";

if (import.meta.main) {
  const [path = "", folder = "", values = "{}"] = Deno.args;
  const print = console.log;
  const write = (part: unknown) => print(mark + JSON.stringify(part));
  const teller = new Teller(path, write, (line) => write({ at: line }));
  Object.assign(globalThis, { course: teller.module.bind(teller) });
  console.log = (...words) => teller.log(words.join(" "));
  const source = await Deno.readTextFile(
    new URL(`../${path}`, import.meta.url),
  );
  // A stack shortens the address of a module that is no file.
  const copy = `${folder}/${path}`.replaceAll("\\", "/");
  await Deno.mkdir(copy.replace(/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(copy, compile(source, path));
  await import(new URL(`file:///${copy.replace(/^\//, "")}`).href);
  await teller.tell(JSON.parse(values));
  const cores = navigator.hardwareConcurrency;
  write({
    ...teller.settings,
    machine: `Deno ${Deno.version.deno} on ${systems[Deno.build.os]}, ` +
      `${cores} processor${cores === 1 ? "" : "s"}`,
    date: new Date().toISOString().slice(0, 10),
  });
  Deno.exit();
}
