/** Binary drafts whose bytes arrive in pieces: for every division, the replies are those of complete rows. */
import { describe, expect, test, vi } from "vitest";
import { Problem } from "../../src/errors.ts";
import { Row as KernelRow, type Row } from "../../src/kernels/kernel.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { parseVerifyOptions } from "../../src/sampling/verify/options.ts";
import { type Verified, verifyDraft, verifyInPieces } from "../../src/sampling/verify/verify.ts";
import type { WireContext } from "../../src/wire/step-reader.ts";
import { openVerifyTensor } from "../../src/wire/verify/body.ts";
import { randomRow } from "../sampling/sample.ts";

const VOCABULARY = 300;
const ROWS = Array.from({ length: 19 }, (_, i) => randomRow(VOCABULARY, i + 1, true));
const LIMITS = {
  vocab_size_max: 1024,
  batch_rows_max: 64,
  json_text_bytes_max: 8192,
  rows_max: 16,
  options: DEFAULT_OPTION_LIMITS,
};

/** A service for one test: its rows, and the number of rows that were leased. */
function opened() {
  const sampler = createSampler({ vocab_size_max: 1024, rows_max: 16 });
  const leased: Row[] = [];
  const lease = (index = 0) => {
    while (leased.length <= index) leased.push(sampler.leaseRow()!);
    return leased[index]!;
  };
  const context: WireContext = { limits: LIMITS, lease };
  return { sampler, context, leased };
}

/** The result of a body whose bytes arrive in pieces of this size; each piece is overwritten after it was written. */
function replies(header: object, rows: readonly Float32Array[], size: number) {
  const { sampler, context, leased } = opened();
  const head = Buffer.from(JSON.stringify(header));
  const body = Buffer.concat([head, ...rows.map((row) => Buffer.from(row.buffer))]);
  const reader = openVerifyTensor(true, { header_bytes: head.length, query: {} }, context);
  const results: (Verified | Problem)[] = [];
  let pieces: ReturnType<typeof verifyInPieces> | undefined;
  const goOn = () => {
    for (;;) {
      if (pieces === undefined) {
        const call = reader.next();
        if (call === undefined) return;
        if (call instanceof Problem) results.push(call);
        else pieces = verifyInPieces(sampler, call.rows, call.options);
        continue;
      }
      const piece = pieces.next();
      if (piece.done === true) {
        results.push(piece.value);
        pieces = undefined;
      } else if (piece.value === "arriving") return;
    }
  };
  for (let at = 0; at < body.length; at += size) {
    const chunk = Uint8Array.from(body.subarray(at, at + size));
    reader.write(chunk);
    goOn();
    reader.keep?.();
    chunk.fill(255);
  }
  reader.end();
  goOn();
  return { results, leased: leased.length };
}

const said = { temperature: 0.9, top_k: 60, repetition_penalty: 1.2 };
const draft = { draft_rows: "logits", draft_options: { temperature: 1.2 } };
const sequences = [
  { draft_token_ids: [1, 2], method: "strict", seed: 1, history: [4] },
  { draft_token_ids: [7], method: "block", seed: 2, ...draft },
  { draft_token_ids: [], method: "typical", seed: 3 },
  { draft_token_ids: [5, 6, 7], method: "rejection", seed: 4, ...draft },
  // A draft that branches, under masks that leave its nodes 2 and 3.
  { draft_token_ids: [5, 6, 7, 8], parents: [-1, -1, -1, 2], seed: 5, allowed_token_ids: [7, 8] },
];
const COUNTS = [3, 3, 1, 7, 5];

/** The same with complete rows. */
function expected(): Verified[] {
  const { sampler, context } = opened();
  let first = 0;
  return sequences.map((sequence, i) => {
    const count = COUNTS[i]!;
    const rows = ROWS.slice(first, first + count).map((values, place) => {
      const row = context.lease(place);
      row.load(values);
      row.finish();
      return row;
    });
    first += count;
    const drafted = sequence.draft_token_ids.length;
    const placed = { target: rows.slice(0, drafted + 1), draft: rows.slice(drafted + 1) };
    return verifyDraft(sampler, placed, parseVerifyOptions({ ...said, ...sequence }));
  });
}

const HEADER = { shape: [19, VOCABULARY], sequences, ...said };

describe("a binary body of drafts", () => {
  test.each([1_000_000, 20_000, 1199, 1201, 500, 97])("in pieces of %s bytes", (size) => {
    expect(replies(HEADER, ROWS.slice(0, 19), size).results).toEqual(expected());
  });

  test("needs one row at a time where nothing looks ahead", () => {
    const strict = { shape: [4, VOCABULARY], sequences: [{ draft_token_ids: [1, 2, 3] }], seed: 1 };
    expect(replies(strict, ROWS.slice(0, 4), 700).leased).toBe(1);
    const block = { ...strict, method: "block" };
    expect(replies(block, ROWS.slice(0, 4), 700).leased).toBe(4);
  });

  test.each([1_000_000, 700])("reads the rows of its path alone, in pieces of %s bytes", (size) => {
    const append = vi.spyOn(KernelRow.prototype, "append");
    const finish = vi.spyOn(KernelRow.prototype, "finish");
    // Row 0, and rows 3 and 4 after nodes 2 and 3: two rows of the tree are not read, and no row after a rejected
    // token.
    const tree = { draft_token_ids: [5, 6, 7, 8, 9, 9], parents: [-1, -1, -1, 2, 3, 3], seed: 5 };
    const own = [[7], [1], [1], [8], [2], [1], [1]].map((allowed_token_ids) => ({ allowed_token_ids }));
    const header = { shape: [7, VOCABULARY], sequences: [tree], rows: own };
    const { results, leased } = replies(header, ROWS.slice(0, 7), size);
    expect(results).toMatchObject([{ path: [2, 3], token_ids: [7, 8, 2] }]);
    expect(leased).toBe(1);
    expect(append.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0)).toBe(3 * 4 * VOCABULARY);
    expect(finish).toHaveBeenCalledTimes(3);
    append.mockRestore();
    finish.mockRestore();
  });

  test.each([1_000_000, 700])("goes on behind a wrong sequence, in pieces of %s bytes", (size) => {
    const wrong = sequences.map((each, i) => (i === 1 ? { ...each, top_p: 3 } : each));
    const { results } = replies({ ...HEADER, sequences: wrong }, ROWS.slice(0, 19), size);
    const right = expected();
    expect(results[1]).toMatchObject({ code: "invalid_option", pointer: "/sequences/1/top_p" });
    expect([results[0], ...results.slice(2)]).toEqual([right[0], ...right.slice(2)]);
  });
});
