/** Numeric names keep their position: JSON.parse moves them, and the original order is restored. */
import { expect, test } from "vitest";
import { seeded } from "../evidence/seeded.ts";
import { keepOrder, movesNames, namesInOrder, textInOrder } from "../src/ordered-names.ts";

function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  keepOrder(text, value);
  return value;
}

test.each([
  '{"b":1,"1":2}',
  '{"b":{"2":[{"x":1,"0":{}}],"1":3},"a":[],"7":"{\\"9\\":1}"}',
  '[{"z":1,"10":1,"9":{"q":1,"3":1}},"a",[{"c":1,"4":1}]]',
  '{"__proto__":1,"5":2}',
  "{}",
  "1",
])("%s is written as it was", (text) => {
  expect(textInOrder(parsed(text))).toBe(text);
});

test("a name that comes twice stands where it came first, with its last value", () => {
  expect(textInOrder(parsed('{"b":1,"1":2,"b":3}'))).toBe('{"b":3,"1":2}');
  expect(textInOrder(parsed('{"a":{"x":1,"1":1},"a":{"1":2}}'))).toBe('{"a":{"1":2}}');
});

test("only names that are whole numbers are moved", () => {
  expect(movesNames('{"a": 1, "12" : 2}')).toBe(true);
  expect(movesNames('{"a1": 1, "01": 2, "-1": 3, "1.5": 4}')).toBe(false);
});

test("names of objects without an order of their own are those of JavaScript", () => {
  expect(namesInOrder({ b: 1, a: 2 })).toEqual(["b", "a"]);
});

test("random texts are written as they were", () => {
  const random = seeded(5, 0);
  const value = (depth: number): string => {
    if (depth > 4 || random.oneIn(3)) return random.pick(["1", '"a"', "null", '"\\"3\\":"', "[]"]);
    if (random.oneIn(3)) return `[${Array.from({ length: random.below(3) }, () => value(depth + 1)).join()}]`;
    const names = [
      ...new Set(
        Array.from({ length: random.below(5) }, () => random.pick(["a", "1", "0", "b", "22", "é", ""])),
      ),
    ];
    return `{${names.map((name) => `${JSON.stringify(name)}:${value(depth + 1)}`).join()}}`;
  };
  for (let i = 0; i < 500; i++) {
    const text = value(0);
    expect(textInOrder(parsed(text))).toBe(text);
  }
});
