/** Samplers with state: sending the state back with each call gives the result of one sequence that keeps it. */
import { describe, expect, test } from "vitest";
import { openStream } from "../../src/sampling/stream.ts";
import { randomRow, sample, sampler } from "./sample.ts";

const rows = Array.from({ length: 12 }, (_, i) => randomRow(1000, i + 1, i % 2 === 0));

describe.each([
  ["mirostat 1", { mirostat: 1, mirostat_tau: 4 }],
  ["mirostat 2", { mirostat: 2, mirostat_tau: 3, mirostat_eta: 0.3 }],
  ["adaptive_p", { min_p: 0.01, adaptive_target: 0.4 }],
  ["mirostat 2 and adaptive_p", { mirostat: 2, adaptive_target: 0.4 }],
  ["llama.cpp with mirostat", { preset: "llama.cpp", mirostat: 2 }],
])("%s", (_, options) => {
  test("a stream and calls that echo the state through JSON draw the same tokens", () => {
    const stream = openStream(sampler, { ...options, seed: 9 });
    const history: number[] = [];
    let state: unknown = null;
    for (const [step, logits] of rows.entries()) {
      const row = sampler.leaseRow()!;
      row.load(logits);
      row.finish();
      const streamed = stream.next(row);
      sampler.returnRow(row);
      const echoed = sample(logits, { ...options, seed: 9, step, history, state });
      expect(streamed).toEqual(echoed);
      expect(echoed.state).not.toBeNull();
      state = JSON.parse(JSON.stringify(echoed.state));
      history.push(echoed.token_id);
    }
  });

  test("the state matters: without it a later step is another", () => {
    let state: unknown = null;
    for (const [step, logits] of rows.entries())
      state = sample(logits, { ...options, seed: 9, step, state }).state;
    const later = { ...options, seed: 9, step: 12, logprobs: true };
    const [with_state, fresh] = [sample(rows[1]!, { ...later, state }), sample(rows[1]!, later)];
    expect(with_state.state).not.toEqual(fresh.state);
  });
});
