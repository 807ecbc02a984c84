/**
 * The command that runs a lesson, as somebody can type it where they are.
 *
 * @module
 */

/** Where a lesson's module was loaded from: its `import.meta`, or a part of it. */
export interface Place {
  /** The address of the module. */
  readonly url: string;
  /** Its path, if it is a file. */
  readonly filename?: string;
}

/**
 * The command that runs a lesson of the same course.
 *
 * A lesson of a checkout is named by its path; one from JSR by its package; one
 * from another address needs the import map beside it.
 *
 * @param place Where the running lesson was loaded from.
 * @param name The lesson to run, such as `04_child_processes`.
 * @param needsRun Whether that one needs `--allow-run`.
 */
export function commandOf(
  place: Place,
  name: string,
  needsRun: boolean,
): string {
  const words = ["deno run", needsRun ? "--allow-run" : ""];
  const sibling = place.url.replace(/[^/]*$/, `${name}.ts`);
  const published = packageOf(place.url);
  if (published) words.push(`jsr:${published}/${Number.parseInt(name)}`);
  else if (place.filename !== undefined) {
    const path = pathOf(place).replace(/[^/]*$/, `${name}.ts`);
    words.push(path.includes(" ") ? `"${path}"` : path);
  } else if (URL.canParse("..", place.url)) {
    words.push(`--import-map=${new URL("../deno.json", place.url)}`, sibling);
  } else words.push(place.url);
  return words.filter(Boolean).join(" ");
}

/** A lesson's file as one types it where one is; an address if it is no file. */
export function pathOf({ url, filename }: Place): string {
  if (filename === undefined) return url;
  const folder = Deno.cwd();
  const inside = filename.startsWith(folder) &&
    /^[/\\]/.test(filename.slice(folder.length));
  const path = inside ? filename.slice(folder.length + 1) : filename;
  // Windows takes both, and only this one is the same for all who read it.
  return /^(\w:|\w+)\\/.test(path) ? path.replaceAll("\\", "/") : path;
}

/** The name of the package on JSR that an address is part of. */
function packageOf(url: string): string | undefined {
  return /^https?:\/\/[^/]+\/(@[\w-]+\/[\w-]+)\/\d+\.\d+\.\d+[^/]*\/lessons\/\w+\.ts$/
    .exec(url)?.[1];
}
