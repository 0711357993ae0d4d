/** Long histories are read while they arrive, with the result of JSON.parse. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { textBesideLogits } from "../../src/wire/growing-buffer.ts";
import { LONG_LIST } from "../../src/wire/json/long-list.ts";
import type { Places } from "../../src/wire/json/nesting.ts";
import { codeOf, split } from "./split.ts";

const SIZES = [0, 4096, 1013];
const ids = (count: number) => Array.from({ length: count }, (_, i) => (i * 7919) % 100);

/** What was read, with the lists as JSON.parse makes them. */
function restOf(text: string, places: Places, size: number): unknown {
  const { rest } = split(text, places, size);
  return JSON.parse(
    JSON.stringify(rest, (_, value) => (ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value)),
  );
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** The length of the longest text that JSON.parse was given. */
function parsedLength(read: () => void): number {
  const parse = vi.spyOn(JSON, "parse");
  read();
  return Math.max(...parse.mock.calls.map(([text]) => text.length));
}

describe("a history", () => {
  test.each([0, 1, LONG_LIST - 1, LONG_LIST, LONG_LIST + 1, LONG_LIST + 2, 15_000])("of %d ids", (count) => {
    for (const size of SIZES)
      for (const places of ["step", "none", "either"] as const) {
        const value = { seed: 5, history: ids(count), step: 3 };
        expect(restOf(JSON.stringify(value), places, size)).toEqual(value);
        expect(restOf(JSON.stringify(value, null, 1), places, size)).toEqual(value);
      }
  });

  test("does not go through JSON.parse from its 8,193rd id on", () => {
    const text = JSON.stringify({ history: ids(30_000) });
    expect(parsedLength(() => split(text, "step", 4096))).toBeLessThan(3 * LONG_LIST);
    const odd = JSON.stringify({ history: [...ids(30_000), -1] });
    expect(parsedLength(() => split(odd, "step", 4096))).toBe(odd.length);
  });

  test("is int32 when it is long: no list of numbers is filled or checked in one piece of many milliseconds", () => {
    const history = ids(30_000);
    history[7] = -1;
    const { rest } = split(JSON.stringify({ history }), "step", 4096);
    const read = (rest as { history: unknown }).history;
    expect(read).toEqual(Int32Array.from(history));
    const known = Int32Array.from(ids(30_000));
    expect(parseStepOptions({ history: known }).history).toBe(known);
  });

  test("of each row, and of the body", () => {
    const rows = [{ history: ids(9000) }, {}, { seed: 1, history: ids(10_000) }, { history: ids(3) }];
    const value = { rows, history: ids(8500) };
    for (const size of SIZES) expect(restOf(JSON.stringify(value), "batch", size)).toEqual(value);
  });

  test("elsewhere stays in the text", () => {
    const value = { combine: { history: ids(9000) }, stop: [{ history: ids(9000) }], bias: ids(9000) };
    for (const size of SIZES) expect(restOf(JSON.stringify(value), "step", size)).toEqual(value);
  });

  test.each(["-1", "16777216", "1.0", "2e1", '"a,b]"', "null", "[1,[2,3]]", '{"a":[1,2]}'])(
    "with %s in it is that of JSON.parse",
    (odd) => {
      for (const place of [5, LONG_LIST - 1, LONG_LIST, LONG_LIST + 1, 9000]) {
        const entries = ids(9500).map(String);
        entries[place] = odd;
        const text = `{"history":[${entries.join()}],"a":[2]}`;
        for (const size of [0, 1013]) expect(restOf(text, "step", size)).toEqual(JSON.parse(text));
      }
    },
  );

  test.each([",]", "01]", "1 2]", ",,1]", "1", "}", "NaN]"])("that ends as %s does is refused", (end) => {
    for (const count of [LONG_LIST, LONG_LIST + 1, 9000])
      for (const size of [0, 1013]) {
        const text = `{"history":[${ids(count).join()},${end}`;
        expect(codeOf(text, "step", size)[0], text.slice(-20)).toBe("malformed_json");
      }
  });

  test("counts as text: the limit refuses what it refused before", () => {
    // 100,000 bytes, as `split` returns them.
    const text = (length: number) => {
      const begin = `{"history":[${Array.from({ length: 15_000 }, () => "1234").join()}`;
      return `${begin}],"a":"${"x".repeat(length - begin.length - 9)}"}`;
    };
    expect(text(100_000)).toHaveLength(100_000);
    for (const size of SIZES) {
      expect(() => split(text(100_000), "step", size)).not.toThrow();
      expect(codeOf(text(100_001), "step", size)).toEqual(["limit_exceeded", ""]);
    }
    const list = (count: number) => `{"history":[${Array.from({ length: count }, () => "1234").join()}]}`;
    for (const size of SIZES) {
      expect(() => split(list(19_990), "step", size)).not.toThrow();
      expect(codeOf(list(20_010), "step", size)[0]).toBe("limit_exceeded");
    }
  });
});

test("bytes that are counted apart are bytes of the text", () => {
  const text = textBesideLogits(10);
  text.append(Buffer.from("1234"));
  text.count(6);
  expect(() => text.append(Buffer.from("5"))).toThrow("at most 10 bytes");
  expect(() => text.count(1)).toThrow("at most 10 bytes");
});
