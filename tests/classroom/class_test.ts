/** A class from its files to its pages, whatever somebody hands in. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { answersTo, replaced } from "../../classroom/exercise/answers.ts";
import {
  findLesson,
  lessonsIn,
  regionsOf,
} from "../../classroom/exercise/regions.ts";
import { deno, testWith } from "../helper.ts";
import { archiveOf } from "./zips.ts";

const root = new URL("../../", import.meta.url);
const path = "lessons/09_iterators.ts";
let source = "";

const test = (
  name: string,
  fn: (folder: string, submitted: string) => Promise<void>,
) =>
  testWith(["run", "read", "write", "env"], name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "class-" });
    try {
      await Deno.mkdir(`${folder}/class`);
      source = await Deno.readTextFile(new URL(path, root));
      await fn(folder, `${folder}/class`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

const grade = (...args: string[]) => deno("task", "--quiet", "grade", ...args);

async function handIn(folder: string, text: string): Promise<void> {
  await Deno.mkdir(`${folder}/lessons`, { recursive: true });
  await Deno.writeTextFile(`${folder}/${path}`, text);
}

/** The lesson with another body of its first function. */
const withBody = (body: string) =>
  replaced(source, regionsOf(source)[0]!, body);

const pagesIn = (out: string) =>
  Object.fromEntries(
    [...Deno.readDirSync(`${out}/feedback`)].map(({ name }) => [
      name.replace(/-[\da-f]{12}\.html$/, ""),
      Deno.readTextFileSync(`${out}/feedback/${name}`),
    ]),
  );

test(
  "an archive of 49 000 entries costs its owner, and is told in one line",
  async (_, submitted) => {
    await handIn(`${submitted}/anna`, source);
    const flood = archiveOf(
      Array.from({ length: 49_000 }, (_, i) => ({ path: `${i}.rar` })),
    );
    await Deno.writeFile(`${submitted}/flood.zip`, flood);
    const { code, stdout, stderr } = await grade(submitted);
    assertEquals(code, 0, stderr.slice(0, 2_000));
    assertMatch(stdout, /^anna +4\/4/m);
    assertMatch(stdout, /^flood +0\/4/m);
    const lines = stderr.split("\n").filter((line) => line.includes(".rar"));
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, /and 48997 more of that kind/);
    const { size } = await Deno.stat(`${submitted}-graded/report.json`);
    assert(size < 100_000, `${size} bytes`);
  },
);

test("a run that is killed goes on where it was", async (_, submitted) => {
  const names = ["anna", "bela", "cem"];
  for (const name of names) {
    // All but the first wait until the run is killed.
    const waits = name === "anna" ? "" : "await new Promise(() => {});\n";
    await handIn(`${submitted}/${name}`, `// ${name}\n${waits}${source}`);
  }
  const options = [submitted, "--jobs=1", "--timeout=600"];
  const out = `${submitted}-graded`;
  const first = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "classroom/grading/grade.ts", ...options],
    cwd: root,
    stdout: "null",
    stderr: "null",
  }).spawn();
  const results = () => {
    try {
      const text = Deno.readTextFileSync(`${out}/results.jsonl`);
      return text.match(/"result":/g)?.length ?? 0;
    } catch {
      return 0;
    }
  };
  while (results() === 0) await new Promise((go) => setTimeout(go, 20));
  first.kill("SIGKILL");
  await first.status;
  assertEquals(results(), 1);
  for (const name of names.slice(1)) {
    await handIn(`${submitted}/${name}`, `// ${name}\n${source}`);
  }
  const second = await grade(...options);
  assertEquals(second.code, 0, second.stderr);
  assertMatch(second.stdout, /^1 lesson of submissions known/m);
  for (const name of names) {
    assertMatch(second.stdout, new RegExp(`^${name} +4/4`, "m"));
  }
});

test(
  "a comment on a mistake is on all pages of it, and stays; so does what the teacher decides",
  async (_, submitted) => {
    const lesson = findLesson(lessonsIn(root), "9");
    const wrong = answersTo(lesson).filter(({ isRight, region }) =>
      !isRight && region === "isIterable"
    );
    const bodies = {
      anna: wrong[0]!.body,
      // The same mistake in other words.
      bela: `const kinds = [Array.isArray(value), typeof value === "string",
      value instanceof Map, value instanceof Set];
    if (kinds.some((it) => it)) return true;
    return (value as any)?.next !== undefined;`,
      cem: wrong[1]!.body,
    };
    for (const [name, body] of Object.entries(bodies)) {
      await handIn(`${submitted}/${name}`, withBody(body));
    }
    const out = `${submitted}-graded`;
    assertEquals((await grade(submitted)).code, 0);
    const file = `${out}/comments.md`;
    const text = await Deno.readTextFile(file);
    assertMatch(
      text,
      new RegExp(
        `## 09 isIterable: ${wrong[0]!.what}\n\n2 students: anna, bela`,
      ),
    );
    const commented = text.replace(
      /(2 students: anna, bela[^]*?-->\n)/,
      "$1\nThink of *all* iterables.\n",
    ) +
      "\n## Student: cem\n\n- 09 isIterable: 0.5\n- +2: a good question\nWell done.\n" +
      "\n## Student: nobody\n\n- +1: a typing error\n" +
      "\n## My own notes\n\nOn paper.\n";
    await Deno.writeTextFile(file, commented);
    await Deno.writeTextFile(`${out}/points.json`, '{ "09 Countdown": 3 }');
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await grade(submitted);
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^anna +5\/6/m);
      assertMatch(stdout, /^cem +5.5\/6 +7.5\/6$/m);
      assertMatch(stdout, /^comments.md: there is no student "nobody"$/m);
      const pages = pagesIn(out);
      for (const name of ["anna", "bela"]) {
        assertMatch(pages[name]!, /Think of \*all\* iterables\./);
      }
      assert(!pages["cem"]!.includes("Think of"));
      assertMatch(pages["cem"]!, /\+2: a good question/);
      assertMatch(pages["cem"]!, /Well done\./);
      assertMatch(await Deno.readTextFile(file), /## My own notes\n\nOn paper/);
    }
  },
);

test(
  "one name in two spellings is one student, and numbers are in their order",
  async (_, submitted) => {
    await handIn(`${submitted}/student-10`, source);
    await handIn(`${submitted}/student-9`, source);
    await handIn(`${submitted}/A\u0308nne`, source);
    await Deno.mkdir(`${submitted}/\u00c4nne/other`, { recursive: true });
    const { stdout } = await grade(submitted);
    const names = [...stdout.matchAll(/^(\S+) +4\/4 /gm)].map(([, name]) =>
      name
    );
    assertEquals(names, ["\u00c4nne", "student-9", "student-10"]);
  },
);

test(
  "Canvas' and Moodle's numbers, and what was late, are in the files that they import",
  async (folder, submitted) => {
    const file = (name: string) =>
      Deno.writeTextFile(`${submitted}/${name}`, source);
    await file("musteranna_12_901_09_iterators.ts");
    await file("oneilbela_LATE_13_902_09_iterators.ts");
    const roster = `${folder}/roster.csv`;
    await Deno.writeTextFile(
      roster,
      "Student,ID,SIS User ID,SIS Login ID,Section\r\n" +
        "    Points Possible,,,,\r\n" +
        '"Muster, Anna",12,a1,anna,One\r\n"O\'Neil, Bela",13,b1,bela,One\r\n' +
        '"Nobody, Nora",14,n1,nora,One\r\n',
    );
    const { code, stdout, stderr } = await grade(submitted, "--roster", roster);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^oneilbela \(late\) +4\/4/m);
    const out = `${submitted}-graded`;
    const read = (name: string) => Deno.readTextFile(`${out}/${name}`);
    assertMatch(await read("grades.csv"), /^oneilbela,13,late,4,/m);
    assertEquals(
      await read("canvas.csv"),
      "Student,ID,SIS User ID,SIS Login ID,Section,Lessons 09\r\n" +
        "musteranna,12,,,,4\r\noneilbela,13,,,,4\r\n",
    );
    assertEquals(
      await read("gradebook.csv"),
      "Student,ID,SIS User ID,SIS Login ID,Section,Lessons 09\r\n" +
        "    Points Possible,,,,,4\r\n" +
        '"Muster, Anna",12,a1,anna,One,4\r\n"O\'Neil, Bela",13,b1,bela,One,4\r\n' +
        '"Nobody, Nora",14,n1,nora,One,\r\n',
    );
    // A list of Moodle's participants has names and addresses.
    const moodle = `${folder}/moodle`;
    await handIn(`${moodle}/Anna Muster_101_assignsubmission_file_`, source);
    await Deno.writeTextFile(
      roster,
      "First name,Last name,ID number,Email address\r\nAnna,Muster,77,a@x.org\r\n",
    );
    assertEquals((await grade(moodle, "--roster", roster)).code, 0);
    const at = (name: string) => Deno.readTextFile(`${moodle}-graded/${name}`);
    assertMatch(
      await at("moodle.csv"),
      /^Participant 101,Anna Muster,4,4,-,\r$/m,
    );
    assertMatch(await at("gradebook.csv"), /^Anna,Muster,77,a@x.org,4\r$/m);
  },
);
