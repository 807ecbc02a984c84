import { assert, assertEquals } from "@std/assert";
import { tokensOf } from "../../classroom/grading/tokens.ts";

/** The tokens' texts, each after the first letter of its kind. */
function cut(source: string): string[] {
  return tokensOf(source).map(({ kind, text }) => `${kind[0]} ${text}`);
}

Deno.test("tokensOf() tells words, names, properties, numbers and punctuation", () => {
  assertEquals(
    cut("const größe = this.#p?.length ?? 1_000n >>> .5e-3; // end"),
    [
      ..."w const,n größe,p =,w this,p .,p #p,p ?.,p length,p ??".split(","),
      ..."n 1_000n,p >>>,n .5e-3,p ;".split(","),
    ],
  );
  assertEquals(
    cut("(...a) => a?.[0] ? a !== b : a **= 2 /* x */ && c--"),
    [
      ..."p (,p ...,n a,p ),p =>,n a,p ?.,p [,n 0,p ],p ?,n a,p !==".split(","),
      ..."n b,p :,n a,p **=,n 2,p &&,n c,p --".split(","),
    ],
  );
});

Deno.test("tokensOf() cuts strings and templates, also in one another", () => {
  assertEquals(cut(`'it\\'s' "a // b"`), [`s 'it\\'s'`, `s "a // b"`]);
  assertEquals(
    cut("`a ${b + `in ${c}` + { d: 1 }.d} \\` $ e` f"),
    [
      ..."s `a ${|n b|p +|s `in ${|n c|s }`|p +|p {|n d|p :|n 1|p }".split("|"),
      ..."p .|p d|s } \\` $ e`|n f".split("|"),
    ],
  );
});

Deno.test("tokensOf() tells a regular expression from a division", () => {
  assertEquals(cut("a / b / c"), ["n a", "p /", "n b", "p /", "n c"]);
  assertEquals(cut("(a) / 2 / this / 3").filter((t) => t[0] === "r"), []);
  assertEquals(cut("x = /[/\\]]'/g.test(y)")[2], "r /[/\\]]'/g");
  assertEquals(cut("return /a/u"), ["w return", "r /a/u"]);
});

Deno.test("tokensOf() cuts anything, and loses nothing", () => {
  const pieces = [
    ..."`'\"/[]{}()\\$;.*#@=<>?!&|".split(""),
    ..."${ */ /* // \n a 1 1e \u2028 é 名 😀 \ud800 \0 this return".split(" "),
  ];
  let state = 7;
  for (let round = 0; round < 3000; round++) {
    let source = "";
    for (let i = 0; i < 12; i++) {
      // A linear congruential generator (Numerical Recipes).
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      source += pieces[state % 997 % pieces.length]! +
        (state & 4096 ? " " : "");
    }
    let end = 0;
    for (const token of tokensOf(source)) {
      assert(token.text !== "", source);
      assertEquals(token.text, source.slice(token.start, token.end), source);
      assertBlank(source.slice(end, token.start), source);
      end = token.end;
    }
    assertBlank(source.slice(end), source);
  }
});

/** Between two tokens there is nothing but white space and comments. */
function assertBlank(text: string, source: string): void {
  const left = text.replace(/\/\/.*|\/\*[^]*?(\*\/|$)|\s+/g, "");
  assertEquals(left, "", JSON.stringify(source));
}
