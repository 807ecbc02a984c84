/**
 * What a report's results depend on, besides the submissions.
 *
 * @module
 */

import { createHash } from "node:crypto";
import config from "../../deno.json" with { type: "json" };
import type { Run } from "../reports/report.ts";
import { order } from "./files.ts";
import { hashOf } from "./shard.ts";
import type { Submission } from "./submissions.ts";
import { type Kit, lessonFile } from "../sandbox/kit.ts";

/**
 * Describes a run; its date is that of its end.
 *
 * @param kit What it graded with.
 * @param submissions All of the class.
 * @param seed What the fresh inputs were drawn with.
 * @returns The description, for the report.
 */
export async function runOf(
  kit: Kit,
  submissions: readonly Submission[],
  seed: number,
): Promise<Omit<Run, "date">> {
  const own = [...kit.lessons.values()].map(lessonFile);
  const files = [...filesIn(`${kit.folder}/kit`), ...own];
  const hash = createHash("sha256");
  for (const file of files) {
    // A checkout on Windows may have other line ends.
    const text = (await Deno.readTextFile(file)).replaceAll("\r\n", "\n");
    hash.update(`${text.length} ${text}`);
  }
  return {
    submissions: hashOf(submissions),
    seed,
    deno: Deno.version.deno,
    course: config.version,
    tests: hash.digest("hex").slice(0, 12),
  };
}

/** The files in a folder and its subfolders, in an order that is the same everywhere. */
function filesIn(folder: string): string[] {
  const entries = [...Deno.readDirSync(folder)]
    .toSorted((a, b) => order(a.name, b.name));
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesIn(path) : [path];
  });
}
