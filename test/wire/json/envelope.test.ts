/** The envelope finds rows only where they belong, in valid and in invalid JSON. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Places } from "../../../src/wire/json/nesting.ts";
import { codeOf, split } from "../split.ts";

describe("rows are found", () => {
  test.each<[string, Places, string, unknown, Record<string, unknown>]>([
    ["at logits", "step", '{"logits":[1,2],"a":3}', { logits: [], a: 3 }, { "0 dense": [1, 2] }],
    ["at the end", "step", ' { "a" : 3 , "logits" : [ 1 ] } ', { a: 3, logits: [] }, { "0 dense": [1] }],
    ["by an escaped key", "step", '{"log\\u0069ts":[1]}', { logits: [] }, { "0 dense": [1] }],
    [
      "in a packed object",
      "step",
      '{"logits":{"data":"AACAPw==","dtype":"f32"}}',
      { logits: { data: "", dtype: "f32" } },
      { "0 packed": "0000803f" },
    ],
    [
      "in a sparse object",
      "step",
      '{"logits":{"token_ids":[4,5],"values":[1,-Infinity]}}',
      { logits: { token_ids: [], values: [] } },
      { "0 ids": [4, 5], "0 values": [1, -Infinity] },
    ],
    [
      "in the rows of a batch",
      "batch",
      '{"rows":[{"logits":[1]},{"x":[7],"logits":[2,3]},{}],"top_k":1}',
      { rows: [{ logits: [] }, { x: [7], logits: [] }, {}], top_k: 1 },
      { "0 dense": [1], "1 dense": [2, 3] },
    ],
    [
      "nowhere in a header",
      "none",
      '{"logits":[1],"rows":[{"logits":[2]}]}',
      { logits: [1], rows: [{ logits: [2] }] },
      {},
    ],
  ])("%s", (_name, places, text, rest, taken) => {
    for (const size of [0, 1, 2, 3, 7]) {
      const result = split(text, places, size);
      expect(result.rest).toEqual(rest);
      expect(result.taken).toEqual(taken);
    }
  });

  test.each([
    ["deeper", '{"a":{"logits":[1]}}'],
    ["in an array", '[{"logits":[1]}]'],
    ["in a text", '{"a":"\\"logits\\":[1]","b":"\\\\"}'],
    ["under a longer name", '{"logits2":[1],"logit":[2],"LOGITS":[3]}'],
    ["in rows of a single step", '{"rows":[{"logits":[1]}]}'],
    ["as something else", '{"logits":"[1]"}'],
    ["values and data of other objects", '{"a":{"values":[1],"data":"AAAA"}}'],
    ["in an array at logits.x", '{"logits":{"x":[1],"y":{"values":[2]}}}'],
  ])("but not %s", (_name, text) => {
    for (const size of [0, 1, 5]) {
      const { rest, taken } = split(text, "step", size);
      expect(rest).toEqual(JSON.parse(text));
      expect(taken).toEqual({});
    }
  });

  test("any JSON with rows in it comes out as JSON.parse would read it, however it is cut", () => {
    const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5 });
    const anything = fc.jsonValue({ maxDepth: 3 });
    const step = fc.record({ a: anything, logits: fc.oneof(numbers, fc.constant("x")), 'k"\\': anything });
    fc.assert(
      fc.property(step, fc.boolean(), fc.nat(40), (value, pretty, size) => {
        const { rest, taken } = split(JSON.stringify(value, null, pretty ? 1 : 0), "step", size);
        const is_row = Array.isArray(value.logits);
        const expected = JSON.parse(JSON.stringify(value)) as typeof value;
        expect(rest).toEqual(is_row ? { ...expected, logits: [] } : expected);
        if (is_row) expect(taken["0 dense"]).toEqual((expected.logits as number[]).map(Math.fround));
        else expect(taken).toEqual({});
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe("text that is no JSON is refused", () => {
  test.each([
    ["nothing", ""],
    ["blanks", "  "],
    ["a word", "hello"],
    ["a truncated object", '{"logits":[1,2]'],
    ["a truncated row", '{"logits":[1,2'],
    ["a truncated row after a comma", '{"logits":[1,'],
    ["a truncated word in a row", '{"logits":[1,nul'],
    ["a truncated number in a row", '{"logits":[1,-'],
    ["a truncated text", '{"a":"b'],
    ["a truncated key", '{"a'],
    ["a truncated escape", '{"a":"b\\'],
    ["a trailing comma in a row", '{"logits":[1,]}'],
    ["a trailing comma in an object", '{"logits":[1],}'],
    ["two values", '{"logits":[1]}{"logits":[2]}'],
    ["text behind", '{"logits":[1]} x'],
    ["two arrays at one key", '{"logits":[1][2]}'],
    ["a row without a key", "{[1]}"],
    ["a colon too many", '{"logits"::[1]}'],
    ["no colon", '{"logits"[1]}'],
    ["crossed brackets", '{"logits":[1}]'],
    ["closing brackets alone", "]]}}"],
    ["single quotes", "{'logits':[1]}"],
    ["a comment", '{"logits":[1]/**/}'],
    ["NaN elsewhere", '{"logits":[1],"temperature":NaN}'],
    ["a control character in a text", '{"a":"\u0001"}'],
    ["a bad escape in a key", '{"\\x":1}'],
    ["number words in a row", '{"logits":[1,one]}'],
    ["a missing comma in a row", '{"logits":[1 2]}'],
  ])("%s", (_name, text) => {
    for (const size of [0, 1, 3, 64]) expect(codeOf(text, "step", size)[0]).toBe("malformed_json");
  });

  test.each([
    ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"logits":[1]}')])],
    ["Latin-1", Buffer.from('{"a":"é"}', "latin1")],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le")],
    ["a lone surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ])("%s", (_name, bytes) => {
    expect(codeOf(bytes)[0]).toBe("malformed_json");
  });

  test("nesting has an end", () => {
    const deep = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(split(deep(64)).rest).toEqual(JSON.parse(deep(64)));
    expect(codeOf(deep(65))[0]).toBe("malformed_json");
    expect(codeOf("[".repeat(50_000))[0]).toBe("malformed_json");
    expect(codeOf(`{"a":${'{"b":'.repeat(20_000)}`)[0]).toBe("malformed_json");
  });

  test("text besides the rows has a limit, rows have not", () => {
    expect(codeOf(`{"a":"${"x".repeat(100_000)}"}`)[0]).toBe("limit_exceeded");
    expect(
      split(`{"logits":[${"0.0000000000000000000000000000000000001,".repeat(900)}1]}`.padEnd(99_999)).rest,
    ).toEqual({
      logits: [],
    });
  });
});

describe("keys", () => {
  test.each([
    ["logits twice", "step", '{"logits":[1],"logits":[2]}', "/logits"],
    ["an option twice", "step", '{"top_k":1,"top_k":2}', "/top_k"],
    ["a key and the same escaped", "step", '{"logits":[1],"l\\u006fgits":[2]}', "/logits"],
    ["dtype twice", "step", '{"logits":{"dtype":"f32","dtype":"f16"}}', "/logits/dtype"],
    ["logits twice in a row", "batch", '{"rows":[{},{"logits":[1],"logits":[2]}]}', "/rows/1/logits"],
    ["rows twice", "batch", '{"rows":[],"rows":[]}', "/rows"],
  ] as const)("%s is refused with its place", (_name, places, text, pointer) => {
    for (const size of [0, 1]) expect(codeOf(text, places, size)).toEqual(["malformed_json", pointer]);
  });

  test("an object of options may have 1,024 keys", () => {
    const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(",")}}`;
    expect(Object.keys(split(keys(1024)).rest as object)).toHaveLength(1024);
    expect(codeOf(keys(1025))).toEqual(["limit_exceeded", "/k1024"]);
    expect(split(`{"state":${keys(1025)}}`).rest).toHaveProperty("state.k1024");
  });

  test("__proto__ is an option that does not exist", () => {
    expect(codeOf('{"__proto__":{"top_k":1}}')).toEqual(["unknown_option", "/__proto__"]);
    expect(codeOf('{"rows":[{"__proto__":1}]}', "batch")).toEqual(["unknown_option", "/rows/0/__proto__"]);
  });

  test("a lone surrogate in a key or a text is JSON, and stays what it is", () => {
    expect(split('{"\\ud800":"\\udfff"}').rest).toEqual({ "\ud800": "\udfff" });
  });
});

describe("a row that cannot be taken", () => {
  test.each([
    ["null", "[1,null,2]", "invalid_logits", "/logits/1"],
    ["a text", '[1,"Infinity"]', "invalid_logits", "/logits/1"],
    ["a text with brackets and escapes", '["]\\"}[",2]', "invalid_logits", "/logits/0"],
    ["true", "[true]", "invalid_logits", "/logits/0"],
    ["NaN", "[1,2,NaN]", "nan_logit", "/logits/2"],
    ["Infinity", "[Infinity]", "invalid_logits", "/logits/0"],
    ["too large a number", "[1,1e39,2]", "invalid_logits", "/logits/1"],
    ["a nested array", "[[1,[2]],3]", "invalid_logits", "/logits/0"],
    ["an object", '[{"a":[1]},3]', "invalid_logits", "/logits/0"],
    ["too long a row", `[${"1,".repeat(1000)}1]`, "limit_exceeded", "/logits"],
  ])("%s fails, and what follows is read on", (_name, array, code, pointer) => {
    const text = `{"rows":[{"logits":${array},"a":1},{"logits":[5]}],"b":2}`;
    for (const size of [0, 1, 2, 3, 5, 11, 64]) {
      const { rest, taken, faults } = split(text, "batch", size);
      expect(rest).toEqual({ rows: [{ logits: [], a: 1 }, { logits: [] }], b: 2 });
      expect(taken["1 dense"]).toEqual([5]);
      expect([faults[0]?.code, faults[0]?.pointer]).toEqual([code, pointer]);
    }
  });

  test("the sentence is the same however the text is cut", () => {
    const text = '{"logits":[1, "a text that is rather long and has an end far away", 2]}';
    const sentence = split(text).faults[0]?.message;
    expect(sentence).toBe("logits must be numbers or -Infinity, got a string at index 1");
    for (let size = 1; size < text.length; size++)
      expect(split(text, "step", size).faults[0]?.message).toBe(sentence);
  });

  test("a batch has a limit of rows", () => {
    const rows = (count: number) => `{"rows":[${Array(count).fill('{"logits":[1]}').join(",")}]}`;
    expect(Object.keys(split(rows(16), "batch").taken)).toHaveLength(16);
    expect(codeOf(rows(17), "batch")).toEqual(["limit_exceeded", "/rows"]);
  });
});
