/** Sparse token ids are read from the bytes when they are plainly written, and by JSON.parse when they are not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, split } from "./split.ts";

describe("sparse token ids", () => {
  const around = (ids: string) => `{"logits":{"token_ids":[${ids}],"values":[1]},"a":[2]}`;
  const parsed = (text: string) =>
    (JSON.parse(text) as { logits: { token_ids: unknown[] } }).logits.token_ids;
  /** The ids, from either reader. */
  const ids = (text: string, size: number) => {
    const { rest, taken } = split(text, "step", size);
    const { logits, a } = rest as { logits: { token_ids: unknown[]; values: unknown[] }; a: unknown };
    expect([logits.values, a]).toEqual([[], [2]]);
    const plain = taken["0 ids"] as number[] | undefined;
    if (plain !== undefined) expect(logits.token_ids).toEqual([]);
    return { plain, either: plain ?? logits.token_ids };
  };

  test.each(["", " ", "0", "16777215", " 7 ,\n\t12 , 0 ", "1,2,3,4,5,6,7,8,9,10", "12345678"])(
    "that are plain are taken: [%s]",
    (list) => {
      for (const size of [0, 1, 2, 3, 11])
        expect(ids(around(list), size).plain).toEqual(parsed(around(list)));
    },
  );

  test.each([
    "16777216",
    "99999999999999999999999",
    "1,2.0",
    "1e2",
    "5,-0",
    "-3",
    "1,null,2",
    '"7"',
    '1,"],[",{"x":[3]},[4],5',
    "1,true",
  ])("that are not stay in the text: [%s]", (list) => {
    for (const size of [0, 1, 2, 3, 11]) {
      const { plain, either } = ids(around(list), size);
      expect(plain).toBeUndefined();
      expect(either).toEqual(parsed(around(list)));
    }
  });

  test.each(["01", "1,", ",1", "1 2", "+1", "1,,2", "0x1", "1.", "1}", "NaN", "\0", "1\0"])(
    "that are no JSON are refused: [%s]",
    (list) => {
      for (const size of [0, 1, 2, 3]) expect(codeOf(around(list), "step", size)[0]).toBe("malformed_json");
    },
  );

  test("that are more than a row may have stay in the text", () => {
    const list = Array.from({ length: 1001 }, (_, i) => i);
    for (const size of [0, 7, 1000]) expect(ids(around(list.join()), size)).toMatchObject({ either: list });
  });

  test("of all kinds come out as JSON.parse would read them, however they are cut", () => {
    const id = fc.oneof(
      { weight: 9, arbitrary: fc.nat(2 ** 24) },
      fc.constantFrom(1.5, -1, 2 ** 24, 1e21, null, "x", [1]),
    );
    fc.assert(
      fc.property(fc.array(id, { maxLength: 40 }), fc.nat(60), fc.boolean(), (list, size, pretty) => {
        const text = around(JSON.stringify(list, null, pretty ? 1 : 0).slice(1, -1));
        const { plain, either } = ids(text, size);
        expect(either).toEqual(list);
        expect(plain !== undefined).toBe(list.every((each) => Number.isInteger(each) && isPlain(each)));
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});

function isPlain(id: unknown): boolean {
  return typeof id === "number" && id >= 0 && id < 2 ** 24;
}
