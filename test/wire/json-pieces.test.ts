import fc from "fast-check";
import { expect, test } from "vitest";
import { TextPieces, writeInPieces } from "../../src/wire/json-pieces.ts";

function written(value: unknown): { text: string; pauses: number } {
  const text = new TextPieces();
  let pauses = 0;
  for (const _ of writeInPieces(value, text)) pauses += 1;
  const all = text.all();
  return { text: typeof all === "string" ? all : Buffer.concat(all).toString(), pauses };
}

test("the text is that of JSON.stringify", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(written(value).text).toBe(JSON.stringify(value));
    }),
  );
});

test.each<[string, unknown]>([
  ["fields that are undefined", { a: undefined, b: [{ c: undefined, d: 1 }], e: {} }],
  ["a long list", Array.from({ length: 5000 }, (_, i) => i / 7)],
  [
    "lists in a long list",
    Array.from({ length: 1500 }, (_, i) => ({ i, list: Array.from({ length: i % 40 }, () => "é\ud800") })),
  ],
  ["long lists in a list", { results: [[], Array.from({ length: 2000 }, () => null), [1]] }],
])("%s are written as JSON.stringify does", (_name, value) => {
  expect(written(value).text).toBe(JSON.stringify(value));
});

test("a long list pauses for others, a short one does not", () => {
  expect(written(Array.from({ length: 512 }, () => 1)).pauses).toBe(0);
  expect(written(Array.from({ length: 513 }, () => 1)).pauses).toBe(1);
  expect(written(Array.from({ length: 51_200 }, () => 1)).pauses).toBe(99);
});
