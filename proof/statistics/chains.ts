/** The tested distributions, with the expected probabilities of the tests' plain float64 sampler. */
import { randomRow } from "../../evidence/rows.ts";
import { type ReferenceEntry, referenceSurvivors } from "../../test/reference/sampler.ts";

export interface Drawn {
  readonly name: string;
  readonly row: Float32Array;
  readonly history?: readonly number[];
  readonly chain: readonly Stage[];
}

/** A stage as written in a chain on the wire, with every option. */
export type Stage = Readonly<Record<string, unknown>> & { readonly stage: string };

const SMALL = randomRow(64, 11);
const LARGE = randomRow(2000, 12);
const WHOLE_HISTORY = { penalty_last_n: -1, penalty_decay_range: 0, penalty_scope: "history" };
const HISTORY = [3, 9, 9, 27, 41, 3, 50, 9, 60, 61];

export const temperature = (value: number): Stage => ({
  stage: "temperature",
  temperature: value,
  temperature_floor: 0,
  temperature_greedy_below: 0,
});
export const topK = (k: number): Stage => ({ stage: "top_k", top_k: k, ties: "cut" });
export const topP = (p: number): Stage => ({
  stage: "top_p",
  top_p: p,
  top_p_inclusive: false,
  top_p_ties: "cut",
  top_p_crossing: "keep",
  min_keep: 1,
});

export const DRAWN: readonly Drawn[] = [
  { name: "no stage", row: SMALL, chain: [] },
  { name: "temperature 0.7", row: SMALL, chain: [temperature(0.7)] },
  { name: "temperature 1.8 over 2,000 tokens", row: LARGE, chain: [temperature(1.8)] },
  { name: "top_k 10", row: SMALL, chain: [topK(10)] },
  { name: "top_p 0.9", row: SMALL, chain: [topP(0.9)] },
  { name: "top_p 0.99 of 2,000 tokens", row: LARGE, chain: [topP(0.99)] },
  { name: "min_p 0.02", row: SMALL, chain: [{ stage: "min_p", min_p: 0.02, min_keep: 1 }] },
  {
    name: "top_k 40, top_p 0.9, temperature 0.8",
    row: LARGE,
    chain: [topK(40), topP(0.9), temperature(0.8)],
  },
  {
    name: "penalties and a bias",
    row: SMALL,
    history: HISTORY,
    chain: [
      { stage: "logit_bias", logit_bias: { "3": 1.5, "7": -2, "8": "-inf" } },
      {
        stage: "repetition_penalty",
        repetition_penalty: 1.3,
        repetition_penalty_normalize: false,
        ...WHOLE_HISTORY,
      },
      { stage: "frequency_penalty", frequency_penalty: 0.4, ...WHOLE_HISTORY },
      temperature(1.2),
    ],
  },
];

/** Probability of each token of the row, in float64. */
export function expectedOf({ row, chain, history = [] }: Drawn): Float64Array {
  const entries = chain.map(
    ({ stage, ...options }): ReferenceEntry => ({ stage, options: prepared(stage, options) }),
  );
  const { token_ids, probabilities } = referenceSurvivors(row, entries, {
    history,
    prompt_length: 0,
    uniform: () => 0.5,
    state: () => ({}),
  });
  const expected = new Float64Array(row.length);
  for (const [i, id] of token_ids.entries()) expected[id] = probabilities[i]!;
  return expected;
}

/** The reference expects a bias as two lists. */
function prepared(
  stage: string,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (stage !== "logit_bias") return options;
  const entries = Object.entries(options["logit_bias"] as Readonly<Record<string, number | string>>);
  const biases = entries.map(([, bias]) => (typeof bias === "number" ? bias : Number.NEGATIVE_INFINITY));
  const logit_bias = {
    token_ids: Int32Array.from(entries, ([id]) => Number(id)),
    biases: Float64Array.from(biases),
  };
  return { ...options, logit_bias };
}
