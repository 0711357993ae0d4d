/**
 * Rows of a drafter as a sparse matrix in a binary body: the answers of the same rows in JSON, for every division of
 * the bytes.
 */
import { describe, expect, test } from "vitest";
import { bf16, f16 } from "../../proof/fuzz/small-rows.ts";
import { Problem } from "../../src/errors.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { type Verified, verifyInPieces } from "../../src/sampling/verify/verify.ts";
import type { WireContext } from "../../src/wire/step-reader.ts";
import { openVerifyJson, openVerifyTensor } from "../../src/wire/verify/body.ts";
import type { VerifyReader } from "../../src/wire/verify/calls.ts";
import { problemOf, randomRow } from "../sampling/sample.ts";

const VOCABULARY = 300;

function opened(json_text_bytes_max = 65_536) {
  const sampler = createSampler({ vocab_size_max: 1024, rows_max: 16 });
  const leased: Row[] = [];
  const limits = {
    vocab_size_max: 1024,
    batch_rows_max: 64,
    json_text_bytes_max,
    rows_max: 16,
    options: DEFAULT_OPTION_LIMITS,
  };
  const lease = (index = 0) => {
    while (leased.length <= index) leased.push(sampler.leaseRow()!);
    return leased[index]!;
  };
  const context: WireContext = { limits, lease };
  return { sampler, context, leased };
}

/** The result of a body whose bytes arrive in pieces of this size; each piece is overwritten after it was written. */
function answers(
  reader: VerifyReader,
  body: Uint8Array,
  size: number,
  { sampler }: ReturnType<typeof opened>,
): (Verified | Problem)[] {
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
  return results;
}

interface Listed {
  readonly token_ids: readonly number[];
  readonly values: readonly number[];
}

const TO_BYTES = {
  f32: (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer),
  f16: (values: readonly number[]) => Buffer.from(f16([...values])),
  bf16: (values: readonly number[]) => Buffer.from(bf16([...values])),
};
type Dtype = keyof typeof TO_BYTES;

function matrixOf(rows: readonly Listed[], dtype: Dtype): Buffer {
  const ends = [0];
  for (const { token_ids } of rows) ends.push(ends.at(-1)! + token_ids.length);
  return Buffer.concat([
    Buffer.from(BigInt64Array.from(ends, BigInt).buffer),
    Buffer.from(Int32Array.from(rows.flatMap(({ token_ids }) => token_ids)).buffer),
    TO_BYTES[dtype](rows.flatMap(({ values }) => values)),
  ]);
}

function bodyOf(header: object, rows: readonly Listed[], dtype: Dtype, targets: readonly Float32Array[]) {
  const count = rows.reduce((sum, { token_ids }) => sum + token_ids.length, 0);
  const shape = [targets.length, VOCABULARY];
  const draft_sparse = { rows: rows.length, count, dtype };
  const head = Buffer.from(JSON.stringify({ draft_sparse, ...header, shape }));
  const tensor = targets.map((row) => Buffer.from(row.buffer));
  return { head_bytes: head.length, body: Buffer.concat([head, matrixOf(rows, dtype), ...tensor]) };
}

const TARGETS = Array.from({ length: 9 }, (_, i) => randomRow(VOCABULARY, i + 1, true));
/** Probabilities that f16 and bf16 hold exactly. */
const LISTED: readonly Listed[] = [
  { token_ids: [7, 3, 299], values: [0.5, 0.25, 0.25] },
  { token_ids: [9, 0], values: [0.75, 0.25] },
  { token_ids: [5], values: [1] },
  { token_ids: [1, 2, 4, 8], values: [0.125, 0.125, 0.25, 0.5] },
];
const SAID = { temperature: 0.9, seed: 3, draft_rows: "probabilities", method: "rejection" };

/** Sequences whose target rows come one sequence after the other, and whose drafter rows do too. */
const CASES = {
  "a chain": { sequences: [{ draft_token_ids: [7, 9, 5] }], targets: 4, listed: [0, 1, 2] },
  block: { sequences: [{ draft_token_ids: [7, 9, 5], method: "block" }], targets: 4, listed: [0, 1, 2] },
  ensemble: {
    sequences: [{ draft_token_ids: [3, 0], method: "ensemble", ensemble_weight: 0.4 }],
    targets: 3,
    listed: [0, 1],
  },
  "a tree": {
    sequences: [{ draft_token_ids: [7, 3, 9, 8], parents: [-1, -1, 0, 1] }],
    targets: 5,
    listed: [0, 1, 3],
  },
  "logits through a chain": {
    sequences: [
      { draft_token_ids: [7, 9], draft_rows: "logits", draft_options: { temperature: 0.5, top_k: 2 } },
    ],
    targets: 3,
    listed: [0, 1],
  },
  "several sequences, one of which tells nothing": {
    sequences: [
      { draft_token_ids: [7, 9], seed: 5 },
      { draft_token_ids: [11], draft_rows: "none", method: "strict" },
      { draft_token_ids: [5, 8], seed: 6 },
    ],
    targets: 8,
    listed: [0, 1, 2, 3],
  },
} as const;

describe.each(Object.entries(CASES))("%s", (_, { sequences, targets, listed }) => {
  const header = { ...SAID, sequences };
  const rows = listed.map((index) => LISTED[index] as Listed);
  const target_rows = TARGETS.slice(0, targets);

  function inJson(): unknown {
    const place = opened();
    let [target, drafter] = [0, 0];
    const all = sequences.flatMap((sequence) => {
      const { draft_token_ids } = sequence;
      const told = !("draft_rows" in sequence && sequence.draft_rows === "none");
      const inner = "parents" in sequence ? 3 : told ? draft_token_ids.length : 0;
      const of_target = target_rows.slice(target, target + draft_token_ids.length + 1);
      target += of_target.length;
      drafter += inner;
      const vocab_size = VOCABULARY;
      return [
        ...of_target.map((row) => ({ logits: [...row] })),
        ...rows.slice(drafter - inner, drafter).map((row) => ({ logits: { ...row, vocab_size } })),
      ];
    });
    const json = Buffer.from(JSON.stringify({ ...header, rows: all }));
    return answers(openVerifyJson(true, place.context), json, 1e9, place);
  }

  test.each([
    ["f32", 1e9],
    ["f16", 1e9],
    ["bf16", 999],
    ["f32", 97],
    ["f16", 13],
  ] as const)("gives the same as in JSON, as %s in pieces of %s bytes", (dtype, size) => {
    const place = opened();
    const { head_bytes, body } = bodyOf(header, rows, dtype, target_rows);
    const reader = openVerifyTensor(true, { header_bytes: head_bytes, query: {} }, place.context);
    const got = answers(reader, body, size, place);
    expect(got).toEqual(inJson());
    expect(got.every((each) => !(each instanceof Problem))).toBe(true);
  });
});

test("rows of the drafter that come apart leave one row of memory to rejection, and all to block", () => {
  for (const [method, leased] of [
    ["rejection", 1],
    ["block", 4],
  ] as const) {
    const place = opened();
    const header = { ...SAID, method, draft_token_ids: [7, 9, 5] };
    const { head_bytes, body } = bodyOf(header, LISTED.slice(0, 3), "f32", TARGETS.slice(0, 4));
    const reader = openVerifyTensor(false, { header_bytes: head_bytes, query: {} }, place.context);
    expect(answers(reader, body, 500, place)).toHaveLength(1);
    expect(place.leased).toHaveLength(leased);
  }
});

test("the query string says the same as a header", () => {
  const rows = LISTED.slice(0, 2);
  const [said, query] = [opened(), opened()];
  const header = { ...SAID, draft_token_ids: [7, 9] };
  const { head_bytes, body } = bodyOf(header, rows, "f32", TARGETS.slice(0, 3));
  const in_header = openVerifyTensor(false, { header_bytes: head_bytes, query: {} }, said.context);
  const fields = {
    ...header,
    dtype: "f32",
    shape: [3, VOCABULARY],
    draft_sparse: { rows: 2, count: 5 },
  };
  const in_query = openVerifyTensor(false, { header_bytes: undefined, query: fields }, query.context);
  expect(answers(in_query, body.subarray(head_bytes), 700, query)).toEqual(
    answers(in_header, body, 700, said),
  );
});

describe("refuses", () => {
  const header = { ...SAID, draft_token_ids: [7, 9] };
  const rows = LISTED.slice(0, 2);
  const problem = (
    change: object,
    listed: readonly Listed[] = rows,
    edit: (bytes: Buffer, head: number) => Buffer = (bytes) => bytes,
    max?: number,
  ) => {
    const place = opened(max);
    const { head_bytes, body } = bodyOf({ ...header, ...change }, listed, "f32", TARGETS.slice(0, 3));
    const source = { header_bytes: head_bytes, query: {} };
    return problemOf(() => {
      const reader = openVerifyTensor(false, source, place.context);
      const [reply] = answers(reader, edit(body, head_bytes), 1e9, place);
      throw reply;
    });
  };

  test("as many rows as the draft does not need", () => {
    expect(problem({}, LISTED.slice(0, 3))).toMatchObject({
      code: "length_mismatch",
      pointer: "/draft_sparse/rows",
    });
    expect(problem({ draft_rows: "none" })).toMatchObject({
      message: expect.stringContaining("the drafts need 0 rows of the drafter"),
    });
  });

  test("a token that was not drawn from its row, an id that is none, twice one, an empty row", () => {
    expect(problem({ draft_token_ids: [8, 9] })).toMatchObject({ pointer: "/draft_token_ids/0" });
    const with_ids = (token_ids: readonly number[]) => [{ token_ids, values: [0.5, 0.5] }, rows[1] as Listed];
    expect(problem({}, with_ids([7, 300]))).toMatchObject({ code: "token_id_out_of_range" });
    expect(problem({}, with_ids([7, 7])).message).toContain(
      "row 0 of the drafter: token_ids must be distinct",
    );
    expect(problem({}, [{ token_ids: [], values: [] }, rows[1] as Listed]).message).toContain(
      "must list at least one token, got none in row 0",
    );
  });

  test("probabilities that do not sum to 1, and what is none", () => {
    expect(problem({}, [{ token_ids: [7], values: [0.5] }, rows[1] as Listed]).message).toContain(
      "must sum to 1",
    );
    expect(problem({}, [{ token_ids: [7], values: [Number.NaN] }, rows[1] as Listed])).toMatchObject({
      code: "nan_logit",
    });
  });

  test("offsets that do not ascend from 0 to the number of ids", () => {
    for (const [index, offset] of [
      [0, 1n],
      [1, -1n],
      [1, 6n],
      [2, 4n],
      [2, 2n ** 62n],
    ] as const) {
      const edit = (bytes: Buffer, head: number) => {
        bytes.writeBigInt64LE(offset, head + 8 * index);
        return bytes;
      };
      expect(problem({}, rows, edit).message).toContain(
        "the offsets of the drafter's rows must ascend from 0",
      );
    }
  });

  test("a body that ends in them, and one that goes on", () => {
    expect(problem({}, rows, (bytes, head) => bytes.subarray(0, head + 20)).message).toContain(
      "need 64 bytes after the header, got 20",
    );
    expect(problem({}, rows, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))).toMatchObject({
      code: "length_mismatch",
      pointer: "/shape",
    });
  });

  test("more bytes than text may have, and not as many", () => {
    const bytes = 3 * 8 + 5 * 8;
    const first = (max: number) =>
      problemOf(() => {
        const place = opened(max);
        const query = {
          ...header,
          dtype: "f32",
          shape: [3, VOCABULARY],
          draft_sparse: { rows: 2, count: 5 },
        };
        openVerifyTensor(false, { header_bytes: undefined, query }, place.context).end();
      });
    expect(first(bytes - 1)).toMatchObject({ code: "limit_exceeded", pointer: "/draft_sparse" });
    expect(first(bytes)).toMatchObject({ code: "length_mismatch" });
    expect(first(bytes + 1)).toMatchObject({ code: "length_mismatch" });
  });

  test("the field in JSON, where rows of the drafter are sparse as they are", () => {
    const place = opened();
    const json = {
      ...header,
      draft_sparse: { rows: 2, count: 5 },
      rows: TARGETS.slice(0, 5).map((row) => ({ logits: [...row] })),
    };
    const reader = openVerifyJson(false, place.context);
    expect(problemOf(() => answers(reader, Buffer.from(JSON.stringify(json)), 1e9, place))).toMatchObject({
      code: "unknown_option",
      pointer: "/draft_sparse",
    });
  });
});
