/** JSON that is not a valid step: code, pointer and message are the same for every division into chunks. */
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import { openBatchJson } from "../../src/wire/batch-body.ts";
import { openStepJson } from "../../src/wire/step-body.ts";
import type { WireContext } from "../../src/wire/step-reader.ts";
import { answers, bytesOf, type Fields, refusal } from "./opened.ts";

describe("a step that cannot be", () => {
  const f32 = (values: number[]) => ({ dtype: "f32", data: bytesOf(values).toString("base64") });
  const sparse = (more: Fields) => ({ token_ids: [1, 2], values: [1, 2], vocab_size: 5, ...more });
  test.each<[string, unknown, string, string, RegExp]>([
    ["a list", [1], "invalid_option", "", /JSON object, got \[1\]/],
    ["null", null, "invalid_option", "", /got null/],
    ["without logits", { top_k: 1 }, "invalid_logits", "/logits", /needs logits/],
    ["with logits null", { logits: null }, "invalid_logits", "/logits", /got null/],
    ["with a number", { logits: 3 }, "invalid_logits", "/logits", /got 3/],
    ["with a text", { logits: "AAAA" }, "invalid_logits", "/logits", /got "AAAA"/],
    ["with an empty row", { logits: [] }, "invalid_logits", "/logits", /at least one/],
    ["with null in the row", { logits: [1, null, 2] }, "invalid_logits", "/logits/1", /got null at index 1/],
    ["with too large a number", { logits: [1e300] }, "invalid_logits", "/logits/0", /float32, got 1e\+300/],
    [
      "with a row too long",
      { logits: Array(4097).fill(1) },
      "limit_exceeded",
      "/logits",
      /at most 4096 elements/,
    ],
    [
      "with an unknown option",
      { logits: [1], temprature: 1 },
      "unknown_option",
      "/temprature",
      /"temprature"/,
    ],
    ["with an option out of range", { logits: [1], top_p: 1.5 }, "invalid_option", "/top_p", /got 1.5/],
    ["with an option null", { logits: [1], temperature: null }, "invalid_option", "/temperature", /got null/],
    ["with an option true", { logits: [1], top_k: true }, "invalid_option", "/top_k", /got true/],
    [
      "with an unknown stage",
      { logits: [1], chain: [{ stage: "top_q" }] },
      "unknown_stage",
      "/chain/0/stage",
      /top_q/,
    ],
    ["with an unknown preset", { logits: [1], preset: "x" }, "unknown_preset", "/preset", /"x"/],
    ["with chain and top_k", { logits: [1], chain: [], top_k: 1 }, "option_conflict", "/top_k", /chain/],
    [
      "with a larger vocab_size",
      { logits: [1], vocab_size: 2 },
      "length_mismatch",
      "/vocab_size",
      /at most .* 1, got 2/,
    ],
    [
      "packed without dtype",
      { logits: { data: "AAAA" } },
      "invalid_option",
      "/logits/dtype",
      /dtype must be one of/,
    ],
    [
      "packed with another dtype",
      { logits: { dtype: "f64", data: "" } },
      "invalid_option",
      "/logits/dtype",
      /"f64"/,
    ],
    [
      "packed without data",
      { logits: { dtype: "f32" } },
      "invalid_option",
      "/logits/data",
      /base64, got nothing/,
    ],
    [
      "packed with a number",
      { logits: { dtype: "f32", data: 5 } },
      "invalid_option",
      "/logits/data",
      /got 5/,
    ],
    ["packed and empty", { logits: { dtype: "f32", data: "" } }, "invalid_logits", "/logits", /at least one/],
    [
      "packed with white space",
      { logits: { dtype: "f32", data: "AAC APw==" } },
      "invalid_logits",
      "/logits/data",
      /base64/,
    ],
    [
      "packed with a line end",
      { logits: { dtype: "f32", data: "AACA\nPw==" } },
      "invalid_logits",
      "/logits/data",
      /base64/,
    ],
    [
      "packed with padding inside",
      { logits: { dtype: "f32", data: "AA==AACAPw==" } },
      "invalid_logits",
      "/logits/data",
      /base64/,
    ],
    [
      "packed with one letter over",
      { logits: { dtype: "f32", data: "AACAPwA" + "AA" } },
      "invalid_logits",
      "/logits/data",
      /base64/,
    ],
    [
      "packed with an odd byte",
      { logits: { dtype: "f32", data: "AACAPwA=" } },
      "length_mismatch",
      "/logits/data",
      /multiple of 4, got 5/,
    ],
    ["packed and too long", { logits: f32(Array(4097).fill(1)) }, "limit_exceeded", "/logits/data", /4096/],
    [
      "packed with more",
      { logits: { ...f32([1]), shape: [1] } },
      "unknown_option",
      "/logits/shape",
      /"shape"/,
    ],
    ["packed with NaN", { logits: f32([1, 2, NaN]) }, "nan_logit", "/logits/2", /NaN at index 2/],
    [
      "all masked",
      { logits: f32([-Infinity, -Infinity]) },
      "all_tokens_masked",
      "/logits",
      /every logit is -Infinity/,
    ],
    [
      "sparse without values",
      { logits: { token_ids: [1] } },
      "invalid_option",
      "/logits/values",
      /array of numbers/,
    ],
    [
      "sparse without ids",
      { logits: { values: [1] } },
      "invalid_option",
      "/logits/token_ids",
      /array of token ids/,
    ],
    [
      "sparse and empty",
      { logits: sparse({ token_ids: [], values: [] }) },
      "invalid_logits",
      "/logits",
      /at least one/,
    ],
    [
      "sparse of two lengths",
      { logits: sparse({ values: [1] }) },
      "length_mismatch",
      "/logits/values",
      /got 2 and 1/,
    ],
    [
      "sparse with an id twice",
      { logits: sparse({ token_ids: [2, 2] }) },
      "invalid_logits",
      "/logits/token_ids/1",
      /got 2 twice/,
    ],
    [
      "sparse with an id too large",
      { logits: sparse({ token_ids: [1, 5] }) },
      "token_id_out_of_range",
      "/logits/token_ids/1",
      /below vocab_size, 5, got 5/,
    ],
    [
      "sparse with a broken id",
      { logits: sparse({ token_ids: [1, 1.5] }) },
      "invalid_logits",
      "/logits/token_ids/1",
      /got 1.5/,
    ],
    [
      "sparse with an id in text",
      { logits: sparse({ token_ids: ["1", 2] }) },
      "invalid_logits",
      "/logits/token_ids/0",
      /got "1"/,
    ],
    [
      "sparse with a negative id",
      { logits: sparse({ token_ids: [-1, 2] }) },
      "invalid_logits",
      "/logits/token_ids/0",
      /got -1/,
    ],
    [
      "sparse with null",
      { logits: sparse({ values: [1, null] }) },
      "invalid_logits",
      "/logits/values/1",
      /got null/,
    ],
    [
      "sparse with a wrong logsumexp",
      { logits: sparse({ logsumexp: "x" }) },
      "invalid_option",
      "/logits/logsumexp",
      /got "x"/,
    ],
    ["sparse with more", { logits: sparse({ top: 1 }) }, "unknown_option", "/logits/top", /"top"/],
    [
      "sparse with a larger vocab_size",
      { logits: sparse({}), vocab_size: 6 },
      "length_mismatch",
      "/vocab_size",
      /5, got 6/,
    ],
  ])("%s", (_name, body, code, pointer, sentence) => {
    for (const size of [0, 1, 5]) {
      const [got_code, got_pointer, message] = refusal(openStepJson, JSON.stringify(body), size);
      expect([got_code, got_pointer]).toEqual([code, pointer]);
      expect(message).toMatch(sentence);
    }
  });

  test("in a batch it fails alone, with a pointer to its row", () => {
    const bodies = [
      { logits: [1, null] },
      { logits: [1], top_p: 2 },
      7,
      { logits: f32([NaN]) },
      { logits: [3, 4], seed: 1 },
    ];
    for (const size of [0, 1, 7]) {
      const got = answersWithProblems(JSON.stringify({ rows: bodies }), size);
      expect(got.slice(0, 3)).toEqual([
        ["invalid_logits", "/rows/0/logits/1"],
        ["invalid_option", "/rows/1/top_p"],
        ["invalid_option", "/rows/2"],
      ]);
      expect(got[4]).toContain('"token_id"');
    }
  });
});

/**
 * Rows given as text, or as code and pointer of their problem; the service adds the pointers of the sampler's own
 * refusals.
 */
function answersWithProblems(body: string, size: number): unknown[] {
  const open = (context: WireContext) => {
    const reader = openBatchJson(context);
    // The row of NaN is refused by the sampler, which these tests call without the service around it.
    return {
      write: (chunk: Uint8Array) => reader.write(chunk),
      end: () => reader.end(),
      next: () => withoutNaN(reader.next()),
    };
  };
  return answers(open, body, size).map((each) =>
    each instanceof Problem ? [each.code, each.pointer] : each,
  );
}

function withoutNaN<Each>(step: Each): Each | Problem {
  if (step === undefined || step instanceof Problem || typeof step !== "object" || step === null) return step;
  const { rows: [row] = [] } = step as { rows?: readonly { nan_suspected?: boolean }[] };
  return row?.nan_suspected ? new Problem("nan_logit", "NaN") : step;
}
