/** A history that is int32 gives what the same list of numbers gives: replies, refusals, receipts and streams. */
import { describe, expect, test } from "vitest";
import { Problem } from "../../../src/errors.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { openStream } from "../../../src/sampling/stream.ts";

const V = 64;
const sampler = createSampler({ vocab_size_max: V, rows_max: 1 });
const row = sampler.leaseRow();
if (row === undefined) throw new Error("a new sampler has a row");
row.append(new Uint8Array(Float32Array.from({ length: V }, (_, i) => Math.sin(i * 7)).buffer));
row.finish();

const history = Array.from({ length: 500 }, (_, i) => (i * i) % 37);
const foreign = history.map((id, i) => (i % 50 === 3 ? 2_000_000 + i : i % 50 === 9 ? -1 : id));

const CHAINS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  penalties: { repetition_penalty: 1.3, presence_penalty: 0.2, frequency_penalty: 0.1 },
  "those of the last tokens": { repetition_penalty: 1.3, penalty_last_n: 7 },
  fading: { repetition_penalty: 1.3, penalty_last_n: 7, penalty_decay_range: 9 },
  dry: { dry_multiplier: 0.8 },
  "dry with breakers": { dry_multiplier: 0.8, dry_sequence_breakers: [[3, 9], [12]] },
  "no repeated n-gram": { no_repeat_ngram_size: 2 },
  "n-grams of an encoder": { encoder_no_repeat_ngram_size: 2, encoder_input_ids: [1, 4, 9, 16, 25, 36] },
  "bad words": { bad_words_ids: [[36, 1, 4], [7]] },
  "biased sequences": { sequence_bias: [{ token_ids: [0, 5], bias: 3 }] },
  "a reasoning budget": { reasoning_budget: 3, reasoning_start_ids: [1], reasoning_end_ids: [9] },
  "a top-p that falls": { top_p_decay: 0.98, top_p: 0.95, top_p_min: 0.5, top_p_reset_ids: [4] },
  "three draws, with a receipt": { n: 3, receipt: true },
  receipt: { receipt: true, min_tokens: 600, stop_token_ids: [4] },
};

function drawn(given: Readonly<Record<string, unknown>>, ids: unknown): unknown {
  try {
    const options = parseStepOptions({
      seed: 5,
      logprobs: true,
      top_logprobs: 5,
      ...given,
      history: ids,
      prompt_length: 20,
    });
    return sampler.sample(row as NonNullable<typeof row>, options);
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, pointer: error.pointer, message: error.message };
    throw error;
  }
}

describe.each(Object.entries(CHAINS))("%s", (_, given) => {
  test.each([
    ["own ids", history],
    ["ids without a logit", foreign],
  ] as const)("%s", (_, ids) => {
    const expected = drawn(given, ids);
    expect(drawn(given, Int32Array.from(ids))).toEqual(expected);
    expect(expected).toHaveProperty("token_id");
  });
});

test("a long one, which the kernel reads in chunks", () => {
  const long = Array.from({ length: 150_000 }, (_, i) => (i * 7919) % V);
  const given = { repetition_penalty: 1.2, penalty_last_n: 131_000, frequency_penalty: 0.001 };
  expect(drawn(given, Int32Array.from(long))).toEqual(drawn(given, long));
});

test("is refused as a list is: an id out of range, and too many of them", () => {
  const wrong = history.with(77, -2);
  const refusal = drawn({}, wrong);
  expect(refusal).toMatchObject({ code: "invalid_option", pointer: "/history/77" });
  expect(drawn({}, Int32Array.from(wrong))).toEqual(refusal);
  const many = new Int32Array(1_048_577);
  expect(drawn({}, many)).toEqual(drawn({}, Array.from(many)));
  expect(drawn({}, many)).toMatchObject({ code: "limit_exceeded", pointer: "/history" });
  expect(drawn({ prompt_length: 501 }, Int32Array.from([1, 2]))).toEqual(
    drawn({ prompt_length: 501 }, [1, 2]),
  );
});

test("a stream copies it into a list that grows", () => {
  const ids = Int32Array.from(history);
  const streams = [ids, history].map((given) =>
    openStream(sampler, { seed: 3, repetition_penalty: 1.2, history: given }),
  );
  const tokens = streams.map((stream) =>
    [1, 2, 3].map(() => stream.next(row as NonNullable<typeof row>).token_id),
  );
  expect(tokens[0]).toEqual(tokens[1]);
  expect(streams[0]?.history).toEqual(streams[1]?.history);
  expect(ids).toEqual(Int32Array.from(history));
});
