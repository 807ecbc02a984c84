import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { map, Pool, range } from "../mod.ts";
import {
  add,
  addToTotal,
  average,
  averageArrow,
  compose,
  makePower,
  power,
} from "../lessons/11_lambdas.ts";
import { transcript } from "./helper.ts";

Deno.test("average: the average of range(10) is 4.5", () => {
  assertEquals(average(range(10)), 4.5);
});

Deno.test("averageArrow: the mean of range(10) is 4.5, by a lambda as well", () => {
  assertEquals(averageArrow(range(10)), 4.5);
});

Deno.test("average: of any numbers, however few", () => {
  assertEquals([average([1]), average([-1, 1])], [1, 0]);
  assertEquals([average([2, 4, 9]), average([0.5, 0.25, 0.75])], [5, 0.5]);
});

Deno.test("averageArrow: of any numbers, however few", () => {
  assertEquals([averageArrow([1]), averageArrow([-1, 1])], [1, 0]);
  assertEquals(averageArrow([2, 4, 9]), 5);
  assertEquals(averageArrow([0.5, 0.25, 0.75]), 0.5);
});

Deno.test("given power: 2 to the power of 3 is 8", () => {
  assertEquals(power(2, 3), 8);
});

Deno.test("given power: is a value that can be given to another function", () => {
  assertEquals([...map(power, [2, 3], [3, 2])], [8, 9]);
});

Deno.test("makePower: gives a function that keeps its exponent", () => {
  const [square, cube] = [makePower(2), makePower(3)];
  assertEquals([square(2), cube(2)], [4, 8]);
  assertEquals([square(5), cube(5), makePower(0)(7)], [25, 125, 1]);
});

Deno.test("compose: the second function gets what the first one gives", () => {
  const addOne = (x: number) => x + 1;
  const double = (x: number) => x * 2;
  assertEquals(compose(addOne, double)(5), 12);
  assertEquals(compose(double, addOne)(5), 11);
  assertEquals(compose(double, String)(5), "10");
});

Deno.test("compose: calls nothing before its result is called", () => {
  let calls = 0;
  const counted = compose(() => ++calls, String);
  assertEquals(calls, 0);
  assertEquals([counted(0), counted(0)], ["1", "2"]);
});

Deno.test("given: add is pure: the same arguments give the same, as often as one asks", () => {
  assertEquals([add(0, 5), add(0, 5), add(0, 5)], [5, 5, 5]);
});

Deno.test("given: addToTotal is impure: the same argument gives something else each time", () => {
  const first = addToTotal(5);
  assertEquals([addToTotal(5), addToTotal(5)], [first + 5, first + 10]);
});

Deno.test("given: what uses only its arguments runs in workers, and gives what main gives", async () => {
  using pool = new Pool({ workers: 2 });
  assertEquals(await pool.starmap(add, [[0, 5], [1, 5]]), [
    add(0, 5),
    add(1, 5),
  ]);
  assertEquals(await pool.starmap(power, [[2, 3]]), [power(2, 3)]);
});

Deno.test("given: what uses a variable around it cannot run in a worker, be it pure or not", async () => {
  using pool = new Pool({ workers: 2 });
  for (
    const [task, name] of [
      [addToTotal, '"total"'],
      [makePower(3), '"exponent"'],
    ] as const
  ) {
    const error = await assertRejects(
      () => pool.map(task, [5, 5]),
      ReferenceError,
      name,
    );
    assertStrictEquals(error.name, "ReferenceError");
  }
});

Deno.test("given: the lesson says what a lambda, a closure and a pure function are", async () => {
  const said = await transcript("11_lambdas");
  for (
    const sentence of [
      "A lambda function is written without a name, in a place where a value could stand.",
      "A function together with the variables around it is called a closure.",
      "average is a function with a name. averageArrow does the same, written as a lambda. In braces it may hold statements, and then needs `return`.",
      "add is a pure function. Its result depends on its arguments, and on nothing else that can change; returning it is all it does.",
      "It has no side effects: it changes no variable outside, writes no file, asks no database.",
      "addToTotal is impure: it reads and changes `total`.",
      "The pure function is the central idea of functional programming, which computes results by applying functions to data.",
      "data analysis, machine learning",
      "So what counts for a worker is not that a function is pure, but that it uses no variable around it.",
      "This is the beginning of its error, in which `task` stands for a function without a name.",
    ]
  ) assertStringIncludes(said, sentence);
});

Deno.test("given: the lesson shows the code and the values that it speaks of", async () => {
  const said = await transcript("11_lambdas");
  for (
    const line of [
      "average(range(10)) → 4.5",
      "const averageArrow = (values) => {",
      "averageArrow(range(10)) → 4.5",
      "const power = (x, y) => x ** y; power(2, 3) → 8",
      "[square(2), cube(2)] → [ 4, 8 ]",
      "total += x;",
      "[add(0, 5), add(0, 5)] → [ 5, 5 ]",
      "[addToTotal(5), addToTotal(5)] → [",
      'ReferenceError: addToTotal uses "total"',
      `pool.map(cube, [1, 2]).catch(firstWords) → 'task uses "exponent"'`,
      "pool.starmap(power, [[1, 3], [2, 3]]) → [ 1, 8 ]",
    ]
  ) assertStringIncludes(said, line);
});
