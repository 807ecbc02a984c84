/**
 * The script of every page: the theme, what is solved, and, on the page of a
 * lesson, running, changing and solving it.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { agrees, claimsOf } from "../../lib/lesson/claims.ts";
import { draw, escape, type Verdict } from "../draw.ts";
import type { LessonData } from "../page.ts";
import type { Said } from "../said.ts";
import { segmentsByLine } from "../segments.ts";
import { Editor } from "./editor.ts";
import type { FromLesson, Job } from "./messages.ts";
import { checkJob, lessonJob, Run } from "./runner.ts";
import { load, save } from "./store.ts";

const find = <E extends HTMLElement>(
  selector: string,
  within: ParentNode = document,
) => within.querySelector<E>(selector);
const findAll = (selector: string) =>
  document.querySelectorAll<HTMLElement>(selector);

/** Makes elements of HTML. */
function elements(html: string): HTMLElement {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild as HTMLElement;
}

/** How long something took, as short as it can be said. */
function time(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The exercises that were solved, by the names of lessons. */
const solved = load<Record<string, string[]>>("solved") ?? {};

const howToShare = "In a page that was opened from the disk, threads cannot " +
  "share memory. Open the book with deno task book --serve, or over http from " +
  "a server that isolates it, and this runs too.";

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
  const button = find<HTMLButtonElement>("#theme")!;
  const isDark = () =>
    (root.dataset["theme"] ??
      (matchMedia("(prefers-color-scheme: dark)").matches
        ? "dark"
        : "light")) ===
      "dark";
  const show = () => button.textContent = isDark() ? "Light" : "Dark";
  const chosen = load<string>("theme");
  if (chosen) root.dataset["theme"] = chosen;
  show();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset["theme"] = isDark() ? "light" : "dark";
    save("theme", root.dataset["theme"]);
    show();
  });
}

/** The menu closes when the reader goes on or presses Escape. */
function setUpMenu(): void {
  const menu = find<HTMLDetailsElement>(".menu")!;
  addEventListener("click", ({ target }) => {
    const isInside = menu.contains(target as Node);
    if (!isInside || (target as Element).closest("a")) menu.open = false;
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    find("summary", menu)!.focus();
  });
}

/** On the front page: how much is solved. */
function showProgress(): void {
  for (const entry of findAll("[data-progress]")) {
    const done = solved[entry.dataset["progress"]!]?.length ?? 0;
    const all = Number(entry.dataset["exercises"]);
    if (done === 0 || all === 0) continue;
    entry.textContent = `${done} of ${all} exercises solved`;
    entry.classList.add("begun");
  }
}

/** The page of a lesson that can run. */
class LessonPage {
  readonly #data: LessonData;
  readonly #editor: Editor;
  readonly #bar: HTMLElement;
  /** What stands under the code: the recorded results, by segment. */
  readonly #recorded = new Map<number, string>();
  #run: Run | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #tooLong: ReturnType<typeof setTimeout> | undefined;

  constructor(data: LessonData) {
    this.#data = data;
    for (const out of findAll(".out.recorded")) {
      const code = out.previousElementSibling as HTMLElement;
      this.#recorded.set(Number(code.dataset["segment"]), out.innerHTML);
    }
    this.#editor = new Editor(data);
    this.#editor.onChange = () => {
      find("#foreign")?.remove();
      this.#showChanges();
    };
    this.#bar = this.#makeBar();
    for (const exercise of data.exercises) this.#makeExercise(exercise);
    this.#showChanges();
    addEventListener("pagehide", () => this.#halt());
    addEventListener("keydown", (event) => {
      const isRun = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      if (!isRun) return;
      event.preventDefault();
      this.run();
    });
    addEventListener("hashchange", () => void this.#openLink());
    void this.#openLink();
    const isWhole = typeof SharedArrayBuffer !== "undefined";
    this.#status(isWhole ? "ready" : "ready, without shared memory");
  }

  /** Tells the lesson, in a new thread. */
  run(): void {
    const values = this.#values();
    if (!values) return;
    const { texts } = this.#editor;
    const source = texts.join("");
    const at = segmentsByLine(texts);
    const claims = new Map(
      claimsOf(source).map(({ line, value }) => [line, value]),
    );
    const judge = (said: Said): Verdict | undefined => {
      const claim = claims.get(said.line);
      if (claim === undefined || !("expression" in said)) return undefined;
      return { claim, isSo: agrees(claim, said.text) };
    };

    this.#stop();
    for (const segment of this.#recorded.keys()) this.#restore(segment);
    const written = new Set<number>();
    let line = 1;
    let [asSaid, judged] = [0, 0];
    const write = (said: Said) => {
      if (said.isRecorded) return;
      const segment = at(said.line);
      const out = this.#out(segment);
      if (!written.has(segment)) {
        written.add(segment);
        out.className = "out";
        out.innerHTML = "";
      }
      const verdict = judge(said);
      if (verdict) judged += 1;
      if (verdict?.isSo) asSaid += 1;
      const place = said.kind === "row"
        ? [...out.querySelectorAll("tbody")].at(-1)!
        : out;
      place.insertAdjacentHTML("beforeend", draw(said, verdict));
    };
    const fail = (text: string, line: number | undefined) => {
      const out = this.#out(at(line ?? 1));
      if (!written.has(at(line ?? 1))) out.innerHTML = "";
      written.add(at(line ?? 1));
      out.className = "out";
      out.append(elements(`<p class="failed">${escape(text)}</p>`));
      end("failed");
      this.#status(`failed: ${text.split("\n", 1)[0]}`, out);
    };
    /** What was not printed this time is another program's, or was recorded. */
    const end = (state: string) => {
      this.#stop(state);
      for (const segment of this.#recorded.keys()) {
        if (written.has(segment)) continue;
        if (this.#editor.isChanged && state === "failed") this.#clear(segment);
        else this.#label(segment);
      }
    };

    let job: Job;
    try {
      job = lessonJob(this.#data.name, source, values);
    } catch (error) {
      const { message, line } = error as SyntaxError & { line: number };
      return fail(`SyntaxError: ${message}`, line);
    }
    const start = this.#begin("running");
    this.#run = new Run(job, {
      log: (text) => write({ kind: "log", text, line }),
      said: (message: FromLesson) => {
        if (message.kind === "at") line = message.line;
        else if (message.kind === "said") write(message.said);
        else if (message.kind === "failed") {
          const { text, lacksSharing } = message;
          fail(lacksSharing ? howToShare : text, message.line ?? line);
        } else if (message.kind === "done") {
          end(asSaid === judged ? "done" : "differs");
          const took = time(performance.now() - start);
          const values = judged
            ? `, ${asSaid} of ${judged} as the comments say`
            : "";
          const differs = find(".out .not-so") ?? undefined;
          this.#status(`done in ${took}${values}`, differs);
        }
      },
    });
  }

  /** Runs the tests of an exercise. */
  #check(
    exercise: LessonData["exercises"][number],
    report: HTMLElement,
  ): void {
    this.#stop();
    const { name, tests } = this.#data;
    const say = (lines: readonly string[], state = "") => {
      this.#stop(state);
      report.textContent = lines.join("\n");
      report.hidden = false;
      this.#status(`${exercise.name}: ${lines[0]!.replace(/^\W+/, "")}`);
    };
    let job: Job;
    try {
      job = checkJob(name, this.#editor.texts.join(""), tests, exercise);
    } catch (error) {
      const { message, line } = error as SyntaxError & { line: number };
      return say(["the lesson does not run:", `  ${message} (line ${line})`]);
    }
    this.#begin("checking");
    let testing = "";
    this.#tooLong = setTimeout(() => {
      say([
        "the tests have not ended after 60 s; is there a loop without an end?",
        `  It was in the test: ${testing}`,
      ]);
    }, 60_000);
    this.#run = new Run(job, {
      log: () => {},
      said: (message) => {
        if (message.kind === "testing") testing = message.name;
        if (message.kind !== "checked" && message.kind !== "failed") return;
        if (message.kind === "failed") {
          const why = message.lacksSharing ? howToShare : message.text;
          return say(["the lesson does not run:", `  ${why}`]);
        }
        const { lines, isSolved } = message;
        if (!isSolved) say(lines);
        else {
          say([...lines, "", "All is solved."], "done");
          solved[name] = [...new Set([...solved[name] ?? [], exercise.name])];
          save("solved", solved);
        }
      },
    });
  }

  /** Shows that something goes on; gives the time. */
  #begin(what: string): number {
    const start = performance.now();
    this.#status(what);
    this.#bar.dataset["state"] = "running";
    find("#stop", this.#bar)!.setAttribute("aria-disabled", "false");
    const clock = find("#clock", this.#bar)!;
    this.#timer = setInterval(() => {
      clock.textContent = time(performance.now() - start);
    }, 500);
    return start;
  }

  /** Ends what goes on. */
  #stop(state = ""): void {
    this.#run?.stop();
    this.#run = undefined;
    clearInterval(this.#timer);
    clearTimeout(this.#tooLong);
    this.#bar.dataset["state"] = state;
    find("#clock", this.#bar)!.textContent = "";
    find("#stop", this.#bar)!.setAttribute("aria-disabled", "true");
  }

  /** Ends what goes on because the reader wants it, or leaves. */
  #halt(): void {
    if (!this.#run) return;
    this.#stop("stopped");
    this.#status("stopped");
  }

  /** Says what goes on; a place is linked. */
  #status(text: string, place?: HTMLElement): void {
    const status = find("#status", this.#bar)!;
    status.textContent = text;
    const show = find<HTMLButtonElement>("#show", this.#bar)!;
    show.hidden = place === undefined;
    show.onclick = () => place?.scrollIntoView({ block: "center" });
  }

  #out(segment: number): HTMLElement {
    // What is out of sight has its place under the code before it.
    let code: HTMLElement | null = null;
    for (let i = segment; i >= 0 && !code; i--) {
      code = find(`[data-segment="${i}"]`);
    }
    const place = code?.closest<HTMLElement>(".edit") ?? find(".edit")!;
    const next = place.nextElementSibling as HTMLElement | null;
    if (next?.classList.contains("out")) return next;
    const out = elements('<div class="out"></div>');
    place.after(out);
    // A result inside of what is folded would not be seen.
    const fold = place.closest("details");
    if (fold) fold.open = true;
    return out;
  }

  #restore(segment: number): void {
    const out = this.#out(segment);
    out.className = "out recorded";
    out.innerHTML = this.#recorded.get(segment)!;
  }

  #label(segment: number): void {
    this.#out(segment).insertAdjacentHTML(
      "afterbegin",
      '<p class="label">recorded on another computer</p>',
    );
  }

  #clear(segment: number): void {
    this.#out(segment).remove();
  }

  /** The values of the options; undefined if one is wrong. */
  #values(): Job["values"] | undefined {
    const form = find<HTMLFormElement>("#options", this.#bar);
    if (!form) return {};
    if (!form.checkValidity()) {
      form.closest("details")!.open = true;
      form.reportValidity();
      return undefined;
    }
    const inputs = [...form.querySelectorAll("input")];
    return Object.fromEntries(inputs.map((input) => [
      input.name,
      input.type === "checkbox"
        ? input.checked
        : input.type === "number"
        ? input.valueAsNumber
        : input.value,
    ]));
  }

  #makeBar(): HTMLElement {
    const options = Object.entries(this.#data.options)
      .filter(([name]) => name !== "json")
      .map(([name, { default: value, help, min = 0, max }]) => {
        const attributes = typeof value === "boolean"
          ? `type="checkbox"${value ? " checked" : ""}`
          : typeof value === "number"
          ? `type="number" required min="${min}"${
            max === undefined ? "" : ` max="${max}"`
          } value="${value}"`
          : `value="${escape(value)}"`;
        return `<label>${name} <input name="${name}" ${attributes}> <small>${
          escape(help)
        }</small></label>`;
      }).join("");
    const bar = elements(`<section class="bar" aria-label="Run the lesson">
<button type="button" class="go" id="run">Run</button>
<button type="button" id="stop" aria-disabled="true">Stop</button>
<p id="status" role="status"></p><span id="clock" aria-hidden="true"></span>
<button type="button" id="show" hidden>Show it</button>
<span class="space"></span>
${
      options &&
      `<details><summary>Options</summary><form id="options">${options}</form></details>`
    }
<button type="button" id="undo" hidden>Undo my changes</button>
<button type="button" id="link" hidden>Link to my changes</button>
</section>`);
    const on = (id: string, action: () => void) =>
      find(`#${id}`, bar)!.addEventListener("click", action);
    on("run", () => this.run());
    on("stop", () => this.#halt());
    on("undo", () => {
      this.#editor.undo();
      history.replaceState(null, "", location.pathname + location.search);
      this.#status("undone: this is the original");
      find("#run", bar)!.focus();
    });
    on("link", () => void this.#copyLink());
    find<HTMLFormElement>("#options", bar)?.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.run();
      },
    );
    document.body.append(bar);
    return bar;
  }

  async #copyLink(): Promise<void> {
    history.replaceState(null, "", await this.#editor.link());
    try {
      await navigator.clipboard.writeText(location.href);
      this.#status("the link is copied: whoever opens it sees your changes");
    } catch {
      this.#status(
        "the link is in the address bar: whoever opens it sees your changes",
      );
    }
  }

  /** Shows the changes that the address holds; nothing runs. */
  async #openLink(): Promise<void> {
    if (!location.hash.startsWith("#change=")) return;
    const wrong = await this.#editor.open(location.hash);
    find("#note")!.after(
      elements(`<p class="note foreign" id="foreign" role="note">${
        escape(
          wrong ?? "The code on this page was changed by another person. " +
              "Read it before you press Run; Undo my changes shows the original.",
        )
      }</p>`),
    );
    this.#showChanges();
  }

  #showChanges(): void {
    const { isChanged, begun } = this.#editor;
    find("#undo", this.#bar)!.hidden = !isChanged && begun.size === 0;
    find("#link", this.#bar)!.hidden = !isChanged;
    for (const exercise of this.#data.exercises) {
      const group = find(`[data-exercise="${exercise.name}"]`)!;
      const isBegun = begun.has(exercise.name);
      find(".begin", group)!.hidden = isBegun;
      find(".work", group)!.hidden = !isBegun;
      if (!isBegun) find(".report", group)!.hidden = true;
    }
  }

  #makeExercise(exercise: LessonData["exercises"][number]): void {
    const { name, task, segment, hints } = exercise;
    const group = find(`[data-exercise="${name}"]`)!;
    group.hidden = false;
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Exercise: ${name}`);
    const done = solved[this.#data.name]?.includes(name);
    group.append(
      elements(
        `<p class="begin"><button type="button">Solve it yourself</button>${
          done ? ' <span class="so">✓ solved</span>' : ""
        }</p>`,
      ),
      elements(
        `<div class="work"><p>${escape(name)}: ${
          escape(task)
        }</p><p><button type="button">Check</button>
<button type="button">Hint</button></p><ol class="hints"></ol></div>`,
      ),
      elements('<pre class="report" hidden></pre>'),
    );
    const report = find(".report", group)!;
    const [begin, check, hint] = group.querySelectorAll("button");
    begin!.addEventListener("click", () => {
      this.#editor.begun.add(name);
      this.#editor.write(segment, this.#data.segments[segment]!.todo!);
    });
    check!.addEventListener("click", () => this.#check(exercise, report));
    const list = find(".hints", group)!;
    hint!.addEventListener("click", () => {
      const next = hints[list.childElementCount];
      if (next) list.append(elements(`<li>${escape(next)}</li>`));
      const given = list.childElementCount;
      this.#status(
        next
          ? `hint ${given} of ${hints.length}: ${next}`
          : "there are no more hints",
      );
    });
  }
}

setUpTheme();
setUpMenu();
showProgress();
const data = find("#lesson");
if (data) {
  const lesson = JSON.parse(data.textContent!) as LessonData;
  if (lesson.runs && isNewEnough()) new LessonPage(lesson);
  else if (lesson.runs) {
    find("#note")!.textContent =
      "This browser is too old to run the lesson: it does not know `using`. " +
      "What stands here was recorded.";
  }
}
