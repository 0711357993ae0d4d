/** A step that runs in pieces gives the result of one that runs at once, and a step that is too large is refused. */
import { afterEach, describe, expect, test } from "vitest";
import type { Row } from "../../src/kernels/kernel.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { Sampled } from "../../src/sampling/report/report.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import type { StepOptions } from "../../src/sampling/step.ts";
import { LONG_WORK, workOf } from "../../src/sampling/work.ts";

const LENGTH = 5000;
const VALUES = Float32Array.from(
  { length: LENGTH },
  (_, id) => (Math.imul(id + 1, 2654435761) >>> 8) / 2 ** 21,
);
const HISTORY = Array.from({ length: 6000 }, (_, i) => (i * i) % 97);

const limits = { vocab_size_max: 8192, rows_max: 2 };
const at_once = createSampler(limits);
const in_pieces = createSampler({ ...limits, long_work_min: 0 });
const rows: [typeof at_once, Row][] = [];
afterEach(() => {
  for (const [sampler, row] of rows.splice(0)) sampler.returnRow(row);
});

function leased(sampler: typeof at_once): Row {
  const row = sampler.leaseRow()!;
  rows.push([sampler, row]);
  row.load(VALUES);
  row.finish();
  return row;
}

/** A step that runs in pieces. */
function begun(row: Row, options: StepOptions): Generator<undefined, Sampled> {
  const pieces = in_pieces.begin(row, options);
  if ("next" in pieces) return pieces;
  throw new Error("every step is long");
}

/** The result of the pieces, and their number. */
function whole(pieces: Generator<undefined, Sampled>): [Sampled, number] {
  for (let count = 1; ; count++) {
    const piece = pieces.next();
    if (piece.done === true) return [piece.value, count];
  }
}

describe("in pieces as at once", () => {
  test.each<[string, object]>([
    ["a plain step", {}],
    ["a usual chain", { temperature: 0.8, top_k: 40, top_p: 0.9, min_p: 0.01 }],
    ["sorting stages", { typical_p: 0.999, tfs: 0.999, chain: undefined }],
    [
      "penalties and DRY",
      {
        history: HISTORY,
        prompt_length: 100,
        repetition_penalty: 1.2,
        frequency_penalty: 0.1,
        dry_multiplier: 0.8,
      },
    ],
    ["n-grams", { history: HISTORY, no_repeat_ngram_size: 3 }],
    ["a trace", { trace: true, temperature: 0.7, top_p: 0.9, logprob_token_ids: [1, 2, 4999] }],
    ["many draws from a whole row", { n: 1000, logprobs: true, top_logprobs: 20 }],
    ["many draws from few", { n: 1000, top_k: 300, logprobs: true }],
    ["draws that come once", { n: 700, replacement: false }],
    ["state", { mirostat: 2, preset: "llama.cpp" }],
    ...["before_temperature", "behind_temperature"].map((logprobs_mode): [string, object] => [
      `log-probabilities ${logprobs_mode}`,
      {
        logprobs_mode,
        temperature: 0.7,
        top_k: 50,
        frequency_penalty: 0.2,
        history: [3, 3, 9],
        top_logprobs: 5,
      },
    ]),
    ["uncertainty, and ranks that count equals", { uncertainty: true, rank_ties: "counted", logprobs: true }],
    ["the ids that are left", { kept_token_ids: true, top_k: 30 }],
  ])("%s", (_name, fields) => {
    const options = parseStepOptions({ seed: 5, ...fields });
    const [sampled, count] = whole(begun(leased(in_pieces), options));
    expect(sampled).toEqual(at_once.sample(leased(at_once), options));
    expect(count).toBeGreaterThan(2 + options.chain.length);
    expect(in_pieces.is_inside).toBe(false);
  });

  test("a step that fails is no longer under way", () => {
    const options = parseStepOptions({ n: LENGTH + 1, replacement: false });
    expect(() => whole(begun(leased(in_pieces), options))).toThrow("n must be at most");
    expect(in_pieces.is_inside).toBe(false);
  });

  test("no other step is taken in between, and one that is given up leaves its row as it was", () => {
    const row = leased(in_pieces);
    const options = parseStepOptions({ seed: 5, history: HISTORY, repetition_penalty: 1.5, temperature: 2 });
    const expected = at_once.sample(leased(at_once), options);
    const pieces = begun(row, options);
    for (let i = 0; i < 4; i++) pieces.next();
    expect(() => in_pieces.sample(row, options)).toThrow("one step");
    in_pieces.abandon();
    expect(Array.from(row.values.subarray(0, LENGTH))).toEqual(Array.from(VALUES));
    expect(in_pieces.sample(row, options)).toEqual(expected);
  });
});

describe("work", () => {
  test("a usual step of 131,072 tokens is no long one", () => {
    const rows = [{ length: 131_072 } as Row];
    const options = parseStepOptions({
      temperature: 0.8,
      top_k: 40,
      top_p: 0.95,
      min_p: 0.05,
      history: [1, 2],
    });
    expect(workOf(rows, options)).toBeLessThan(LONG_WORK);
  });

  test("a step may take as much as is allowed, and no more", () => {
    const options = parseStepOptions({
      chain: Array.from({ length: 8 }, () => ({ stage: "top_p", top_p: 0.9 })),
    });
    const work = 8 * LENGTH;
    for (const [step_work_max, is_taken] of [
      [work - 1, false],
      [work, true],
      [work + 1, true],
    ] as const) {
      const sampler = createSampler({ ...limits, step_work_max });
      const take = () => sampler.begin(leased(sampler), options);
      if (is_taken) expect(take()).toHaveProperty("token_id");
      else
        expect(take).toThrow(
          `at most ${step_work_max} looks at tokens (step_work_max), got some ${work}: 8 stages`,
        );
    }
  });

  test.each<[string, object, number]>([
    ["sorting", { typical_p: 0.9 }, 32 * LENGTH],
    ["a neutral stage", { typical_p: 1 }, 0],
    ["history", { history: HISTORY }, HISTORY.length],
    ["counting it", { history: HISTORY, presence_penalty: 1 }, LENGTH + 5 * HISTORY.length],
    [
      "counting its end",
      { history: HISTORY, presence_penalty: 1, penalty_last_n: 64 },
      LENGTH + HISTORY.length + 4 * 64,
    ],
    [
      "long breakers",
      { history: HISTORY, dry_multiplier: 1, dry_sequence_breakers: [[1, 2, 3]] },
      LENGTH + (65 + 36) * HISTORY.length,
    ],
    ["a trace", { trace: true }, 24 * LENGTH],
  ])("%s counts", (_name, fields, work) => {
    expect(workOf([{ length: LENGTH } as Row], parseStepOptions(fields))).toBe(work);
  });
});
