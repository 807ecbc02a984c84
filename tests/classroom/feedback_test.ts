import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { feedbackPages, pageName } from "../../classroom/reports/feedback.ts";
import { writeReports } from "../../classroom/reports/write.ts";
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
  const pages = names.map((student) => pageName({ student }));
  for (const page of pages) {
    assertMatch(
      page,
      /^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*-[\da-f]{12}\.html$/u,
    );
    assert(new TextEncoder().encode(page).length <= 200, page);
  }
  const same = new Set(pages.map((page) => page.normalize().toLowerCase()));
  assertEquals(same.size, names.length);
  assertMatch(pageName({ student: "Anna Muster" }), /^anna-muster-/);
  assertEquals(
    pageName({ student: "Anna Muster" }),
    pageName({ student: "Anna Muster" }),
  );
});

/** Two students. */
const pair: Report = {
  ...report([
    student("anna", { iteratorOf: "anna's reason" }),
    student("bela", { isIterable: "bela's reason" }),
  ]),
};

Deno.test("feedbackPages() tells a student of nobody else", () => {
  const pages = feedbackPages(pair);
  assertEquals([...pages.keys()], [
    pageName({ student: "anna" }),
    pageName({ student: "bela" }),
  ]);
  for (const [own, other] of [["anna", "bela"], ["bela", "anna"]] as const) {
    const page = pages.get(pageName({ student: own }))!;
    assert(page.includes(`<h1>Feedback for <bdi>${own}</bdi></h1>`));
    assert(page.includes(`${own}&#39;s reason`));
    assert(page.includes('You have <span class="some">2/3</span> points'));
    assertFalse(page.includes(other));
  }
});

Deno.test("feedbackPages() lets nothing that a student wrote act", () => {
  const attack = student(hostile, { isIterable: hostile });
  const [page] = feedbackPages(report([attack])).values();
  assertFalse(/<script|<img/.test(page!));
  assertMatch(page!, /default-src 'none'/);
});

Deno.test("pageName() is what Moodle takes for feedback, where it knows the student", () => {
  const who = { system: "moodle", name: "Anna_M. O'Neil", id: "101" } as const;
  assertEquals(
    pageName({ student: "Anna_M. O'Neil (101)", ...who }),
    "Anna M O Neil_101_assignfeedback_file_feedback.html",
  );
});

testWith(
  ["read", "write"],
  "writeReports() writes beside what is there, and whatever of it fails",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "feedback-" });
    try {
      const page = `feedback/${pageName({ student: "anna" })}`;
      await Deno.mkdir(`${folder}/feedback`);
      await Deno.writeTextFile(`${folder}/feedback/notes.txt`, "mine");
      await Deno.writeTextFile(`${folder}/${page}`, "older");
      // A folder is in the place of the gradebook.
      await Deno.mkdir(`${folder}/grades.csv/x`, { recursive: true });
      const { files, failures } = await writeReports(pair, [], folder);
      assertEquals(files, [
        "comments.md, points.json",
        "report.html",
        "report.json",
        "feedback/ (2 pages)",
      ]);
      assertEquals(failures.length, 1);
      assertMatch(failures[0]!, /^cannot write grades.csv: /);
      const text = await Deno.readTextFile(`${folder}/${page}`);
      assertMatch(text, /<h1>Feedback for <bdi>anna/);
      const notes = `${folder}/feedback/notes.txt`;
      assertEquals(await Deno.readTextFile(notes), "mine");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
