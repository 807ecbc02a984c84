/**
 * Code as a reader wrote it. `toString()` of a function gives the code as Deno
 * runs it: the types are gone, and every item of an array or an object stands
 * on a line of its own.
 *
 * @module
 */

const strings = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\/\/.*/g;
const exploded = /([[{])[^\S\n]*\n\s*([^;[\]{}]*?)\s*([\]}])/;
/** A text that stands for another one, by its number: no code has such signs. */
const placeholder = /⟦(\d+)⟧/;

/** Puts the spaces and lines of code back to what one would write. */
export function tidy(code: string, columns = Infinity): string {
  const hidden: string[] = [];
  const hide = (text: string) => `⟦${hidden.push(text) - 1}⟧`;
  const reveal = (text: string): string =>
    placeholder.test(text)
      ? reveal(text.replace(placeholder, (_, i) => hidden[Number(i)]!))
      : text;

  // Brackets and spaces inside a string or a comment are none of the code's.
  let text = code.replace(strings, hide)
    .replace(/[^\S\n]*=>[^\S\n]*/g, " => ")
    .replace(/(?<![.\w])(for|while|if|switch|catch)\(/g, "$1 (")
    .replace(/\b(function\*?)\(/g, "$1 (")
    .replace(/\)(?=\w)/g, ") ")
    .replace(
      /^(\s*)(?!for|while|if|switch|catch)(\w+) (\(.*\) *\{)$/gm,
      "$1$2$3",
    )
    .replace(
      /(\S) *\{/g,
      (_, before) => before + (/[[(]/.test(before) ? "{" : " {"),
    );
  for (let group; (group = exploded.exec(text));) {
    const [all, open, items, close] = group as unknown as string[];
    const space = open === "{" && items !== "" ? " " : "";
    const line = open + space + items!.replace(/\s*\n\s*/g, " ") + space +
      close;
    const fits = reveal(line).length <= columns;
    text = text.replace(all!, () => hide(fits ? line : all!));
  }
  return reveal(text);
}

/** The expression inside an arrow function, on one line. */
export function expressionOf(expression: () => unknown): string {
  const [, body = ""] = /^(?:async\s*)?\(\)\s*=>\s*([^]*)$/
    .exec(String(expression)) ?? [];
  const line = tidy(body);
  // An arrow function has to wrap an object that it returns in parentheses.
  return /^\(\{[^]*\}\)$/.test(line) ? line.slice(1, -1) : line;
}

/** The code of a function or a named constant, without the marks of exercises. */
export function codeOf(
  fn: { readonly name: string },
  columns: number,
): string {
  const marks = /^ *\/\/ *#(end)?region.*\n/gm;
  const source = String(fn).replace(marks, "");
  // A function inside of another one is indented.
  const [indent = ""] = / *(?=\S.*$)/.exec(source.split("\n").at(-1)!) ?? [];
  const text = tidy(source.replaceAll(`\n${indent}`, "\n"), columns);
  return /^(async )?(function|class)\b/.test(text)
    ? text
    : `const ${fn.name} = ${text};`;
}
