import { assertEquals } from "@std/assert";
import { count, filter, lazy, map, Pool, range } from "../mod.ts";
import {
  add,
  chained,
  comprehension,
  double,
  evaluationOrder,
  isEven,
  lines,
  nested,
  stepwise,
} from "../lessons/11_pipelines.ts";

const ways = { nested, stepwise, chained, comprehension };

for (const [name, way] of Object.entries(ways)) {
  Deno.test(`${name}: even numbers of 0 to 9, doubled and summed, are 40`, () => {
    assertEquals(way(range(10)), 40);
  });

  Deno.test(`${name}: works on any numbers, from any iterable`, () => {
    assertEquals(way([1, 2, 7, 8]), 20);
    assertEquals(way(new Set([-4, -3, 3])), -8);
    assertEquals(way(map((x) => x, [6])), 12);
    assertEquals([way([]), way([1, 3])], [0, 0]);
  });

  Deno.test(`${name}: leaves its data unchanged`, () => {
    const data = Object.freeze([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals([way(data), way(data)], [40, 40]);
    assertEquals(data, [...range(10)]);
  });
}

Deno.test("evaluationOrder: nothing runs before the pipeline is built and the end asks", () => {
  assertEquals(evaluationOrder([2, 3, 4]).lazy[0], "built");
});

Deno.test("evaluationOrder: lazily, one item goes all the way before the next one starts", () => {
  assertEquals(evaluationOrder([2, 3, 4]).lazy, [
    "built",
    "filter 2",
    "map 2",
    "add 4",
    "filter 3",
    "filter 4",
    "map 4",
    "add 8",
  ]);
});

Deno.test("evaluationOrder: with arrays, each step finishes before the next one starts", () => {
  assertEquals(evaluationOrder([2, 3, 4]).arrays, [
    "filter 2",
    "filter 3",
    "filter 4",
    "map 2",
    "map 4",
    "built",
    "add 4",
    "add 8",
  ]);
});

Deno.test("evaluationOrder: of nothing, there is nothing to do", () => {
  assertEquals(evaluationOrder([]), { lazy: ["built"], arrays: ["built"] });
});

Deno.test("isEven, double and add give the same for the same arguments", () => {
  assertEquals([isEven(2), isEven(7), isEven(0), isEven(-2)], [
    true,
    false,
    true,
    true,
  ]);
  assertEquals([double(4), double(4), add(1, 2), add(1, 2)], [8, 8, 3, 3]);
});

Deno.test("a pipeline over an endless source gives as many as are taken", () => {
  const firstThree = lazy(count()).filter(isEven).map(double).take(3);
  assertEquals(firstThree.toArray(), [0, 4, 8]);
});

Deno.test("lines: a pipeline has one line at a time, and never the whole text", () => {
  let made = 0;
  const seen: number[] = [];
  const source = map((line) => {
    made += 1;
    return line;
  }, lines(5));
  lazy(source).map((line) => line.length).forEach(() => seen.push(made));
  assertEquals(seen, [1, 2, 3, 4, 5]);
});

Deno.test("lines: 100 000 of them are 101 188 890 characters", () => {
  assertEquals([...lines(2)].map((line) => line.slice(0, 8)), [
    "line 0: ",
    "line 1: ",
  ]);
  const total = lazy(lines(100_000)).map((line) => line.length).sum();
  assertEquals(total, 101_188_890);
});

Deno.test("double is pure: a pool's workers can run that step of the pipeline", async () => {
  using pool = new Pool({ workers: 2 });
  const doubled: number[] = [];
  for await (const x of pool.imap(double, filter(isEven, range(10)))) {
    doubled.push(x);
  }
  assertEquals(doubled, [0, 4, 8, 12, 16]);
  assertEquals(doubled.reduce(add), 40);
});
