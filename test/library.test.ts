import { describe, expect, test } from "vitest";
import { createSampler, openStream, Problem, parseStepOptions, SAMPLER_DEFAULTS } from "../src/index.ts";
import { randomRow } from "./sampling/sample.ts";

const LOGITS = Float32Array.of(1, 2.5, -0.3, 2.4);
const OPTIONS = { temperature: 0.8, top_p: 0.9, seed: 7, logprobs: true } as const;

/** The error that a call throws, with its code if it has one. */
function told(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof Problem ? `${error.code}: ${error.message} ${error.pointer}` : String(error);
  }
  return "nothing";
}

describe("createSampler", () => {
  test("works without limits, on rows up to the default and no longer", () => {
    const sampler = createSampler();
    const { vocab_size_max } = SAMPLER_DEFAULTS;
    expect(
      sampler.sample(randomRow(vocab_size_max, 1, true), { temperature: 0 }).token_id,
    ).toBeGreaterThanOrEqual(0);
    expect(told(() => sampler.sample(new Float32Array(vocab_size_max + 1)))).toBe(
      `limit_exceeded: a row may have at most ${vocab_size_max} elements (vocab_size_max), got ${vocab_size_max + 1} /logits`,
    );
  });

  test.each([
    [{ vocab_size_max: 0 }, "vocab_size_max must be a whole number of at least 1, got 0"],
    [{ rows_max: 1.5 }, "rows_max must be a whole number of at least 1, got 1.5"],
    [{ rows_max: "2" }, 'rows_max must be a whole number of at least 1, got "2"'],
    [
      { vocab_size: 8 },
      "createSampler knows vocab_size_max, rows_max, step_work_max, long_work_min, got vocab_size",
    ],
  ])("%j is refused in a sentence", (limits, sentence) => {
    expect(told(() => createSampler(limits as object))).toBe(`TypeError: ${sentence}`);
  });
});

describe("sample", () => {
  const sampler = createSampler({ vocab_size_max: 8 });

  test("takes options as a request has them, and values in place of a leased row, to the same answer", () => {
    const row = sampler.leaseRow()!;
    row.load(LOGITS);
    row.finish();
    const leased = sampler.sample(row, parseStepOptions(OPTIONS));
    sampler.returnRow(row);
    expect(leased.token_id).toBe(1); // as the README's first request
    expect(sampler.sample(LOGITS, OPTIONS)).toEqual(leased);
    expect(sampler.sample([...LOGITS], OPTIONS)).toEqual(leased);
  });

  test("takes no options, and vocab_size for padded rows", () => {
    expect(sampler.sample([0, -Infinity, -Infinity]).token_id).toBe(0);
    expect(sampler.sample([1, 2, 9, 9], { temperature: 0, vocab_size: 2 }).token_id).toBe(1);
  });

  test("takes sparse rows", () => {
    const row = { token_ids: Int32Array.of(5, 900), values: Float32Array.of(1, 2) };
    expect(sampler.sample(row, { temperature: 0 }).token_id).toBe(900);
  });

  test("says what is wrong, and gives its row back", () => {
    expect(told(() => sampler.sample(LOGITS, { top_p: 1.5 }))).toContain("top_p must lie in [0, 1], got 1.5");
    expect(told(() => sampler.sample(LOGITS, { temprature: 1 } as object))).toContain("did you mean");
    expect(told(() => sampler.sample([1, Number.NaN]))).toContain("got NaN at index 1");
    expect(told(() => sampler.sample([]))).toContain("at least one element, got 0");
    expect(told(() => sampler.sample("row" as never))).toContain(
      'an array of numbers, a leased row or a sparse one, got "row"',
    );
    expect(told(() => sampler.sample(new Uint8Array(4) as never))).toContain("logits must be a Float32Array");
    expect(told(() => sampler.sample({ token_ids: [1], values: [1] } as never))).toContain(
      "must be an Int32Array, got",
    );
    expect(sampler.sample(LOGITS, OPTIONS).token_id).toBe(1);
  });

  test("takes several rows with combine, in any form", () => {
    const two = createSampler({ vocab_size_max: 8, rows_max: 2 });
    const options = { combine: { rule: "product" }, seed: 1, top_logprobs: 2 } as const;
    const values = [
      [1, 2],
      [3, 1],
    ];
    const told = two.sample(values, options);
    expect(told.source_logprobs).toHaveLength(2);
    expect(two.sample([Float32Array.of(1, 2), [3, 1]], options)).toEqual(told);
    const list = { token_ids: Int32Array.of(0, 1), values: Float32Array.of(3, 1), vocab_size: 2 };
    expect(two.sample([Float32Array.of(1, 2), list], options).token_id).toBe(told.token_id);
    expect(two.leaseRow() && two.leaseRow()).toBeDefined();
  });

  test("a row of values needs one that is not leased", () => {
    const row = sampler.leaseRow()!;
    expect(told(() => sampler.sample(LOGITS))).toContain(
      "one of the sampler's 1 (rows_max), and all are leased",
    );
    sampler.returnRow(row);
  });
});

test("a stream draws what steps of their own draw", () => {
  const sampler = createSampler({ vocab_size_max: 64 });
  const options = { temperature: 1.1, repetition_penalty: 1.3, mirostat: 2, seed: 7 } as const;
  const stream = openStream(sampler, { ...options, history: [3, 4], prompt_length: 2 });
  const history = [3, 4];
  let state: Record<string, unknown> | null = null;
  for (let step = 0; step < 6; step++) {
    const row = randomRow(64, step, true);
    const own = { ...options, step, history, prompt_length: 2, ...(state && { state }) };
    const alone = sampler.sample(row, own);
    expect(stream.next(row)).toEqual({ ...alone, seed: "7" });
    state = alone.state;
    history.push(alone.token_id);
  }
  expect(stream.history).toEqual(history);
});
