/**
 * The script of every page: the theme, what is solved, and, on the page of a
 * lesson, running, changing and solving it.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import type { LessonData } from "../page.ts";
import { find, findAll } from "./dom.ts";
import { LessonPage } from "./lesson.ts";
import { load, onSaved, save, solvedIn } from "./store.ts";
import { mountWidgets } from "./widgets.ts";

/** Whether this browser knows all of the language that the lessons use. */
function isNewEnough(): boolean {
  try {
    new Function("{ using nothing = null; }");
    return true;
  } catch {
    return false;
  }
}

/** Light or dark: as the system has it, until the reader chooses. */
function setUpTheme(): void {
  const root = document.documentElement;
  const button = find("#theme")!;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const themeNow = () =>
    root.dataset["theme"] ?? (system.matches ? "dark" : "light");
  const show = () => {
    const chosen = load<string>("theme");
    if (chosen) root.dataset["theme"] = chosen;
    button.textContent = themeNow() === "dark" ? "Light" : "Dark";
  };
  show();
  onSaved("theme", show);
  system.addEventListener("change", show);
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themeNow() === "dark" ? "light" : "dark";
    root.dataset["theme"] = next;
    save("theme", next);
    show();
  });
}

/** On the front page: how much is solved. */
function showProgress(): void {
  for (const entry of findAll("[data-progress]")) {
    const done = solvedIn(entry.dataset["progress"]!).length;
    const all = Number(entry.dataset["exercises"]);
    if (done === 0 || all === 0) continue;
    entry.textContent = `${done} of ${all} exercises solved`;
    entry.classList.add("begun");
  }
}

setUpTheme();
// A link to a section leaves the menu, too.
const menu = find("#menu")!;
menu.addEventListener("click", () => menu.hidePopover());
showProgress();
onSaved("solved", showProgress);
const data = find("#lesson");
if (!data) {
  const shown = find("#shown");
  if (shown && isNewEnough()) {
    mountWidgets(JSON.parse(shown.textContent!), { runsAtOnce: true });
  }
} else {
  const lesson = JSON.parse(data.textContent!) as LessonData;
  if (lesson.runs && isNewEnough()) {
    mountWidgets(new LessonPage(lesson));
  } else if (lesson.runs) {
    find("#note")!.textContent =
      "This browser is too old to run the lesson: it does not know `using`. " +
      "What stands here was recorded.";
  }
}
