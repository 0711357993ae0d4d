/** Invalid batches and tensors: code and pointer are the same for every division of the bytes. */
import { describe, expect, test } from "vitest";
import { openBatchJson } from "../../src/wire/batch-body.ts";
import { openStepTensor } from "../../src/wire/step-body.ts";
import type { WireContext } from "../../src/wire/step-reader.ts";
import { answers, batchBehind, behind, byQuery, bytesOf, type Fields, header, refusal } from "./opened.ts";

describe("a batch that cannot be", () => {
  test.each<[string, unknown, string, string]>([
    ["without rows", { top_k: 1 }, "invalid_option", "/rows"],
    ["with no row", { rows: [] }, "invalid_option", "/rows"],
    ["with rows that are no list", { rows: { logits: [1] } }, "invalid_option", "/rows"],
    ["with logits beside its rows", { rows: [{ logits: [1] }], logits: [1] }, "unknown_option", "/logits"],
    [
      "with a misspelt shared option",
      { rows: [{ logits: [1] }], temprature: 1 },
      "unknown_option",
      "/temprature",
    ],
    ["with too many rows", { rows: Array(9).fill({ logits: [1] }) }, "limit_exceeded", "/rows"],
  ])("JSON, %s", (_name, body, code, pointer) => {
    for (const size of [0, 3])
      expect(refusal(openBatchJson, JSON.stringify(body), size).slice(0, 2)).toEqual([code, pointer]);
  });

  test("a shared option out of range is every row's problem, and points to where it stands", () => {
    const body = JSON.stringify({ rows: [{ logits: [1] }, { logits: [1], top_p: 1, seed: 1 }], top_p: 7 });
    const [first, second] = answers(openBatchJson, body);
    expect(first).toMatchObject({ code: "invalid_option", pointer: "/top_p" });
    expect(second).toContain('"token_id":0');
  });

  const tensor = bytesOf([1, 2, 3, 4, 5, 6]);
  test.each<[string, Fields, Buffer, string, string]>([
    ["without a shape", {}, tensor, "invalid_option", "/shape"],
    ["with a shape of one", { shape: [6] }, tensor, "invalid_option", "/shape"],
    ["with a shape of four", { shape: [1, 1, 2, 3] }, tensor, "invalid_option", "/shape"],
    ["with too many sources", { shape: [1, 9, 3] }, tensor, "limit_exceeded", "/shape/1"],
    ["with a shape of zero", { shape: [0, 3] }, tensor, "invalid_option", "/shape/0"],
    ["with a broken shape", { shape: [2, 1.5] }, tensor, "invalid_option", "/shape/1"],
    ["with rows too long", { shape: [1, 4097] }, tensor, "limit_exceeded", "/shape/1"],
    ["with too many rows", { shape: [9, 1] }, tensor, "limit_exceeded", "/shape/0"],
    ["with too few bytes", { shape: [2, 4] }, tensor, "length_mismatch", "/shape"],
    ["with too many bytes", { shape: [2, 2] }, tensor, "length_mismatch", "/shape"],
    ["with bytes of another type", { shape: [2, 3], dtype: "f16" }, tensor, "length_mismatch", "/shape"],
    ["with other rows than its shape", { shape: [2, 3], rows: [{}] }, tensor, "length_mismatch", "/rows"],
    ["with rows that are no list", { shape: [2, 3], rows: {} }, tensor, "length_mismatch", "/rows"],
    ["with a misspelt option", { shape: [2, 3], topk: 1 }, tensor, "unknown_option", "/topk"],
    ["with logits in the header", { shape: [2, 3], logits: [1] }, tensor, "unknown_option", "/logits"],
  ])("binary, %s", (_name, fields, bytes, code, pointer) => {
    const body = Buffer.concat([header(fields), bytes]);
    for (const size of [0, 1, 5])
      expect(refusal(batchBehind(fields), body, size).slice(0, 2)).toEqual([code, pointer]);
  });

  test("one row of a binary batch fails alone", () => {
    const fields = { shape: [3, 2], seed: 1, rows: [{ top_p: 3 }, {}, null] };
    const got = answers(batchBehind(fields), Buffer.concat([header(fields), tensor]), 3);
    expect(got[0]).toMatchObject({ code: "invalid_option", pointer: "/rows/0/top_p" });
    expect(got[1]).toContain('"token_id"');
    expect(got[2]).toMatchObject({ code: "invalid_option", pointer: "/rows/2" });
  });
});

describe("a binary step that cannot be", () => {
  test.each<[string, Fields, Buffer, string, string]>([
    ["with a broken element", {}, Buffer.alloc(7), "length_mismatch", ""],
    ["with another dtype", { dtype: "i4" }, Buffer.alloc(4), "invalid_option", "/dtype"],
    ["with another shape", { shape: [3] }, Buffer.alloc(8), "length_mismatch", "/shape"],
    ["with a shape of three", { shape: [1, 2, 1] }, Buffer.alloc(8), "invalid_option", "/shape"],
    ["with sources that nothing combines", { shape: [2, 1] }, Buffer.alloc(8), "option_conflict", "/combine"],
    ["with a row too long", {}, Buffer.alloc(4 * 4097), "limit_exceeded", ""],
    ["with an unknown option", { topk: 3 }, Buffer.alloc(8), "unknown_option", "/topk"],
    ["with a slash and a tilde in a name", { "a/b~c": 3 }, Buffer.alloc(8), "unknown_option", "/a~1b~0c"],
    ["with rows", { rows: [] }, Buffer.alloc(8), "unknown_option", "/rows"],
  ])("%s", (_name, fields, bytes, code, pointer) => {
    const body = Buffer.concat([header(fields), bytes]);
    for (const size of [0, 1, 3]) {
      expect(refusal(behind(fields), body, size).slice(0, 2)).toEqual([code, pointer]);
      expect(refusal(byQuery(fields), bytes, size).slice(0, 2)).toEqual([code, pointer]);
    }
  });

  test.each<[string, string, number, string]>([
    ["that is no JSON", "{,}", 3, "malformed_json"],
    ["that is no object", "[1]", 3, "invalid_option"],
    ["longer than the body", '{"seed":1}', 100, "malformed_header"],
    ["longer than the limit", "{}", 5000, "limit_exceeded"],
    ["with a key twice", '{"seed":1,"seed":2}', 19, "malformed_json"],
  ])("with a header %s", (_name, text, header_bytes, code) => {
    const open = (context: WireContext) => openStepTensor({ header_bytes, query: {} }, context);
    for (const size of [0, 1])
      expect(refusal(open, Buffer.concat([Buffer.from(text), Buffer.alloc(8)]), size)[0]).toBe(code);
  });

  test("with options in the header and in the query string", () => {
    const open = (context: WireContext) => openStepTensor({ header_bytes: 2, query: { seed: 1 } }, context);
    expect(refusal(open, Buffer.from("{}AAAA"))[0]).toBe("option_conflict");
  });

  test("a header alone has no row", () => {
    expect(refusal(behind({}), Buffer.from("{}"))[0]).toBe("invalid_logits");
  });
});
