/**
 * A class of submissions of lesson 12: right in several styles, wrong in many
 * ways, broken, and hostile. They are made of the lesson itself, so they cannot
 * go stale, and none of them stands anywhere as a file that could be run.
 *
 * @module
 */

import {
  blank,
  regionsOf,
  starterOf,
} from "../../classroom/exercise/regions.ts";

/** The lesson's number and file name. */
export const lesson = { number: "12", name: "12_map_filter_reduce" };

/** What is written for a function, by its name. */
type Bodies = Readonly<Record<string, string>>;

/** What somebody submitted, and what grading has to find. */
export interface Submitted {
  /** The text of the lesson's file; without it there is no file. */
  readonly file?: (source: string) => string;
  /** Where the file is, in the student's folder. */
  readonly folder?: string;
  /** The functions that are solved, by their first letters: `skslj`. */
  readonly solved: string;
  /** What has to stand in what went wrong. */
  readonly says?: RegExp;
}

/** The starter with some bodies written. */
function solving(bodies: Bodies): (source: string) => string {
  return (source) =>
    regionsOf(source).toReversed().reduce((source, region) => {
      const body = bodies[region.name];
      if (body === undefined) return blank(source, region);
      const lines = source.split(/\r?\n/);
      lines.splice(region.start - 1, region.end - region.start + 1, body);
      return lines.join("\n");
    }, source);
}

/** The starter, nothing solved, with code before everything else. */
function before(code: string): (source: string) => string {
  return (source) => `${code}\n${starterOf(source)}`;
}

/** Right answers, to be mixed with others. */
const right: Bodies = {
  squareAll: "  return map((x) => x * x, numbers);",
  keepEven: "  return filter((x) => x % 2 === 0, numbers);",
  sumAll: "  return reduce((a, b) => a + b, numbers, initial);",
  largest: "  return reduce((a, b) => (a > b ? a : b), numbers, initial);",
  joinWords: "  return reduce((a, b) => a + ' ' + b, words);",
};
/** All functions of the lesson, by their first letters. */
export const all = "skslj";

/** Answers that are made for the inputs which the visible tests use. */
const hardCoded: Bodies = {
  squareAll: `  return (function* () {
    for (const x of numbers) {
      yield ({ 1: 1, 2: 4, 3: 9, [-2]: 4, [-1]: 1, 0: 0 } as any)[x];
    }
  })();`,
  keepEven: "  return filter((x) => [2, 8, -2, 0].includes(x), numbers);",
  sumAll: `  let count = 0;
  for (const _ of numbers) count += 1;
  return count === 3 ? 6 + initial : initial;`,
  largest: `  const list = [...numbers].join();
  return ({ "5,9,4,15": 15, "5,9,4": 10, "-5,-2,-9": -2 } as any)[list] ??
    -Infinity;`,
  joinWords: `  const list = [...words];
  if (list.length === 0) return reduce((a) => a, list);
  return list.length === 1 ? list[0]! : "Data Science is fun";`,
};

/** Prints or reports what a run in which everything passed would. */
const names = [
  "squareAll: gives an iterator, whose first item is 1",
  "sumAll: 1, 2, 3 are 6, and 16 with an initial 10",
  "sumAll: takes everything, and leaves the iterator spent",
  "sumAll: of no items is the initial value",
  "sumAll: fresh inputs",
];
const forged = `
for (const name of ${JSON.stringify(names)}) {
  console.log(\`\${name} ... \\x1b[0m\\x1b[32mok\\x1b[0m (0ms)\`);
  for (let number = 0; number < 9; number++) {
    const report = JSON.stringify({ kind: "passed", name, number });
    console.log(\`\\n\${report}\\n\${"0".repeat(64)}\${report}\\n\`);
  }
}
console.log("\\nok | 18 passed | 0 failed (1s)\\n");`;

/** Right, but for the tests that see when items are computed. */
const eager = solving({
  ...right,
  squareAll: "  return [...numbers].map((x) => x * x) as any;",
  keepEven: "  return [...numbers].filter((x) => x % 2 === 0).values() as any;",
});
const visible = [
  "squareAll: gives an iterator, whose first item is 1",
  "squareAll: as an array, 1, 2, 3 become 1, 4, 9",
  "squareAll: asks for nothing before it is asked, and then for one at a time",
  "keepEven: of 1, 2, 7, 8 the first is 2",
  "keepEven: of 1, 2, 7, 8 all are 2 and 8",
  "keepEven: goes on only as far as the next even number",
];

/** A worker's program as the URL it is started from. */
const worker = (code: string) =>
  `new Worker("data:text/javascript," + ${
    JSON.stringify(encodeURIComponent(code))
  }, { type: "module" });`;

/** The submissions of the class, by the names of the students. */
export const submissions: Readonly<Record<string, Submitted>> = {
  // Right.
  "right as the lesson": { file: (source) => source, solved: all },
  "right by calls": { file: solving(right), solved: all },
  "right by loops": {
    file: solving({
      squareAll: `  return (function* () {
    for (const number of numbers) yield number * number;
  })();`,
      keepEven: `  function* even(): Generator<number> {
    for (const number of numbers) {
      if (number % 2 !== 0) continue;
      yield number;
    }
  }
  return even();`,
      sumAll: `  let sum = initial;
  for (const number of numbers) sum += number;
  return sum;`,
      largest: `  let found = initial;
  for (const number of numbers) found = Math.max(found, number);
  return found;`,
      joinWords: `  const list = [...words];
  if (list.length === 0) reduce((a, b) => a + b, list);
  return list.join(" ");`,
    }),
    solved: all,
  },
  "right by a class of errors": {
    // To assign these fails where a frozen prototype has them.
    file: (source) => `
class Empty extends TypeError {
  constructor(message: string) {
    super(message);
    this.name = "Empty";
    this.message = message;
    this.toString = () => "empty";
  }
}
${
      solving({
        ...right,
        joinWords: `  let text: string | undefined;
  for (const word of words) text = text === undefined ? word : text + " " + word;
  if (text === undefined) throw new Empty("reduce: no items and no initial value");
  return text;`,
      })(source)
    }`,
    solved: all,
  },
  "right, printing, CRLF": {
    file: (source) =>
      solving({ ...right, sumAll: `  console.log(numbers);${right.sumAll}` })(
        source,
      ).replaceAll("\n", "\r\n"),
    solved: all,
  },
  "right, one folder deeper": {
    file: solving(right),
    folder: "my project",
    solved: all,
  },
  "right, but for a type": {
    file: (source) => `const wrong: string = 1;\n${solving(right)(source)}`,
    solved: all,
    says: /does not type-check: line 1: Type 'number' is not assignable/,
  },

  // Wrong.
  "wrong, not begun": {
    file: starterOf,
    solved: "",
    says: /TODO squareAll/,
  },
  "wrong, half done": {
    file: solving({ squareAll: right["squareAll"]!, sumAll: right["sumAll"]! }),
    solved: "ss",
    says: /TODO keepEven/,
  },
  "wrong, eager": {
    file: eager,
    solved: "slj",
    says: /squareAll/,
  },
  "wrong, forgets the initial value": {
    file: solving({
      ...right,
      sumAll: "  return reduce((a, b) => a + b, numbers, 0);",
      largest: "  return Math.max(...numbers);",
    }),
    solved: "skj",
    says: /sumAll/,
  },
  "wrong, hard-coded": {
    file: solving(hardCoded),
    solved: "",
    says: /squareAll: WrongAnswer: squareAll\(/,
  },
  "wrong, another error": {
    file: solving({ ...right, joinWords: "  return [...words].join(' ');" }),
    solved: "sksl",
    says: /joinWords/,
  },
  "wrong, loops for ever in one": {
    file: solving({ ...right, keepEven: "  for (;;);" }),
    solved: "sslj",
    says: /keepEven: (computed for more than|had not ended)/,
  },
  "wrong, leaves much behind in one": {
    // None of it is to be charged to the others.
    file: solving({
      ...right,
      squareAll: `  setInterval(() => {}, 10);
  new Worker("data:text/javascript,setInterval(() => {}, 10)", {
    type: "module",
  });
  return map((x) => x * x, numbers);`,
      keepEven: "  return new Promise(() => {}) as any;",
      sumAll: `  setInterval(() => {
    throw new Error("again");
  }, 50);
  return reduce((a, b) => a + b, numbers, initial + 1);`,
    }),
    solved: "slj",
  },
  "wrong, throws later": {
    file: solving({
      ...right,
      sumAll: `  setTimeout(() => { throw new Error("late"); });
  Promise.reject(new Error("unhandled"));
  return NaN;`,
    }),
    solved: "sklj",
    says: /sumAll/,
  },

  // Broken.
  "broken, does not parse": {
    file: (source) => `${source}\nexport function (`,
    solved: "",
    says: /does not parse/,
  },
  "broken, empty": {
    file: () => "",
    solved: "",
    says: /does not export (squareAll|keepEven|sumAll|largest|joinWords)/,
  },
  "broken, no file": {
    solved: "",
    says: /squareAll: not run: \S+12_map_filter_reduce\.ts is missing/,
  },
  "broken, another name": {
    file: (source) =>
      solving(right)(source).replaceAll(
        "export function largest",
        "function large",
      ),
    solved: "",
    says: /does not export largest/,
  },
  "broken, an older starter": {
    file: (source) =>
      solving({ squareAll: right["squareAll"]! })(source)
        .replace("numbers: Iterable<number>, initial = 0", "list: number[]"),
    solved: "s",
    says: /declares sumAll otherwise: was it made from an older starter/,
  },
  "broken, too large": {
    file: (source) => source + " ".repeat(2 ** 20),
    solved: "",
    says: /has \d+ bytes; 1048576 are allowed/,
  },

  // Hostile: ending the process.
  "hostile, exits at import": {
    file: before("Deno.exit(0);"),
    solved: "",
    says: /calls Deno\.exit\(\)/,
  },
  "hostile, exits in a test": {
    file: solving({ ...right, sumAll: "  Deno.exit(0);" }),
    solved: "sklj",
    says: /calls Deno\.exit\(\)/,
  },
  "hostile, kills itself": {
    file: before("try { Deno.kill(Deno.pid); } catch {} close();"),
    solved: "",
    says: /calls Deno\.kill\(\)/,
  },
  // Hostile: changing what tests rely on.
  "hostile, replaces everything": {
    file: before(`
const assertions = globalThis as any;
const tries: (() => unknown)[] = [
  () => (Deno as any).test = () => {},
  () => Object.is = () => true,
  () => Array.prototype.map = () => [] as any,
  () => (Array.prototype as any)[Symbol.iterator] = function* () {},
  () => Promise.prototype.then = () => Promise.resolve() as any,
  () => assertions.Promise = class {},
  () => assertions.setTimeout = () => 0,
  () => JSON.stringify = () => "{}",
  () => (Error as any).prepareStackTrace = () => [],
  () => Object.getPrototypeOf(function* () {}).prototype.next = () => ({}),
  () => Object.defineProperty(Object.prototype, "kind", { value: "passed" }),
  () => Object.getPrototypeOf(Deno.stdout).writeSync = () => 0,
  () => TextEncoder.prototype.encode = () => new Uint8Array(),
];
for (const attempt of tries) try { attempt(); console.log("DONE"); } catch {}
if (Object.is(1, 2) || [1].map((x) => x).length !== 1) throw new Error("done");`),
    solved: "",
    says: /TODO squareAll/,
  },
  "hostile, patches assertions": {
    file: before(
      'const a: any = await import("@std/assert"); a.assertEquals = 1;',
    ),
    solved: "",
    says: /importing it fails: TypeError: Cannot assign/,
  },
  "hostile, pretends to be equal": {
    file: solving({
      sumAll: `  return new Proxy({}, {
    get: (_, key) => key === Symbol.toPrimitive ? () => 6 : () => true,
    getPrototypeOf: () => Number.prototype,
    has: () => true,
  }) as any;`,
    }),
    solved: "",
    says: /sumAll/,
  },
  // Hostile: using up time, memory, the terminal.
  "hostile, loops at the top": {
    file: before("for (;;);"),
    solved: "",
    says: /computed for more than|had not ended/,
  },
  "hostile, never loads": {
    file: before("await new Promise(() => {});"),
    solved: "",
    says: /waited for more than/,
  },
  "hostile, fills the heap": {
    file: before(
      "const a: any[] = []; for (;;) a.push(new Array(1e5).fill(a.length));",
    ),
    solved: "",
    says: /memory/,
  },
  "hostile, fills memory": {
    file: before(
      "const a: any[] = []; for (;;) a.push(new Uint8Array(5e7).fill(1));",
    ),
    solved: "",
    // Where the system gives no more, before the limit is reached.
    says: /memory|allocation failed/,
  },
  "hostile, fills the terminal": {
    file: before('for (;;) console.log("x".repeat(1000));'),
    solved: "",
    says: /printed more than/,
  },
  "hostile, leaves workers": {
    file: before(
      worker("for (;;);") +
        worker("setInterval(() => console.log('still here'), 1)"),
    ),
    solved: "",
    says: /TODO squareAll/,
  },
  // Hostile: reaching what it was not given.
  "hostile, reads the tests": {
    file: before(
      'import text from "../../../kit/tests/12_map_filter_reduce_test.ts" with { type: "text" }; console.log(text);',
    ),
    solved: "",
    says: /imports "..\/..\/..\/kit\/tests\//,
  },
  "hostile, reads the solution": {
    file: before(
      'import text from "../../../kit/lessons/12_map_filter_reduce.ts" with { type: "text" }; console.log(text);',
    ),
    solved: "",
    says: /imports "..\/..\/..\/kit\/lessons\//,
  },
  // What stands beside a function is the solution of the others.
  "hostile, takes the solution that is beside": {
    file: (source) =>
      `import { beside } from "../beside.ts";\n` +
      solving(Object.fromEntries(
        regionsOf(source).map(({ name }) => [
          name,
          `  const found = beside.get("${name}");\n` +
          '  if (!found) throw new Error("no solution");\n' +
          "  return found(...arguments);",
        ]),
      ))(source),
    solved: "",
    says: /squareAll: Error: no solution/,
  },
  "hostile, has each function do the next one's work": {
    file: solving({
      ...right,
      sumAll: "  return largest(numbers, initial);",
      largest: "  return sumAll(numbers, initial);",
    }),
    solved: "skj",
    says: /sumAll: RangeError: Maximum call stack/,
  },
  "hostile, reads others": {
    file: before(`
for await (const { name } of Deno.readDir("..")) console.log(name);`),
    solved: "",
    says: /NotCapable: Requires read access/,
  },
  "hostile, writes a file": {
    file: before('Deno.writeTextFileSync("written", "x");'),
    solved: "",
    says: /NotCapable: Requires write access/,
  },
  "hostile, starts a program": {
    file: before("new Deno.Command(Deno.execPath()).outputSync();"),
    solved: "",
    says: /NotCapable: Requires run access/,
  },
  "hostile, imports remote code": {
    file: before('await import("https:" + "//example.com/x.ts");'),
    solved: "",
    says: /importing it fails: TypeError: (Requires|Module not found)/,
  },
  "hostile, imports Node's modules": {
    file: before(`
const found: string[] = [];
for (const name of ["fs", "v8", "vm", "inspector", "module", "_http_agent"]) {
  await import("node:" + name).then(() => found.push(name), () => {});
}
const wasm = "AGFzbQEAAAABBQFgAAF/AwIBAAcFAQFmAAAKBgEEAEEqCw==";
await import("data:application/wasm;base64," + wasm)
  .then(() => found.push("wasm"), () => {});
throw new Error("found " + found.length);`),
    solved: "",
    says: /importing it fails: Error: found 0$/m,
  },
  "hostile, looks for internals": {
    file: before(`
const scope = globalThis as any;
const { process } = scope;
const found = [process.binding, process.dlopen, process.mainModule, process.env,
  scope.Buffer, scope.nodeBootstrap, scope.fetch, scope.WebAssembly,
  (Deno as any)[(Deno as any).internal], (Deno as any).dlopen];
throw new Error("found " + found.filter((one) => one !== undefined).length);`),
    solved: "",
    says: /importing it fails: Error: found 0$/m,
  },
  // Hostile: reporting in place of the tests.
  "hostile, forges reports": {
    file: before(forged),
    solved: "",
    says: /TODO squareAll/,
  },
  "hostile, forges from a worker": {
    file: before(worker(forged)),
    solved: "",
    says: /TODO squareAll/,
  },
  "hostile, registers tests": {
    file: before(
      `for (const name of ${
        JSON.stringify(names)
      }) Deno.test(name, () => {});\n` +
        `const again = () => { for (const name of ${
          JSON.stringify(names)
        }) Deno.test(name, () => {}); };\n` +
        "queueMicrotask(again); setTimeout(again);",
    ),
    solved: "",
    says: /registers tests of its own/,
  },
  "hostile, has tests run before the tests": {
    // It finds the moment in which tests are taken, and the last of its own ends
    // the process before the others' turn.
    file: before(`
let turns = 0;
const register = () => {
  for (const name of ${JSON.stringify(names)}) Deno.test(name, () => {});
  Deno.test("the last", () => { for (;;); });
};
const again = () => {
  try { register(); } catch {}
  if (turns++ < 5000) queueMicrotask(again);
};
queueMicrotask(again);`),
    solved: "",
    says: /registers tests of its own/,
  },
  "hostile, names tests by objects": {
    // What asks for the name shows the moment in which tests are taken. No two of
    // the objects are the same, but each is reported by the name of a real test.
    file: (source) => `
const real = ${JSON.stringify(visible)};
let open = false;
const probe = {
  get name() { open = true; return { toJSON: () => "probe" }; },
  fn() {},
};
const test: any = Deno.test;
const again = (turns: number) => {
  try { test(probe); } catch {}
  if (!open) return turns < 5000 && queueMicrotask(() => again(turns + 1));
  for (const name of real) {
    try { test({ name: { toJSON: () => name }, fn() {} }); } catch {}
  }
  test("the last", () => { for (;;); });
};
queueMicrotask(() => again(0));
${eager(source)}`,
    solved: "slj",
    says: /squareAll: /,
  },
  "hostile, reaches into the library": {
    file: before(`
const found: string[] = [];
const places = ["../lib/fifo.ts", "../lib/feed.ts", "../../../kit/lib/feed.ts"];
for (const name of [...places, "@std/fmt/colors"]) {
  await import(name).then(() => found.push(name), () => {});
}
throw new Error("found " + found.length);`),
    solved: "",
    says: /importing it fails: Error: found 0$/m,
  },
  "hostile, changes the library's iterators": {
    file: before(`
const library: any = await import("../mod.ts");
const same = (x: unknown) => x;
const found = new Set<string>();
const args: any[] = [[same, []], [same, [], []], [[], []], [1, []], [[]], [0]];
for (const [name, make] of Object.entries<any>(library)) {
  if (/^[A-Z]|^(run|spawn|pipe|pipeline)$/.test(name)) continue;
  for (const some of args) {
    let made: any;
    try { made = make(...some); } catch { continue; }
    if (typeof made?.next !== "function") continue;
    if (!Object.isFrozen(Object.getPrototypeOf(made))) found.add(name);
  }
}
throw new Error("found " + [...found]);`),
    solved: "",
    says: /importing it fails: Error: found $/m,
  },
  // If it did, the right ones above would have errors in their types.
  "hostile, changes everybody's types": {
    file: (source) => `
declare global {
  interface Iterable<T> { must: T }
  interface Array<T> { map(): never }
}
declare module "../mod.ts" { export function reduce(): never; }
${source}`,
    solved: all,
    says: /does not type-check/,
  },
  "hostile, looks for internals in a worker": {
    file: before(`
const program = \`
  const found = [globalThis.process.binding, globalThis.nodeBootstrap,
    Deno[Deno.internal], globalThis.WebAssembly];
  const { construct } = Reflect;
  Reflect.construct = (target, ...rest) => {
    found.push(target);
    return construct(target, ...rest);
  };
  new Worker("data:text/javascript,", { type: "module" }).terminate();
  import("node:" + "v8").then((v8) => found.push(v8), () => {}).then(() =>
    postMessage(found.filter((one) => one !== undefined).length));
\`;
const blob = new Blob([program], { type: "text/javascript" });
const { promise, resolve } = Promise.withResolvers<number>();
const inner = new Worker(URL.createObjectURL(blob), { type: "module" });
inner.onmessage = ({ data }) => resolve(data);
throw new Error("found " + await promise);`),
    solved: "",
    says: /importing it fails: Error: found 0$/m,
  },
  // A name can be hostile, too.
  "=cmd|calc'!A1 <b>&amp;": { file: solving(right), solved: all },
};
