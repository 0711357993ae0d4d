import fc from "fast-check";
import { expect, test } from "vitest";
import { TextPieces, WrittenList, writeInPieces } from "../../../src/wire/json/pieces.ts";

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

test.each<[string, unknown[]]>([
  ["nothing", []],
  ["one entry", [{ a: undefined, b: 1 }]],
  ["short and long ones", [1, Array.from({ length: 513 }, () => "é"), { a: null }, [Array(600).fill(1)], 2]],
  ["more than is encoded together", Array.from({ length: 9000 }, (_, i) => ({ i, p: i / 7 }))],
])("a list that is written while it grows is written as JSON.stringify does: %s", (_name, entries) => {
  const list = new WrittenList();
  for (const entry of entries) list.push(entry);
  expect(written({ results: list }).text).toBe(JSON.stringify({ results: entries }));
});

test("an entry with a list of 512 is written at once, with one more when its turn comes", () => {
  const of = (length: number) => {
    const list = new WrittenList();
    const entry = { list: Array(length).fill(1) };
    list.push(entry);
    entry.list = [];
    return written(list).text;
  };
  expect(of(512)).toHaveLength(JSON.stringify([{ list: Array(512).fill(1) }]).length);
  expect(of(513)).toBe('[{"list":[]}]');
});
