/**
 * Drafts of texts that must not contain a string: rejected tokens are withdrawn, and the reply describes the remaining
 * text.
 */
import { describe, expect, test } from "vitest";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { openStream } from "../../../src/sampling/stream.ts";
import { VERIFY_METHODS } from "../../../src/sampling/verify/index.ts";
import { parseVerification } from "../../../src/sampling/verify/options.ts";
import { verifyOnStream } from "../../../src/sampling/verify/verify.ts";
import { inPlace } from "../../../src/sampling/verify/walk.ts";
import { vocabulariesOf } from "../../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../../src/vocabulary/vocabulary.ts";

const vocabulary = createVocabulary("abc", {
  tokens: ["a", "b", "c"].map((text) => new TextEncoder().encode(text)),
  special: new Map(),
  end_ids: [],
});
const sampler = createSampler({ vocab_size_max: 1024, rows_max: 8 }, undefined, {
  vocabularies: vocabulariesOf([vocabulary], "abc"),
});
const [A, B, C] = [0, 1, 2];
const OPTIONS = { banned_strings: ["ab"], seed: 7, mirostat: 2 };

/** A row that gives this token almost certainly. */
function sure(token_id: number) {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("there are rows");
  row.load([0, 0, 0].map((_, id) => (id === token_id ? 50 : 0)));
  row.finish();
  return row;
}

const SURE = [A, B, C].map(sure);
const rowsOf = (...ids: number[]) => ids.map((id) => SURE[id]!);

function verified(history: readonly number[], draft: readonly number[], method: string) {
  const stream = openStream(sampler, { ...OPTIONS, history });
  const fields = { draft_token_ids: draft, method };
  const rows = inPlace({ target: rowsOf(...draft, C), draft: [] });
  const work = verifyOnStream(sampler, stream, rows, parseVerification(fields, stream.options));
  for (let piece = work.next(); ; piece = work.next())
    if (piece.done === true) return { stream, told: piece.value };
}

describe.each(VERIFY_METHODS.map(({ name }) => name))("%s", (method) => {
  test.each([
    ["within the draft", [C], [A, B, C], [C], 2],
    ["from before the draft on", [C, A], [B, C], [C], 1],
  ])("takes back a string %s, and ends there", (_, history, draft, left, positions) => {
    const { stream, told } = verified(history, draft, method);
    expect(told.positions.length).toBe(positions);
    expect(told.positions.at(-1)?.rewind).toBe(2);
    expect(stream.history).toEqual(left);
    expect(told.step).toBe(stream.step);
    expect(told.state).toEqual(stream.state);
    expect(stream.state).toMatchObject({ banned_strings: { banned: [{ at: 1, token_id: A }] } });
  });

  test("leaves a stream as steps one by one leave it", () => {
    const { stream } = verified([C], [A, B], method);
    const plain = openStream(sampler, { ...OPTIONS, history: [C] });
    for (const row of rowsOf(A, B)) plain.next(row);
    expect([stream.history, stream.step, stream.state]).toEqual([plain.history, plain.step, plain.state]);
    expect(JSON.stringify(stream.next(SURE[C]!))).toBe(JSON.stringify(plain.next(SURE[C]!)));
  });
});
