/**
 * What a submission declares.
 *
 * @module
 */

/**
 * What a submission declares otherwise than the lesson does: a sign that it was
 * made from an older starter.
 *
 * @param own The text of the lesson's own file.
 * @param submitted The text of the submitted file.
 * @returns What is different, in words; nothing if all is as it should be.
 */
export function differencesOf(own: string, submitted: string): string[] {
  const expected = signaturesOf(own);
  const found = signaturesOf(submitted);
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const changed = [...expected].filter(([name, signature]) =>
    found.has(name) && found.get(name) !== signature
  ).map(([name]) => name);
  const all = [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
    ...(changed.length > 0 ? [`declares ${changed.join(", ")} otherwise`] : []),
  ];
  if (all.length === 0) return [];
  return [`${all.join(", and ")}: was it made from an older starter?`];
}

/** The heads of a file's exported functions and classes, by name. */
function signaturesOf(source: string): Map<string, string> {
  const signatures = new Map<string, string>();
  const lines = source.split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const declared = /^export (?:async )?(?:function\*?|class|const) (\w+)/
      .exec(line);
    if (declared === null) continue;
    // The head of a function can take some lines. What is longer than they are
    // is cut, which is no reason to search it for ever.
    const text = lines.slice(i, i + 8).join("").slice(0, 500);
    const [head = ""] = text.slice(declared[0].length).split(/\{|;|=>|= /);
    signatures.set(declared[1]!, head.replace(/[\s,]+/g, ""));
  }
  return signatures;
}
