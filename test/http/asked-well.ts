/** Requests of /v1 that are answered with 200, with each form of body and reply among them. */

const LABELLED = [0, 1, 0, 1, 1, 0].map((target, i) => ({ logits: [Math.sin(i) * 3, 1, 0], target }));
const CLEAN = Array.from({ length: 120 }, (_, i) => ({ logits: [3 + Math.sin(i), Math.cos(i), 0] }));
const stages = { temperature: 0.8, repetition_penalty: 1.2, top_k: 3, min_p: 0.01, mirostat: 2 };
const lists = { logprobs: true, top_logprobs: 3, logprob_token_ids: [0, 3], kept_token_ids: true };
const place = { history: [1, 2], seed: "18446744073709551615", step: 3 };
const everything = { ...stages, ...lists, ...place, n: 2, trace: "timed" };

export const ASKED_WELL: readonly (readonly [path: string, body: object | string])[] = [
  ["/v1/sample", { logits: [1, 3, 2, 0] }],
  ["/v1/sample", { logits: [1, 3, 2, 0], ...everything }],
  ["/v1/sample", '{"logits": [1, -Infinity], "logprobs": true, "top_logprobs": 2, "logprob_token_ids": [1]}'],
  ["/v1/sample", { logits: { token_ids: [3, 9], values: [1, 2], max_omitted: 0 }, top_k: 1, logprobs: true }],
  ["/v1/sample", { logits: [1, 2], adaptive_target: 0.5, trace: true, logprob_token_ids: [0] }],
  ["/v1/sample/batch", { rows: [{ logits: [1, 2] }, { logits: [] }, { logits: [1], top_p: 7 }], seed: 1 }],
  [
    "/v1/compare",
    { logits: [1, 3, 2], compare: ["llama.cpp", "vllm", { preset: "vllm", top_a: 1 }], top_p: 0.9 },
  ],
  ["/v1/compare", '{"logits": [1, -Infinity], "compare": ["default", {"name": "one", "chain": []}]}'],
  ["/v1/probabilities", { logits: [1, 3, 2], labels: ["a", "b", "c"], threshold: 0.5 }],
  ["/v1/probabilities", { rows: [{ logits: [3] }, { logits: [1, 2] }] }],
  ["/v1/score", { rows: LABELLED }],
  ["/v1/score", { rows: LABELLED, sampling: { top_k: 1 } }],
  ["/v1/score", '{"logits": [1, -Infinity], "target": 1}'],
  ["/v1/diagnose", { rows: LABELLED, labels: ["a", "b", "c"] }],
  ["/v1/calibrate", { rows: LABELLED, resamples: 50 }],
  ["/v1/baseline", { rows: CLEAN }],
  ["/v1/sample", { logits: [1, 3, 2], draw: { rule: "gumbel" }, trace: true }],
  ["/v1/sample", { logits: [1, 3, 2], watermark: { scheme: "gumbel", key: "main" }, history: [1, 2] }],
  ["/v1/sample", { logits: [1, 3, 2], receipt: true }],
  [
    "/v1/replay",
    {
      rows: [{ logits: [1, 2], token_id: 1, claimed: { system_fingerprint: "x" } }, { logits: [1, 2] }],
      seed: 1,
    },
  ],
  [
    "/v1/beam",
    { rows: [{ logits: [1, 3, 2] }], beam: { rule: "stochastic", num_beams: 2, max_tokens: 1 }, seed: 1 },
  ],
  ["/v1/resample", { log_weights: [0, null, -1], seed: 1 }],
  ["/v1/verify", { rows: [{ logits: [1, 3] }, { logits: [2, 1] }], draft_token_ids: [1], seed: 1 }],
  ["/v1/verify/batch", { rows: [{ logits: [1, 3] }], sequences: [{ draft_token_ids: [] }], seed: 1 }],
  [
    "/v1/grammar",
    { grammar: { json_schema: { type: "integer", format: "x" } }, text: "12", vocabulary: "demo" },
  ],
  ["/v1/grammar", { grammar: { regex: "a+" }, text: "b" }],
  ["/v1/vocabularies/common", { vocabulary: "demo", draft_vocabulary: "demo" }],
  ["/v1/vocabularies/common", { vocabulary: "demo", draft_vocabulary: "demo", draft_token_ids: [300] }],
  ["/v1/watermark/detect", { scheme: "gumbel", key: "main", token_ids: [1, 2, 3], values: true }],
  [
    "/v1/watermark/detect",
    { scheme: "green_list", key: "main", texts: [{ token_ids: [1], prompt_length: 1 }] },
  ],
];
