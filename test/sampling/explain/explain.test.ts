/** The explanation of another sampler's result, for each known kind of difference. */
import { describe, expect, test } from "vitest";
import { explainRow } from "../../../src/sampling/explain/explain.ts";
import { EXPLANATIONS } from "../../../src/sampling/explain/explanations/index.ts";
import type { Observed } from "../../../src/sampling/explain/observed.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { sampler } from "../sample.ts";
import { survivors } from "../survivors.ts";

type Fields = Readonly<Record<string, unknown>>;

const LOGITS = [3, 2.5, 2, 2, 1.5, 1, 0.5, -0.5, -1, -2];
const SEQUENCE = { history: [0, 0, 1, 7, 9, 9, 2], prompt_length: 4 };

const chain = (...stages: Fields[]) => ({ chain: stages });
const stage = (name: string, value: unknown, more: Fields = {}) => ({ stage: name, [name]: value, ...more });

function distributionOf(options: Fields, sequence: Fields = SEQUENCE): Observed {
  const { token_ids, probabilities } = survivors(LOGITS, { ...sequence, ...options });
  return { probabilities: new Map(token_ids.map((id, i) => [id, probabilities[i] as number])) };
}

function explainOf(options: Fields, observed: Observed, logits: readonly number[] = LOGITS) {
  const row = sampler.leaseRow()!;
  try {
    row.load(logits);
    row.finish();
    return explainRow(sampler, row, parseStepOptions({ ...SEQUENCE, ...options }), observed);
  } finally {
    sampler.returnRow(row);
  }
}

const COLD = stage("temperature", 0.6);
const NUCLEUS = stage("top_p", 0.7);

/** The user's options, the other sampler's behaviour, and the explanation. */
const CASES: readonly (readonly [name: string, says: string, meant: Fields, other: Fields])[] = [
  ["order", "as if temperature came before top_p", chain(NUCLEUS, COLD), chain(COLD, NUCLEUS)],
  [
    "other_rule",
    "as if ties of top_k were keep",
    chain(stage("top_k", 3)),
    chain(stage("top_k", 3, { ties: "keep" })),
  ],
  [
    "other_rule",
    "as if penalty_scope of presence_penalty were history",
    chain(stage("presence_penalty", 1.5)),
    chain(stage("presence_penalty", 1.5, { penalty_scope: "history" })),
  ],
  ["left_out", "as if min_p were ignored", chain(COLD, stage("min_p", 0.2)), chain(COLD)],
  [
    "penalty_count",
    "as if frequency_penalty counted a token once, as presence_penalty does",
    chain(stage("frequency_penalty", 0.8)),
    chain(stage("presence_penalty", 0.8)),
  ],
  ["off_by_one", "as if top_k were one less", chain(stage("top_k", 6)), chain(stage("top_k", 5))],
  [
    "other_window",
    "as if penalty_last_n were 20",
    chain(stage("presence_penalty", 1, { penalty_last_n: 1 })),
    chain(stage("presence_penalty", 1, { penalty_last_n: 20 })),
  ],
  [
    "other_reading",
    "as if temperature were 1 over its value",
    chain(COLD),
    chain(stage("temperature", 1 / 0.6)),
  ],
  ["twice", "as if temperature ran twice", chain(COLD), chain(COLD, COLD)],
  [
    "bias_form",
    "as if logit_bias were subtracted",
    chain(stage("logit_bias", { 1: 2, 4: -1 })),
    chain(stage("logit_bias", { 1: -2, 4: 1 })),
  ],
  ["greedy", "as if it were greedy", chain(COLD, stage("min_p", 0.05)), chain(stage("top_k", 1))],
  ["nothing_runs", "as if no option counted", chain(COLD, stage("min_p", 0.3)), chain()],
];

describe("of a distribution", () => {
  test.each(CASES)("%s: %s", (name, says, meant, other) => {
    const { agrees, explanations } = explainOf(meant, distributionOf(other));
    expect(agrees).toBe(false);
    expect(explanations.filter((each) => each.agrees)).toContainEqual(
      expect.objectContaining({ name, says, agrees: true }),
    );
  });

  test("a penalty that divides negative scores too", () => {
    const meant = chain(stage("repetition_penalty", 1.5));
    const divided = Object.fromEntries([0, 1, 7, 9, 2].map((id) => [id, LOGITS[id]! / 1.5 - LOGITS[id]!]));
    const { explanations } = explainOf(meant, distributionOf(chain(stage("logit_bias", divided))));
    expect(explanations[0]).toMatchObject({
      name: "penalty_form",
      says: "as if repetition_penalty divided negative scores too",
    });
  });

  test("the last token does not count yet", () => {
    const meant = chain(stage("presence_penalty", 1));
    const late = { history: SEQUENCE.history.slice(0, -1), prompt_length: 4 };
    const { explanations } = explainOf(meant, distributionOf(meant, late));
    expect(explanations[0]).toMatchObject({
      name: "other_history",
      says: "as if the last token of the history did not count yet",
    });
  });

  test("a token just at a bound goes", () => {
    const logits = [Math.log(0.4), Math.log(0.4), Math.log(0.2)]; // 0.2 is just half of the best
    const { explanations } = explainOf(chain(stage("min_p", 0.5)), { kept: [0, 1] }, logits);
    expect(explanations[0]).toMatchObject({ name: "at_bound", stage: "min_p", agrees: true });
  });

  test("the order of another host, where several stages stand elsewhere", () => {
    const [k, p, m] = [stage("top_k", 6), stage("top_p", 0.8), stage("min_p", 0.25)];
    const meant = chain(stage("temperature", 2), m, p, k);
    const other = chain(k, p, m, stage("temperature", 2)); // llama.cpp's
    const { explanations } = explainOf(meant, distributionOf(other));
    expect(explanations.some(({ agrees, name }) => agrees && name === "host_order")).toBe(true);
  });

  test("two differences, where neither alone is enough", () => {
    const meant = chain(stage("presence_penalty", 1), COLD);
    const other = chain(stage("presence_penalty", 1, { penalty_scope: "history" }));
    const [best] = explainOf(meant, distributionOf(other)).explanations;
    expect(best).toMatchObject({ agrees: true });
    expect(best?.name.split(" and ").sort()).toEqual(["left_out", "other_rule"]);
  });

  test("what agrees needs no explanation, numbers of three digits too", () => {
    const meant = chain(COLD, NUCLEUS);
    expect(explainOf(meant, distributionOf(meant))).toMatchObject({ agrees: true, explanations: [] });
    const exact = (distributionOf(meant) as { probabilities: ReadonlyMap<number, number> }).probabilities;
    const rounded = new Map([...exact].map(([id, p]) => [id, Math.round(p * 1000) / 1000]));
    expect(explainOf(meant, { probabilities: rounded }).agrees).toBe(true);
  });
});

describe("of draws that were counted", () => {
  const counted = (observed: Observed, n: number): Observed => {
    if (!("probabilities" in observed)) throw new Error("a distribution is counted");
    return { counts: new Map([...observed.probabilities].map(([id, p]) => [id, Math.round(n * p)])) };
  };

  test("of the law they agree; of another the difference is told", () => {
    const meant = chain(NUCLEUS, COLD);
    expect(explainOf(meant, counted(distributionOf(meant), 5000)).agrees).toBe(true);
    const { agrees, explanations } = explainOf(meant, counted(distributionOf(chain(NUCLEUS)), 5000));
    expect(agrees).toBe(false);
    expect(explanations[0]).toMatchObject({ says: "as if temperature were ignored", agrees: true });
  });
});

test("a search takes no more steps than it may, and tells what it found by then", () => {
  const taken = { steps: 0 };
  const counting = {
    sample: (...asked: Parameters<typeof sampler.sample>) => {
      taken.steps++;
      return sampler.sample(...asked);
    },
  };
  const row = sampler.leaseRow()!;
  row.load(LOGITS);
  row.finish();
  const options = parseStepOptions({
    ...SEQUENCE,
    ...chain(COLD, NUCLEUS, stage("min_p", 0.1), stage("top_k", 4)),
  });
  const nothing: Observed = { kept: [9] };
  for (const looks_max of [1, 7, 40]) {
    taken.steps = 0;
    explainRow(counting, row, options, nothing, { looks_max });
    expect(taken.steps).toBe(looks_max);
  }
  sampler.returnRow(row);
});

test("names are unique", () => {
  const names = EXPLANATIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
