/**
 * Rows of a drafter with another vocabulary give the same answer in JSON, with their own length, and padded in a
 * tensor.
 */
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { verifyInPieces } from "../../src/sampling/verify/verify.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import type { WireContext } from "../../src/wire/step-reader.ts";
import { openVerifyJson, openVerifyTensor } from "../../src/wire/verify/body.ts";
import type { VerifyReader } from "../../src/wire/verify/calls.ts";
import { randomRow } from "../sampling/sample.ts";

const letters = (text: string) =>
  createVocabulary(text, {
    tokens: [...text].map((letter) => new TextEncoder().encode(letter)),
    special: new Map(),
    end_ids: [],
  });
const [SHORT, LONG] = ["abcdef", "zyfedcbaxw"];
const vocabularies = vocabulariesOf([letters(SHORT), letters(LONG)]);

function opened() {
  const sampler = createSampler({ vocab_size_max: 256, rows_max: 8 }, undefined, { vocabularies });
  const leased: Row[] = [];
  const limits = {
    vocab_size_max: 256,
    batch_rows_max: 64,
    json_text_bytes_max: 65_536,
    rows_max: 8,
    options: DEFAULT_OPTION_LIMITS,
  };
  const lease = (index = 0) => {
    while (leased.length <= index) leased.push(sampler.leaseRow()!);
    return leased[index]!;
  };
  const context: WireContext = { limits, vocabularies, lease };
  return { sampler, context };
}

function answer(reader: VerifyReader, body: Uint8Array, sampler: ReturnType<typeof opened>["sampler"]) {
  reader.write(body);
  reader.end();
  const call = reader.next();
  if (call === undefined || call instanceof Problem) throw call ?? new Error("the body is whole");
  return allAtOnce(verifyInPieces(sampler, call.rows, call.options));
}

function inJson(said: object, rows: readonly Float32Array[]) {
  const { sampler, context } = opened();
  const body = { ...said, rows: rows.map((row) => ({ logits: [...row] })) };
  return answer(openVerifyJson(false, context), Buffer.from(JSON.stringify(body)), sampler);
}

/** All rows are padded with values that must not be read. */
function inTensor(said: object, rows: readonly Float32Array[], width: number) {
  const { sampler, context } = opened();
  const head = Buffer.from(JSON.stringify({ ...said, dtype: "f32", shape: [rows.length, width] }));
  const padded = rows.map((row) => {
    const all = new Float32Array(width).fill(50);
    all.set(row);
    return Buffer.from(all.buffer);
  });
  const reader = openVerifyTensor(false, { header_bytes: head.length, query: {} }, context);
  return answer(reader, Buffer.concat([head, ...padded]), sampler);
}

const rowsOf = (target: number, draft: number) => [
  ...[1, 2, 3].map((i) => randomRow(target, i, true)),
  ...[4, 5].map((i) => randomRow(draft, i, true)),
];

describe.each([
  [SHORT, LONG],
  [LONG, SHORT],
])("a target of %s and a drafter of %s", (vocabulary, draft_vocabulary) => {
  const rows = rowsOf(vocabulary.length, draft_vocabulary.length);
  const ids = ["a", "d"].map((letter) => draft_vocabulary.indexOf(letter));

  test.each(["rejection", "block"])("%s answers the same in JSON and in a tensor", (method) => {
    for (let seed = 0; seed < 6; seed++) {
      const said = { vocabulary, draft_vocabulary, draft_token_ids: ids, draft_rows: "logits", method, seed };
      const verified = inJson(said, rows);
      const width = Math.max(vocabulary.length, draft_vocabulary.length);
      const cut = { ...said, vocab_size: vocabulary.length };
      expect(inTensor(cut, rows, width)).toEqual(verified);
      expect(inJson(cut, rows)).toEqual(verified);
      expect(verified.draft_token_ids).toEqual(["a", "d"].map((letter) => vocabulary.indexOf(letter)));
    }
  });
});
