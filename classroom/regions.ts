/** Temporary. */
export interface Region {
  readonly name: string;
  readonly task: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
export function regionsOf(source: string): Region[] {
  const out: Region[] = [];
  let name = "";
  const lines = source.split("\n");
  for (const [i, line] of lines.entries()) {
    const m =
      /^(?:export )?(?:async )?(?:function\*? |const |class )(\w+)/.exec(
        line,
      ) ?? /^ {2}(\w+)\(.*\{$/.exec(line);
    if (m && !/^(for|if|while|constructor)$/.test(m[1]!)) name = m[1]!;
    const r = /^\s*\/\/ #region solution: (.*)$/.exec(line);
    if (r) {
      const e = lines.findIndex((l, k) =>
        k > i && l.includes("#endregion solution")
      );
      out.push({
        name,
        task: r[1]!,
        start: i,
        end: e,
        text: lines.slice(i + 1, e).join("\n"),
      });
    }
  }
  return out;
}
export function gradedBy(name: string, tests: readonly string[]): string[] {
  return tests.filter((t) =>
    new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(t)
  );
}
