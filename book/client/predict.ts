/**
 * Has the reader guess each value before it is shown.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { canGuess, isRight } from "../../lib/lesson/claims.ts";
import { escape } from "../escape.ts";
import { element, find, findAll } from "./dom.ts";

/** The switch, and what it does to the values on a page. */
export class Predict {
  readonly #say: (text: string) => void;
  /** The values that the reader has seen. */
  readonly #seen = new Set<string>();
  #guessed = 0;
  #right = 0;
  #isOn = false;

  /** @param say Tells the reader how it goes. */
  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** Whether values are hidden until they are guessed. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Switches it on, with all values hidden, or off. */
  toggle(): void {
    this.#isOn = !this.#isOn;
    this.#seen.clear();
    this.#guessed = this.#right = 0;
    for (const form of findAll(".guess, .guessed")) form.remove();
    for (const value of findAll(".value.asked")) {
      value.classList.remove("asked");
    }
    if (!this.#isOn) return this.#say("values are shown");
    const all = this.hide();
    this.#say(
      all === 0
        ? "nothing to guess: the values here differ from run to run"
        : `${all} values to guess`,
    );
  }

  /**
   * Hides what the reader can guess and has not seen.
   *
   * @param within Where to look.
   * @returns How many values are hidden there.
   */
  hide(within: ParentNode = document): number {
    if (!this.#isOn) return 0;
    const values = findAll(".value[data-claim]", within).filter((value) =>
      canGuess(value.dataset["claim"]!) && !this.#seen.has(keyOf(value))
    );
    for (const value of values) {
      if (!value.classList.contains("asked")) this.#ask(value);
    }
    return values.length;
  }

  #ask(value: HTMLElement): void {
    value.classList.add("asked");
    const form = element<HTMLFormElement>(
      `<form class="guess"><input autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="your guess" aria-label="What does ${
        escape(find(".expression", value)!.textContent)
      } give?"> <button>Guess</button> <button type="button">Show</button></form>`,
    );
    const show = (verdict: string) => {
      this.#seen.add(keyOf(value));
      value.classList.remove("asked");
      form.remove();
      if (!verdict) return;
      const kind = verdict === "right" ? "so" : "wrong";
      value.append(
        element(
          `<p class="guessed ${kind}" tabindex="-1">${escape(verdict)}</p>`,
        ),
      );
      find(".guessed", value)!.focus({ preventScroll: true });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const guess = find<HTMLInputElement>("input", form)!.value.trim();
      if (guess === "") return show("");
      const isSo = isRight(guess, find("samp", value)!.textContent);
      this.#guessed += 1;
      if (isSo) this.#right += 1;
      show(isSo ? "right" : `wrong: you said ${guess}`);
      this.#say(`${this.#right} of ${this.#guessed} guesses right`);
    });
    find("[type=button]", form)!.addEventListener("click", () => show(""));
    value.append(form);
  }
}

/** The same for a value of each run. */
function keyOf(value: HTMLElement): string {
  const out = value.closest<HTMLElement>(".out")!;
  const expression = find(".expression", value)!.textContent;
  return `${out.dataset["of"]} ${expression} ${value.dataset["claim"]}`;
}
