/**
 * What there is to know about lessons in a browser.
 */

/** These are about what no page may do: they show what was recorded. */
export const readOnly = [
  "01_processes",
  "04_child_processes",
  "14_subprocess",
];

/** These need memory that threads share, so a server has to isolate the page. */
export const sharing = [
  "05_messages",
  "06_shared_memory",
  "07_concurrency",
];
