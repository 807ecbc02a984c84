/**
 * A page for each student, to hand back.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { formatFeedback } from "./html.ts";
import type { Report } from "./report.ts";

/**
 * A page for each student of a report, with nothing of anybody else in it.
 *
 * @param report What grading found.
 * @returns The pages by their files' names.
 */
export function feedbackPages(report: Report): Map<string, string> {
  return new Map(
    report.students.map((student) =>
      [pageName(student.student), formatFeedback(report, student)] as const
    ),
  );
}

/**
 * The name of a student's page. It begins with letters and digits of the
 * student's name, for whoever looks for it. What is lost with the rest, and what
 * systems take for the same, such as capitals, makes a difference in the hash.
 *
 * @example
 * ```ts
 * import { pageName } from "./feedback.ts";
 *
 * pageName("Anna Muster"); // "anna-muster-….html"
 * ```
 *
 * @param student Any name.
 * @returns A name that every system takes; the same for the same student.
 */
export function pageName(student: string): string {
  const words = student.toLowerCase().normalize("NFC")
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? ["student"];
  // A letter takes up to four bytes, and a name 255 of them.
  const readable = [...words.join("-")].slice(0, 40).join("");
  const hash = createHash("sha256").update(student).digest("hex");
  return `${readable}-${hash.slice(0, 12)}.html`;
}
