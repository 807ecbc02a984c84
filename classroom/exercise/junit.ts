/**
 * What `deno test --reporter=junit` reports.
 *
 * @module
 */

/** How one test ended. */
export interface TestOutcome {
  readonly name: string;
  readonly status: "passed" | "failed";
  /** What a failed test threw, as it was printed. */
  readonly message: string;
  /** What the lesson printed during the test. */
  readonly output?: string;
}

/**
 * Reads the report of a run.
 *
 * @param xml The report. It is read as Deno writes it, which is a small part of
 * what XML could be.
 * @returns The tests that were run, in order; none if the text is no report.
 */
export function readJunit(xml: string): TestOutcome[] {
  const cases = xml.matchAll(
    /<testcase name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs,
  );
  return [...cases].flatMap(([, name, inside = ""]) => {
    // One that another function is graded by was not asked for.
    if (inside.includes("<skipped")) return [];
    // A test that was cancelled, because something broke outside of all tests,
    // has an attribute and no text.
    const failure =
      /<(failure|error) message="([^"]*)"(?:\/>|[^>]*>(.*?)<\/\1>)/s.exec(
        inside,
      );
    return {
      name: unescape(name!),
      status: failure ? "failed" : "passed",
      message: unescape(failure?.[3] ?? failure?.[2] ?? ""),
    };
  });
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (all, ...parts) => {
    const [decimal, hex, name] = parts as (string | undefined)[];
    if (name) return entities[name] ?? all;
    return String.fromCodePoint(parseInt(decimal ?? hex!, decimal ? 10 : 16));
  });
}
