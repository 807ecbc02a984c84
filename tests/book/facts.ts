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
