import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { feedbackPages, pageName } from "../../classroom/reports/feedback.ts";
import { checkOutputs, writeOutputs } from "../../classroom/reports/outputs.ts";
import type { Report } from "../../classroom/reports/report.ts";
import { testWith } from "../helper.ts";
import { hostile, report, student } from "./sample.ts";

const names = [
  "Anna Muster",
  "anna muster",
  "Anna  Muster",
  "../../etc/passwd",
  "..",
  "",
  "CON",
  'O\'Hara "Bo"',
  "two\nlines",
  "two lines",
  "漢字 🎉",
  "\u00c4nne",
  "A\u0308nne",
  "a".repeat(250),
  "a".repeat(251),
  "漢".repeat(80),
  hostile,
];

Deno.test("pageName() is a name for every system, and nobody else's", () => {
  const pages = names.map(pageName);
  for (const page of pages) {
    assertMatch(
      page,
      /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*-[\da-f]{12}\.html$/u,
    );
    assert(new TextEncoder().encode(page).length <= 200, page);
  }
  const same = new Set(pages.map((page) => page.normalize().toLowerCase()));
  assertEquals(same.size, names.length);
  assertMatch(pageName("Anna Muster"), /^anna-muster-/);
  assertEquals(pageName("Anna Muster"), pageName("Anna Muster"));
});

/** Two students, who share code. */
const pair: Report = {
  ...report([
    student("anna", { iteratorOf: "anna's reason" }),
    student("bela", { isIterable: "bela's reason" }),
  ]),
  similar: [{
    students: ["anna", "bela"],
    tokens: 50,
    stretches: [{
      tokens: 50,
      others: 0,
      sides: [
        { file: "09_iterators.ts", line: 1, text: "anna's code" },
        { file: "09_iterators.ts", line: 1, text: "bela's code" },
      ],
    }],
  }],
};

Deno.test("feedbackPages() tells a student of nobody else", () => {
  const pages = feedbackPages(pair);
  assertEquals([...pages.keys()], [pageName("anna"), pageName("bela")]);
  for (const [own, other] of [["anna", "bela"], ["bela", "anna"]] as const) {
    const page = pages.get(pageName(own))!;
    assert(page.includes(`<h1>Feedback for <bdi>${own}</bdi></h1>`));
    assert(page.includes(`${own}&#39;s reason`));
    assert(page.includes('<span class="some">2/3</span>, regions solved'));
    assertFalse(page.includes(other));
    assertFalse(page.includes(`${own}&#39;s code`));
  }
});

Deno.test("feedbackPages() lets nothing that a student wrote act", () => {
  const attack = student(hostile, { isIterable: hostile });
  const [page] = feedbackPages(report([attack])).values();
  assertFalse(/<script|<img/.test(page!));
  assertMatch(page!, /default-src 'none'/);
});

testWith(
  ["read", "write"],
  "writeOutputs() writes feedback beside what is there",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "feedback-" });
    try {
      const feedback = `${folder}/new/pages`;
      await checkOutputs({ feedback });
      assertEquals([...Deno.readDirSync(feedback)], []);
      await Deno.writeTextFile(`${feedback}/notes.txt`, "mine");
      await Deno.writeTextFile(`${feedback}/${pageName("anna")}`, "older");
      const written = await writeOutputs(pair, { feedback });
      assertEquals(written, [`2 pages to ${feedback}`]);
      const found = [...Deno.readDirSync(feedback)].map(({ name }) => name);
      const expected = ["notes.txt", pageName("anna"), pageName("bela")];
      assertEquals(found.sort(), expected.sort());
      const page = await Deno.readTextFile(`${feedback}/${pageName("anna")}`);
      assertEquals(page, feedbackPages(pair).get(pageName("anna")));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWith(
  ["read", "write"],
  "checkOutputs() finds what cannot be written, and leaves no file",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "outputs-" });
    const fails = async (outputs: Parameters<typeof checkOutputs>[0]) => {
      const error = await checkOutputs(outputs).then(
        () => undefined,
        (it) => it,
      );
      assertMatch(`${error}`, /^Error: cannot write /);
    };
    try {
      const file = `${folder}/report.csv`;
      await checkOutputs({ csv: file, html: `${folder}/sub/report.html` });
      await Deno.writeTextFile(file, "older");
      await checkOutputs({ csv: file });
      assertEquals(await Deno.readTextFile(file), "older");
      assertEquals([...Deno.readDirSync(`${folder}/sub`)], []);
      await fails({ csv: folder });
      await fails({ feedback: file });
      await fails({ html: `${file}/report.html` });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
