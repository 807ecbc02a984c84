/**
 * A page for each student, to hand back.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { formatFeedback } from "./html.ts";
import type { Report, Who } from "./report.ts";

/**
 * A page for each student of a report, with nothing of anybody else in it.
 *
 * @param report What grading found.
 * @returns The pages by their files' names.
 */
export function feedbackPages(report: Report): Map<string, string> {
  return new Map(
    report.students.map((student) =>
      [pageName(student), formatFeedback(report, student)] as const
    ),
  );
}

/**
 * The name of a student's page. It begins with letters and digits of the
 * student's name, for whoever looks for it. What is lost with the rest, and what
 * systems take for the same, such as capitals, makes a difference in the hash.
 *
 * Where the class came from Moodle, it is as Moodle wants it: a .zip of the pages
 * can be uploaded at once ("Upload multiple feedback files in a zip", whose code is
 * mod/assign/feedback/file/importziplib.php).
 *
 * @example
 * ```ts
 * import { pageName } from "./feedback.ts";
 *
 * pageName({ student: "Anna Muster" }); // "anna-muster-….html"
 * ```
 *
 * @param student Whose page it is.
 * @returns A name that every system takes; the same for the same student.
 */
export function pageName({ student, system, name, id }: Who): string {
  const words = (text: string) =>
    text.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? ["student"];
  // A letter takes up to four bytes, and a name 255 of them.
  const readable = (text: string) => [...text].slice(0, 40).join("");
  if (system === "moodle") {
    const own = readable(words(name ?? student).join(" "));
    return `${own}_${id}_assignfeedback_file_feedback.html`;
  }
  const hash = createHash("sha256").update(student).digest("hex");
  const own = readable(words(student.toLowerCase()).join("-"));
  return `${own}-${hash.slice(0, 12)}.html`;
}
