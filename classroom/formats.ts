/**
 * What a teacher is given of a report: a table for the terminal, JSON, a
 * gradebook, JUnit for CI, and a page to read.
 *
 * All of them are pure functions of the report: the same report gives the same
 * text, on every machine.
 *
 * @module
 */

export { formatCsv } from "./formats/csv.ts";
export { formatHtml } from "./formats/html.ts";
export { formatJson, parseReport } from "./formats/json.ts";
export { formatJunit } from "./formats/junit.ts";
export { formatTable, type TableOptions } from "./formats/table.ts";
