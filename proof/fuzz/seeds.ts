/**
 * Valid requests of every form, which the fuzz mutates. The unchanged requests are checked first: each must be
 * accepted.
 */
import { randomRow } from "../../evidence/rows.ts";
import { BYTES_TYPE, f32, frame, jsonMessage, LINES_TYPE, type Message, tensorMessage } from "../message.ts";
import { bf16, f16 } from "./small-rows.ts";

const ROW = [1.5, -0.25, 3, 0.5, -2, 2.5, 0, 1];
const LARGE = Array.from(randomRow(600, 3), (value) => Math.round(value * 8) / 8);
const PACKED = { dtype: "f32", data: f32(ROW).toString("base64") };
const SPARSE = {
  token_ids: [5, 2, 9, 0],
  values: [1.5, 3, -0.5, 2],
  vocab_size: 12,
  logsumexp: 4.1,
  max_omitted: -3,
};
/** The same in bytes: the ids, then the values. */
const PAIRS = Buffer.concat([Buffer.from(Int32Array.from(SPARSE.token_ids).buffer), f32(SPARSE.values)]);
const HISTORY = [1, 2, 3, 1, 2, 3, 1, 2];
const CHAIN = [
  { stage: "logit_bias", logit_bias: { "2": -1.5, "3": "-inf" } },
  { stage: "repetition_penalty", repetition_penalty: 1.2, penalty_last_n: 4 },
  { stage: "top_k", top_k: 5, ties: "keep" },
  { stage: "temperature", temperature: 0.7 },
];
const EVERYTHING = {
  temperature: 0.9,
  top_k: 6,
  top_p: 0.95,
  min_p: 0.01,
  typical_p: 0.99,
  top_n_sigma: 4,
  xtc_probability: 0.3,
  dry_multiplier: 0.5,
  dry_sequence_breakers: [[3], [4, 5]],
  repetition_penalty: 1.1,
  presence_penalty: 0.2,
  frequency_penalty: -0.1,
  no_repeat_ngram_size: 3,
  logit_bias: { "1": 0.5, "4": null },
  bad_words_ids: [[1, 7]],
  sequence_bias: [{ token_ids: [2, 5], bias: 1.5 }],
  min_tokens: 2,
  stop_token_ids: [6],
  history: HISTORY,
  prompt_length: 3,
  forced_token_ids: { "9": 1 },
  seed: "12345678901234567890",
  step: 4,
  logprobs: true,
  top_logprobs: 3,
  logprob_token_ids: [0, 7],
  kept_token_ids: true,
  uncertainty: true,
  trace: true,
  n: 2,
};
const STATEFUL = { mirostat: 2, state: { mirostat: { mu: 8.5 } } };
/** Different rows, each with a class. */
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    logits: ROW.map((logit, id) => logit + ((i * 7 + id * 3) % 11) / 4),
    target: i % ROW.length,
  }));

/** Bodies with one request each. */
export const REQUESTS: readonly Message[] = [
  jsonMessage("/v1/sample", { logits: ROW, temperature: 0.8, top_p: 0.9, seed: 7 }),
  jsonMessage("/v1/sample", { logits: ROW, ...EVERYTHING }),
  jsonMessage("/v1/sample", { chain: CHAIN, history: HISTORY, logits: LARGE, seed: 1 }),
  jsonMessage("/v1/sample", '{"logits":[1, -Infinity, 2.5e0, -0, 1e-3],"seed":"-9"}'),
  jsonMessage("/v1/sample", { logits: PACKED, preset: "llama.cpp", seed: 3, vocab_size: 7 }),
  jsonMessage("/v1/sample", { logits: SPARSE, top_k: 2, logprobs: true, require_exact: false }),
  jsonMessage("/v1/sample", { logits: ROW, ...STATEFUL }),
  { path: "/v1/sample?dtype=f32&temperature=0.8&top_k=40&seed=7&step=3&stop_token_ids=1,2", body: f32(ROW) },
  {
    path: "/v1/sample?dtype=f16&logprobs=true&logit_bias=%7B%222%22%3A1%7D",
    headers: BYTES_TYPE,
    body: f16(ROW),
  },
  { path: "/v1/sample?dtype=bf16&shape=1,8&temperature=0", headers: BYTES_TYPE, body: bf16(ROW) },
  tensorMessage("/v1/sample", { dtype: "f32", shape: [600], ...EVERYTHING }, f32(LARGE)),
  tensorMessage("/v1/sample", { dtype: "f16", preset: "vllm", seed: 5 }, f16(ROW)),
  tensorMessage(
    "/v1/sample",
    { sparse: { count: 4, vocab_size: 12, logsumexp: 4.1 }, top_k: 2, logprobs: true },
    PAIRS,
  ),
  {
    path: "/v1/sample?dtype=f32&temperature=0.7&seed=3&sparse=%7B%22count%22%3A4%7D",
    headers: BYTES_TYPE,
    body: PAIRS,
  },
  jsonMessage("/v1/sample/batch", {
    top_k: 3,
    seed: 1,
    rows: [{ logits: ROW }, { logits: PACKED, step: 2 }, { logits: SPARSE, seed: 2 }],
  }),
  jsonMessage("/v1/sample/batch", {
    rows: [
      { logits: LARGE, ...EVERYTHING },
      { logits: [1, 2], temperature: 0 },
    ],
  }),
  tensorMessage(
    "/v1/sample/batch",
    { shape: [3, 8], seed: 4, rows: [{}, { temperature: 0 }, { step: 9 }] },
    f32([...ROW, ...ROW, ...ROW]),
  ),
  {
    path: "/v1/sample/batch?shape=2,8&dtype=f32&top_p=0.9",
    headers: BYTES_TYPE,
    body: f32([...ROW, ...ROW]),
  },
  jsonMessage("/v1/compare", {
    logits: ROW,
    compare: ["llama.cpp", "vllm", { chain: CHAIN }],
    seed: 2,
    temperature: 0.7,
  }),
  jsonMessage("/v1/probabilities", {
    logits: [3.2, 1.3, 0.2],
    labels: ["cat", "dog", "bird"],
    threshold: 0.95,
    temperature: 1.1,
  }),
  jsonMessage("/v1/probabilities", { rows: rows(3) }),
  jsonMessage("/v1/score", { rows: rows(4) }),
  tensorMessage("/v1/score", { shape: [2, 8], targets: [1, 7] }, f32([...ROW, ...ROW])),
  jsonMessage("/v1/diagnose", { logits: ROW, target: 1 }),
  jsonMessage("/v1/calibrate", { rows: rows(6), resamples: 3, bins: 4, seed: 1 }),
  tensorMessage(
    "/v1/calibrate",
    { dtype: "bf16", shape: [4, 8], targets: [0, 1, 2, 3], resamples: 0 },
    bf16([...ROW, ...ROW, ...ROW, ...ROW]),
  ),
  jsonMessage("/v1/baseline", { rows: rows(20), false_positive_rate: 0.05 }),
];

const ROWS = rows(4).map(({ logits }) => ({ logits }));
const DRAFT = { draft_token_ids: [1, 2], seed: 7, history: HISTORY, prompt_length: 3 };
const MARK = { scheme: "green_list", key: "main" };
/** A step over the built-in vocabulary, where 91 is the opening brace. */
const SPELLED = {
  logits: { token_ids: [1, 40, 91], values: [1, 3, 2], vocab_size: 8192 },
  ...{ vocabulary: "demo", history: [91], prompt_length: 1, seed: 7 },
};
/** A search after its first step, with two live beams and a sequence that has ended. */
const SEARCH = {
  ...{ rule: "transformers", seed: "7", step: 1, next_id: 1, carry: [], finished: false },
  beams: [
    { score: -0.5, logprob: -0.5, chain_logprob: -0.5 },
    { score: -1.5, logprob: -1.5, chain_logprob: null },
  ],
  ended: [{ id: 0, score: -2, logprob: -2, chain_logprob: -2, length: 1 }],
};
const BEAM = { rule: "transformers", num_beams: 2, end_token_ids: [3], max_tokens: 5, length_penalty: 0.6 };
const BEAM_ROWS = [{ history: [1, 2] }, { history: [1, 4] }];
const COMBINED = { combine: { rule: "contrastive", alpha: 0.1 }, seed: 7 };

/** Requests that the oracle cannot judge: grammars, texts, combinations, drafts, beams, marks and replays. */
export const UNJUDGED: readonly Message[] = [
  jsonMessage("/v1/verify", { rows: ROWS.slice(1), ...DRAFT, top_k: 4 }),
  tensorMessage("/v1/verify", { dtype: "f32", shape: [3, 8], ...DRAFT }, f32([...ROW, ...ROW, ...ROW])),
  jsonMessage("/v1/verify/batch", {
    rows: ROWS,
    sequences: [DRAFT, { draft_token_ids: [], seed: 8, history: [] }],
  }),
  jsonMessage("/v1/beam", {
    beam: { rule: "tensorrt_llm", num_beams: 3, end_token_ids: [2], max_tokens: 4, early_stopping: 2 },
    rows: [{ logits: ROW }],
    ...{ temperature: 0.8, top_k: 5 },
  }),
  jsonMessage("/v1/beam", {
    ...{ beam: BEAM, search: SEARCH, seed: 7, repetition_penalty: 1.3 },
    rows: [
      { logits: PACKED, history: [1, 2] },
      { logits: { ...SPARSE, vocab_size: 12 }, history: [1, 4] },
    ],
  }),
  tensorMessage(
    "/v1/beam",
    { beam: BEAM, search: SEARCH, dtype: "f32", shape: [2, 8], rows: BEAM_ROWS, mirostat: 2 },
    f32([...ROW, ...ROW]),
  ),
  tensorMessage(
    "/v1/beam",
    { beam: { rule: "stochastic", num_beams: 2, max_tokens: 3 }, shape: [1, 8], dtype: "bf16", seed: "-9" },
    bf16(ROW),
  ),
  jsonMessage("/v1/resample", { log_weights: [-0.2, null, -7, 0.4], threshold: 0.5, seed: 7, step: 3 }),
  jsonMessage("/v1/resample", { log_weights: Array.from({ length: 40 }, (_, i) => -i / 8) }),
  jsonMessage("/v1/replay", {
    rows: [
      { logits: ROW, token_id: 1, step: 3, claimed: { row: "0a".repeat(32), options: "0b".repeat(32) } },
      { logits: PACKED, token_id: 5 },
    ],
    ...{ temperature: 0.8, top_p: 0.95, seed: "7", tolerance: 0.001 },
  }),
  tensorMessage(
    "/v1/replay",
    {
      shape: [2, 8],
      dtype: "f32",
      seed: 5,
      rows: [{ token_id: 1 }, { token_id: 3, draw: { rule: "gumbel" } }],
    },
    f32([...ROW, ...ROW]),
  ),
  jsonMessage("/v1/watermark/detect", { scheme: "gumbel", key: "main", token_ids: HISTORY, values: true }),
  jsonMessage("/v1/watermark/detect", {
    ...MARK,
    vocab_size: 8,
    texts: [{ token_ids: HISTORY, prompt_length: 2 }, { token_ids: [] }],
  }),
  jsonMessage("/v1/sample", { logits: ROW, watermark: MARK, history: HISTORY, receipt: true, seed: 1 }),
  jsonMessage("/v1/sample", { sources: [{ logits: ROW }, { logits: ROW, temperature: 0.5 }], ...COMBINED }),
  tensorMessage("/v1/sample", { dtype: "f32", shape: [2, 8], ...COMBINED }, f32([...ROW, ...ROW])),
  jsonMessage("/v1/sample", {
    ...SPELLED,
    grammar: { json_schema: { type: "object", properties: { a: { type: "integer", minimum: -3 } } } },
  }),
  jsonMessage("/v1/sample", {
    ...SPELLED,
    grammar: { regex: "\\{[a-z ]{1,20}|x+" },
    history: [],
    prompt_length: 0,
  }),
  jsonMessage("/v1/sample", { ...SPELLED, banned_strings: ["the", "a b"], stop: { strings: ["\n\n"] } }),
];

const INPUT = { name: "logits", shape: [1, ROW.length], datatype: "FP32" };

/** Requests as Triton's clients send them. */
export const INFERENCES: readonly Message[] = [
  jsonMessage("/v2/models/sampler/infer", {
    id: "7",
    inputs: [{ ...INPUT, data: ROW }],
    outputs: [{ name: "token_id", parameters: { binary_data: false } }, { name: "logprob" }],
    parameters: { temperature: 0.8, top_k: 3, seed: 7 },
  }),
  tensorMessage(
    "/v2/models/sampler/versions/1/infer",
    {
      inputs: [{ ...INPUT, parameters: { binary_data_size: 4 * ROW.length } }],
      parameters: { binary_data_output: true, temperature: 0.8, logit_bias: '{"2":-1}' },
    },
    f32(ROW),
  ),
];

/** Complete streams: their messages in frames or in lines. */
export const STREAMS: readonly Message[] = [
  {
    path: "/v1/stream",
    headers: BYTES_TYPE,
    body: Buffer.concat([
      frame({ dtype: "f32", temperature: 0.8, top_k: 5, seed: 7 }),
      frame(f32(ROW)),
      frame({ type: "update", temperature: 0.5 }),
      frame(f32(ROW)),
      frame({ type: "accept", token_ids: [3] }),
      frame({ logits: ROW, logprobs: true }),
      frame({ type: "rewind", steps: 1 }),
      frame(f32(ROW)),
    ]),
  },
  {
    path: "/v1/stream",
    headers: LINES_TYPE,
    body: [
      { repetition_penalty: 1.2, seed: 1, history: [1, 2] },
      { logits: ROW },
      { type: "update", repetition_penalty: 1.3, top_p: 0.9 },
      { logits: SPARSE },
      { type: "accept", token_ids: [1, 2] },
      { logits: PACKED, type: "step" },
    ]
      .map((message) => `${JSON.stringify(message)}\n`)
      .join(""),
  },
];
