/**
 * What there is to know about lessons in a browser.
 */

/** These are about what no page may do: they show what was recorded. */
export const readOnly = ["01_processes", "12_subprocess"];

/** These need memory that threads share, so a server has to isolate the page. */
export const sharing = [
  "02_workers",
  "04_messages",
  "05_shared_memory",
  "06_concurrency",
];

/** How many values Firefox words in another way: its engine is not Deno's. */
export const otherInFirefox: Readonly<Record<string, number>> = {
  "07_iterators": 1,
  "11_pipelines": 1,
};
