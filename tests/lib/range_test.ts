import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Range, range } from "../../mod.ts";

Deno.test("range() goes from 0 or a start to before a stop, in steps", () => {
  assertEquals([...range(5)], [0, 1, 2, 3, 4]);
  assertEquals([...range(2, 5)], [2, 3, 4]);
  assertEquals([...range(2, 10, 3)], [2, 5, 8]);
  assertEquals([...range(5, -5, -3)], [5, 2, -1, -4]);
  for (const empty of [range(0), range(-3), range(5, 5), range(0, 5, -1)]) {
    assertEquals([[...empty], empty.length], [[], 0]);
  }
});

Deno.test("Range is iterable again and again, and no iterator", () => {
  const numbers = range(3);
  assertEquals([...numbers], [...numbers]);
  assertEquals("next" in numbers, false);
});

Deno.test("Range.at() counts from the end if below 0", () => {
  const numbers = range(2, 10, 3);
  assertEquals([0, 2, -1, -3].map((i) => numbers.at(i)), [2, 8, 8, 2]);
  assertEquals([3, -4].map((i) => numbers.at(i)), [undefined, undefined]);
});

Deno.test("Range.indexOf() and includes() find what is there", () => {
  const numbers = range(5, -5, -3);
  for (const [i, n] of [...numbers].entries()) {
    assertEquals([numbers.indexOf(n), numbers.includes(n)], [i, true]);
  }
  for (const n of [8, 4, -7, 2.5, NaN, Infinity]) {
    assertEquals([numbers.indexOf(n), numbers.includes(n)], [-1, false]);
  }
  assertEquals(range(0).indexOf(0), -1);
});

Deno.test("Range.slice() is a Range, and cuts as an array's does", () => {
  const numbers = range(2, 20, 3);
  const array = [...numbers];
  const cuts = [[], [1], [1, 3], [-2], [-4, -1], [3, 1], [0, 99], [-99, 2], [
    9,
  ]];
  for (const cut of cuts) {
    const part = numbers.slice(...cut);
    assertEquals(part instanceof Range, true);
    assertEquals([...part], array.slice(...cut), `slice(${cut})`);
  }
});

Deno.test("Range.slice() takes what an array's does for a place", () => {
  const numbers = range(5);
  const array = [...numbers];
  const places = [
    NaN,
    -0.5,
    0.5,
    1.9,
    -1.9,
    Infinity,
    -Infinity,
    null,
    "2",
    "a",
  ];
  for (const from of [undefined, ...places] as number[]) {
    for (const to of [undefined, ...places] as number[]) {
      const part = numbers.slice(from, to);
      assertEquals([...part], array.slice(from, to), `slice(${from}, ${to})`);
      assertEquals(part.length, array.slice(from, to).length);
    }
    assertEquals(numbers.at(from), array.at(from), `at(${from})`);
  }
});

Deno.test("Range.indexOf() and includes() know nothing but numbers", () => {
  const numbers = range(3) as { indexOf(value: unknown): number } & Range;
  for (const other of [1n, "1", null, undefined, Symbol.iterator, [1], {}]) {
    assertEquals(numbers.indexOf(other), -1);
    assertEquals(numbers.includes(other as number), false);
  }
});

Deno.test("Range.toReversed() is a Range, of the same numbers", () => {
  assertEquals([...range(2, 10, 3).toReversed()], [8, 5, 2]);
  assertEquals([...range(0).toReversed()], []);
  assertEquals(range(4).toReversed().toReversed(), range(4));
});

Deno.test("Ranges are equal if their numbers are", () => {
  assertEquals(range(0, 5, 2), range(0, 6, 2));
  assertEquals(range(0), range(5, 5, 3));
  assertEquals(range(3, 4), range(3, 9, 7));
  assertEquals(range(1, 5).slice(1), range(2, 5));
  assertNotEquals(range(3), range(4));
  assertNotEquals(range(0, 4, 2), range(0, 8, 4));
});

Deno.test("Range computes, and does not store or add up", () => {
  const huge = range(0, 1e15, 0.5);
  assertEquals(huge.length, 2e15);
  assertEquals([huge.at(-1), huge.indexOf(4e14)], [1e15 - 0.5, 8e14]);
  const tenths = range(0, 1, 0.1);
  assertEquals([...tenths], Array.from({ length: 10 }, (_, i) => i * 0.1));
  assertEquals([...range(1, 1.3, 0.1)].length, 3);
  assertEquals([...range(0, 0.6, 0.2)].length, 3);
});

Deno.test("range() refuses what is no finite number, and a step of 0", () => {
  const wrong = (...args: unknown[]) => () =>
    (range as (...args: unknown[]) => Range)(...args);
  assertThrows(wrong(), TypeError, "stop must be a finite number");
  assertThrows(wrong("3"), TypeError, 'received "3" (string)');
  assertThrows(wrong(3n), TypeError, "3 (bigint)");
  assertThrows(
    wrong(NaN),
    RangeError,
    "stop must be a finite number: received",
  );
  assertThrows(wrong(0, Infinity), RangeError, "Infinity");
  assertThrows(wrong(0, 1, NaN), RangeError, "step must be a finite number");
  assertThrows(wrong(0, 1, 0), RangeError, "step must not be 0");
  assertThrows(wrong(0, 1e300), RangeError, "too many to count");
});

Deno.test("Range prints as it is made", () => {
  assertEquals(Deno.inspect(range(5)), "Range(0, 5)");
  assertEquals(Deno.inspect(range(2, 8, 3)), "Range(2, 8, 3)");
});
