/**
 * The service accepts exactly the requests that openapi.json allows, and the document refuses those that the service
 * refuses.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, bodyRefusals } from "../documented.ts";
import { type Listening, listen } from "../listening.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

const logits = [3, 1, 0, 2];
const rows = [
  { logits, target: 0 },
  { logits, target: 1 },
];
const clean = Array.from({ length: 40 }, (_, i) => ({ logits: [3 + Math.sin(i), Math.cos(i), 0] }));
const biases = {
  logit_bias: { 1: -100, 2: "-inf", 3: null },
  bad_words_ids: [[1, 2]],
  allowed_token_ids: [0, 1, 2],
};
const bans = { min_tokens: 2, stop_token_ids: [3], no_repeat_ngram_size: 3, token_bitmask: "DwAAAA==" };
const cuts = {
  top_k: 3,
  top_p: 0.9,
  min_p: 0.01,
  typical_p: 0.99,
  top_a: 0.1,
  tfs: 0.99,
  epsilon_cutoff: 0.001,
};
const sampled = {
  temperature: 0.8,
  mirostat: 2,
  mirostat_tau: 4,
  seed: "7",
  step: 2,
  state: { mirostat: { mu: 5 } },
};
const chain = [
  { stage: "xtc", xtc_probability: 0.5, xtc_threshold: 0.1 },
  { stage: "temperature", temperature: 0 },
];

async function sent(path: string, body: object): Promise<number> {
  return (await ask(app.url, { method: "POST", path, body })).status;
}

test.each([
  ["/v1/sample", { logits, ...cuts, ...sampled }],
  ["/v1/sample", { logits, ...biases, ...bans, history: [1, 0], prompt_length: 1, repetition_penalty: 1.2 }],
  ["/v1/sample", { logits, chain, n: 2, trace: "timed", logprob_token_ids: [0], logprobs_mode: "processed" }],
  ["/v1/sample", { logits, preset: "llama.cpp", dry_multiplier: 0.8, seed: -1 }],
  ["/v1/sample", { logits: { dtype: "bf16", data: "gD8AQA==" }, vocab_size: 1, n: 3, replacement: true }],
  ["/v1/sample", { logits: { token_ids: [7], values: [1], vocab_size: 9, logsumexp: 3, max_omitted: 0 } }],
  ["/v1/sample/batch", { rows: [{ logits, top_k: 1 }, { logits }], temperature: 0.5, seed: 1 }],
  ["/v1/compare", { logits, compare: ["vllm", { name: "mine", chain }], compare_top: 3, seed: 1 }],
  ["/v1/probabilities", { logits, labels: ["a", "b", "c", "d"], threshold: { a: 0.9 } }],
  ["/v1/probabilities", { rows, threshold: [0.1, 0.2, 0.3, 0.4], temperature: 2 }],
  ["/v1/score", { rows: [{ logits }, { logits }], targets: [0, 1] }],
  ["/v1/diagnose", { logits, target: 1, calibration: { method: "temperature_scaling", temperature: 2 } }],
  ["/v1/calibrate", { rows, binning: "equal_mass", bins: 4, resamples: 0 }],
  ["/v1/baseline", { rows: clean, false_positive_rate: 0.05 }],
  [
    "/v2/models/sampler/infer",
    { inputs: [{ name: "logits", shape: [4], datatype: "FP32", data: logits }], id: "a" },
  ],
])("%s takes what the document lets through, %#", async (path, body) => {
  expect(bodyRefusals(path, body)).toEqual([]);
  expect(await sent(path, body)).toBe(200);
});

test.each([
  ["/v1/sample", { logits, topp: 0.9 }],
  ["/v1/sample", { logits, top_p: 1.5 }],
  ["/v1/sample", { logits, top_k: 0.5 }],
  ["/v1/sample", { logits, preset: "lama.cpp" }],
  ["/v1/sample", { logits, chain: [{ stage: "topp", top_p: 0.5 }] }],
  ["/v1/sample", { logits, chain: [{ stage: "top_p", top_k: 5 }] }],
  ["/v1/sample", { logits, logit_bias: { "01": 1 } }],
  ["/v1/sample", { logits: [] }],
  ["/v1/sample", { logits: [1, null] }],
  ["/v1/sample", { logits: { dtype: "f64", data: "" } }],
  ["/v1/sample", { temperature: 1 }],
  ["/v1/sample/batch", { rows: [] }],
  ["/v1/compare", { logits, compare: ["vllm"] }],
  ["/v1/score", { rows: [{ logits, label: 1 }] }],
  ["/v1/calibrate", { rows, binning: "equal" }],
])("%s refuses what the document refuses, %#", async (path, body) => {
  expect(bodyRefusals(path, body)).not.toEqual([]);
  expect(await sent(path, body)).toBe(422);
});
