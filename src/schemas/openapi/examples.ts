/**
 * Named examples of requests, by operation. A test checks that each is answered with 200. The pages at /docs send
 * the first example of an operation by default.
 */

interface Example {
  readonly summary: string;
  readonly value: unknown;
}

type Examples = Readonly<Record<string, Example>>;

const logits = [1, 2.5, -0.3, 2.4];
const ternary = [2.1, 0.3, -1.2];
const labels = ["cat", "dog", "bird"];

const CLEAN = [
  [8.2, 1.5, 0.3],
  [7.9, 0.8, 1.1],
  [6.4, 1.9, -0.4],
  [0.2, 7.7, 1.3],
  [1.1, 0.4, 8.8],
  [9.3, 2.2, 1],
  [0.5, 6.9, 0.1],
  [1.4, 0.9, 7.2],
  [7.1, 1.2, 0.6],
  [0.3, 8.4, 1.7],
];

const sample: Examples = {
  first: {
    summary: "A simple request: temperature, top-p and a seed",
    value: { logits, temperature: 0.8, top_p: 0.9, seed: 7, logprobs: true },
  },
  chain: {
    summary: "A chain of your own",
    value: {
      logits,
      chain: [
        { stage: "top_k", top_k: 3 },
        { stage: "temperature", temperature: 0.7 },
      ],
      seed: 7,
      step: 3,
    },
  },
  host: {
    summary: "As llama.cpp does it, with penalties, told stage by stage",
    value: {
      logits,
      preset: "llama.cpp",
      history: [1, 3, 1],
      repetition_penalty: 1.3,
      seed: 7,
      step: 3,
      trace: true,
    },
  },
  sparse: {
    summary: "Only the most likely tokens of a large vocabulary",
    value: {
      logits: {
        token_ids: [11, 287, 4],
        values: [8.2, 7.9, 6.1],
        vocab_size: 128_256,
        logsumexp: 9.1,
        max_omitted: 3.2,
      },
      top_k: 2,
      seed: 7,
      top_logprobs: 2,
    },
  },
  packed: {
    summary: "The row as bytes in base64; greedy",
    value: { logits: { dtype: "f32", data: "AACAPwAAIECamZm+mpkZQA==" }, temperature: 0, seed: 7 },
  },
  bias: {
    summary: "Biases, bans and 5 draws",
    value: { logits, logit_bias: { 1: 0.5, 3: "-inf" }, bad_words_ids: [[2]], n: 5, seed: 7 },
  },
};

const sampleBatch: Examples = {
  shared: {
    summary: "Two rows with a temperature in common",
    value: {
      temperature: 0.8,
      rows: [
        { logits, seed: 7 },
        { logits: [0.1, 0.2], seed: 8, temperature: 0 },
      ],
    },
  },
  one_fails: {
    summary: "A row that is wrong fails alone",
    value: {
      rows: [
        { logits, seed: 7 },
        { logits, seed: 8, allowed_token_ids: [9] },
      ],
    },
  },
};

const verify: Examples = {
  strict: {
    summary: "Two tokens were drafted: the rows behind each, and the one before",
    value: {
      rows: [{ logits }, { logits: [3.1, 0.2, 0.4, -1] }, { logits: [0.1, 0.7, 0.2, 4] }],
      draft_token_ids: [1, 0],
      temperature: 0.8,
      seed: 7,
      history: [],
    },
  },
};

const verifyBatch: Examples = {
  two: {
    summary: "Drafts of two sequences, their rows side by side",
    value: {
      rows: [{ logits }, { logits: [3.1, 0.2, 0.4, -1] }, { logits: [0.1, 0.7, 0.2, 4] }],
      sequences: [
        { draft_token_ids: [1], seed: 7, history: [] },
        { draft_token_ids: [], seed: 8, history: [] },
      ],
      temperature: 0.8,
    },
  },
};

const beam: Examples = {
  first: {
    summary: "The first step: one row becomes two beams",
    value: {
      rows: [{ logits }],
      beam: { rule: "transformers", num_beams: 2, end_token_ids: [3], max_tokens: 16 },
    },
  },
};

const resample: Examples = {
  particles: {
    summary: "Three sequences, of which the last has lost its weight",
    value: { log_weights: [-0.2, -1.5, null], seed: 7, step: 3 },
  },
};

const inspectGrammar: Examples = {
  schema: {
    summary: "A JSON schema, and the beginning of a text",
    value: {
      grammar: {
        json_schema: {
          type: "object",
          properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
          required: ["name"],
          additionalProperties: false,
        },
      },
      text: '{"name":"Ada",',
    },
  },
};

const replay: Examples = {
  claim: {
    summary: "A step, and the token that was drawn from it",
    value: { rows: [{ logits, token_id: 1, seed: 7, step: 0, temperature: 0.8, history: [] }] },
  },
};

const detectWatermark: Examples = {
  text: {
    summary: "One text, marked with the key named main",
    value: { scheme: "gumbel", key: "main", token_ids: [3, 1, 4, 1, 5, 9, 2, 6], prompt_length: 2 },
  },
};

const compare: Examples = {
  hosts: {
    summary: "The same settings on two hosts",
    value: { logits, compare: ["default", "llama.cpp"], temperature: 1.5, top_p: 0.8, seed: 7 },
  },
  own: {
    summary: "A host against a chain of your own",
    value: {
      logits,
      compare: ["vllm", { name: "mine", chain: [{ stage: "min_p", min_p: 0.2 }] }],
      temperature: 0.5,
      seed: 7,
    },
  },
};

const probabilities: Examples = {
  decision: {
    summary: "Three classes, and a decision at 95 %",
    value: { logits: [8.2, 1.5, 0.3], labels, threshold: 0.95 },
  },
  binary: {
    summary: "One logit: the binary case",
    value: { logits: [2.95], labels: ["attack"], threshold: 0.95 },
  },
  many: {
    summary: "Many rows",
    value: { rows: [{ logits: ternary }, { logits: [0.2, 0.1, 3] }], temperature: 1.3 },
  },
};

const score: Examples = {
  rows: {
    summary: "Two rows and the classes that came",
    value: {
      rows: [
        { logits: ternary, target: 0 },
        { logits: ternary, target: 1 },
      ],
    },
  },
};

const diagnose: Examples = {
  torn: {
    summary: "A row that cannot decide",
    value: { logits: [2.1, 2, -1.2], labels, target: 1 },
  },
  wrong: {
    summary: "Confidently wrong",
    value: { logits: [8.2, 1.5, 0.3], labels, target: 1 },
  },
};

const calibrate: Examples = {
  rows: {
    summary: "Four rows of a model that is too sure",
    value: {
      rows: [
        { logits: [4, 0], target: 0 },
        { logits: [3, 0], target: 0 },
        { logits: [5, 0], target: 1 },
        { logits: [0, 2], target: 1 },
      ],
      bins: 2,
      resamples: 0,
    },
  },
};

const baseline: Examples = {
  clean: {
    summary: "Ten clean rows",
    value: { rows: CLEAN.map((each) => ({ logits: each })), false_positive_rate: 0.1 },
  },
};

const stream: Examples = {
  lines: {
    summary: "Options, then a row a line",
    value: [{ seed: 7, temperature: 0.8 }, { logits }, { logits: [0.5, 0.1, 2.2, 1.9] }]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(""),
  },
};

const infer: Examples = {
  token: {
    summary: "One row of FP32",
    value: {
      id: "42",
      inputs: [{ name: "logits", shape: [1, 4], datatype: "FP32", data: logits }],
      parameters: { temperature: 0.8, top_k: 2, seed: 7, step: 3 },
      outputs: [{ name: "token_id" }],
    },
  },
};

const registerRegion: Examples = {
  file: { summary: "The whole of /dev/shm/logits", value: { key: "/logits", byte_size: 16 } },
};

/** By operation. */
const commonTokens: Examples = {
  draft: {
    summary: "A draft in the ids of the target: here both are the demo's",
    value: { vocabulary: "demo", draft_vocabulary: "demo", draft_token_ids: [300, 412] },
  },
};

export const REQUEST_EXAMPLES: Readonly<Record<string, Examples>> = {
  sample,
  sampleBatch,
  verify,
  verifyBatch,
  beam,
  resample,
  inspectGrammar,
  commonTokens,
  replay,
  detectWatermark,
  stream,
  compare,
  probabilities,
  score,
  diagnose,
  calibrate,
  baseline,
  infer,
  registerRegion,
};
