/**
 * What a lesson imports, and what it may import while it is graded.
 *
 * @module
 */

/** The part of what `deno info --json` prints that is used. */
export interface DenoInfo {
  readonly modules: readonly DenoModule[];
}

/** A module, and what it imports. */
export interface DenoModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/**
 * What the modules of a folder import.
 *
 * @param modules What `deno info` found.
 * @param folder The address of the folder.
 * @returns Each import, as it is written, and where that is.
 */
export function importsOf(
  modules: DenoInfo["modules"],
  folder: string,
): (readonly [name: string, address: string])[] {
  return modules.filter(({ specifier }) => specifier.startsWith(folder))
    .flatMap(({ dependencies = [] }) =>
      dependencies.map(({ specifier, code, type }) =>
        [specifier, code?.specifier ?? type?.specifier ?? ""] as const
      )
    );
}

/**
 * The first import that grading does not allow.
 *
 * @param imports What is imported, as it is written, and where that is.
 * @param allowed The addresses that may be imported.
 * @param own The address of the lesson's folder, of which all may be.
 * @returns The import, as it is written, if there is one.
 */
export function refusedIn(
  imports: Iterable<readonly [name: string, address: string]>,
  allowed: readonly string[],
  own: string,
): string | undefined {
  for (const [name, address] of imports) {
    if (!allowed.includes(address) && !address.startsWith(own)) return name;
  }
  return undefined;
}

/**
 * The files of a project that a lesson may import: `mod.ts`, what it is made
 * of, and how lessons talk.
 *
 * @param read Reads a file of the project.
 * @returns Their paths.
 */
export async function openedFiles(
  read: (path: string) => Promise<string>,
): Promise<string[]> {
  const parts = (await read("mod.ts")).matchAll(/ from "\.\/(lib\/[^"]+)"/g);
  return ["mod.ts", "lib/lesson.ts", ...[...parts].map(([, path]) => path!)];
}
