/** The costliest requests that each route accepts with default settings, and some that it refuses. */
import { Buffer } from "node:buffer";
import { randomRow } from "../../evidence/rows.ts";
import { f32, frame, jsonMessage, type Message, tensorMessage } from "../message.ts";

export interface Costly {
  readonly route: string;
  readonly name: string;
  /** allowed statuses; a refusal names this setting */
  readonly refused_by?: string;
  /** in the short form too */
  readonly in_ci?: true;
  message(): Message;
}

const VOCAB_SIZE = 262_144;
const HISTORY = 1_048_575;

const ids = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));
const scattered = (i: number) => Math.imul(i + 1, 2654435761) >>> 0;
/** Nearly equal logits: no stage removes many tokens. */
const FLAT = f32(ids(VOCAB_SIZE, (i) => (scattered(i) >>> 8) / 2 ** 24));
const small = (rows: number, classes: number) => f32(randomRow(rows * classes, 4));
const history = (below: number) => ids(HISTORY, (i) => scattered(i) % below);
const stages = (count: number, options: object) => ids(count, () => 0).map(() => options);

const SAMPLE = "/v1/sample";
const BATCH = "/v1/sample/batch";
const INFER = "/v2/models/sampler/infer";

function step(fields: object, row: Uint8Array = FLAT): Message {
  return tensorMessage(SAMPLE, { seed: "1", ...fields }, row);
}

function batch(rows: number, length: number, fields: object): Message {
  return tensorMessage(BATCH, { shape: [rows, length], seed: "1", ...fields }, small(rows, length));
}

function infer(rows: number, length: number, parameters: object, extra: object = {}): Message {
  const bytes = small(rows, length);
  const logits = {
    name: "logits",
    datatype: "FP32",
    shape: [rows, length],
    parameters: { binary_data_size: bytes.length },
  };
  return tensorMessage(
    INFER,
    { inputs: [logits], parameters: { seed: "1", ...parameters }, ...extra },
    bytes,
  );
}

/** Rows whose targets are likely, though not always the likeliest. */
function analysis(task: string, rows: number, classes: number): Message {
  const targets = ids(rows, (i) => scattered(i) % classes);
  const values = randomRow(rows * classes, 4);
  targets.forEach((target, row) => {
    if (row % 3 > 0) values[row * classes + target]! += 4;
  });
  const with_targets = task === "score" || task === "calibrate" ? { targets } : {};
  return tensorMessage(`/v1/${task}`, { shape: [rows, classes], ...with_targets }, f32(values));
}

const LONG_HISTORY = { repetition_penalty: 1.1, dry_multiplier: 0.8 };

export const COSTLY: readonly Costly[] = [
  {
    route: SAMPLE,
    name: "one stage that sorts 262,144 tokens",
    in_ci: true,
    message: () => step({ tfs: 0.999999 }),
  },
  {
    route: SAMPLE,
    name: "15 typical_p over 262,144 tokens",
    message: () => step({ chain: stages(15, { stage: "typical_p", typical_p: 0.9999999 }) }),
  },
  {
    route: SAMPLE,
    name: "64 typical_p over 262,144 tokens",
    refused_by: "step_work_max",
    message: () => step({ chain: stages(64, { stage: "typical_p", typical_p: 0.9999999 }) }),
  },
  {
    route: SAMPLE,
    name: "64 top_p over 262,144 tokens",
    message: () => step({ chain: stages(64, { stage: "top_p", top_p: 0.999999 }) }),
  },
  {
    route: SAMPLE,
    name: "16,384 draws with 1,024 log-probabilities",
    in_ci: true,
    message: () => step({ n: 16_384, top_logprobs: 1024 }),
  },
  { route: SAMPLE, name: "16,384 draws, each once", message: () => step({ n: 16_384, replacement: false }) },
  { route: SAMPLE, name: "the ids of 262,144 tokens", message: () => step({ kept_token_ids: true }) },
  {
    route: SAMPLE,
    name: "a trace of five stages over 262,144 tokens",
    in_ci: true,
    message: () =>
      step({ trace: true, temperature: 0.8, top_k: 262_000, top_p: 0.9999, min_p: 1e-9, typical_p: 0.999 }),
  },
  {
    route: SAMPLE,
    name: "penalties and DRY over 1,048,575 tokens of history",
    message: () => step({ ...LONG_HISTORY, history: history(VOCAB_SIZE) }),
  },
  {
    route: SAMPLE,
    name: "64 no_repeat_ngram_size over a million tokens",
    refused_by: "step_work_max",
    message: () =>
      step({
        history: history(64),
        chain: stages(64, { stage: "no_repeat_ngram_size", no_repeat_ngram_size: 3 }),
      }),
  },
  {
    route: SAMPLE,
    name: "64 DRY over 500,000 tokens",
    refused_by: "step_work_max",
    message: () =>
      step({
        history: history(64).slice(0, 500_000),
        chain: stages(64, { stage: "dry", dry_multiplier: 0.8 }),
      }),
  },
  {
    route: BATCH,
    name: "[1024, 64] with a shared history of 1,048,575, penalties and DRY",
    in_ci: true,
    message: () => batch(1024, 64, { ...LONG_HISTORY, history: history(64) }),
  },
  {
    route: BATCH,
    name: "[1024, 1024] with 1,024 log-probabilities",
    message: () => batch(1024, 1024, { top_logprobs: 1024 }),
  },
  { route: BATCH, name: "[64, 131072], typical_p", message: () => batch(64, 131_072, { typical_p: 0.9999 }) },
  {
    route: BATCH,
    name: "1,024 rows of JSON with a shared history and seeds of their own",
    message: () =>
      jsonMessage(BATCH, {
        ...LONG_HISTORY,
        history: history(64),
        rows: ids(1024, (seed) => seed).map((seed) => ({ seed, logits: ids(64, (i) => i / 7) })),
      }),
  },
  {
    route: INFER,
    name: "[1024, 64] with a shared history of 1,048,575, penalties and DRY",
    in_ci: true,
    message: () => infer(1024, 64, { ...LONG_HISTORY, history: JSON.stringify(history(64)) }),
  },
  { route: INFER, name: "[64, 131072], typical_p", message: () => infer(64, 131_072, { typical_p: 0.9999 }) },
  {
    route: INFER,
    name: "[1024, 1024] with 1,024 log-probabilities",
    in_ci: true,
    message: () => infer(1024, 1024, { logprobs: true, top_logprobs: 1024 }),
  },
  ...(["score", "probabilities", "diagnose", "calibrate", "baseline"] as const).flatMap((task): Costly[] => [
    {
      route: `/v1/${task}`,
      name: "128 rows of 65,536",
      message: () => analysis(task, 128, 65_536),
    },
    {
      route: `/v1/${task}`,
      name: "65,536 rows of 16",
      ...(task === "score" && { in_ci: true }),
      message: () => analysis(task, 65_536, 16),
    },
  ]),
  {
    route: "/v1/probabilities",
    name: "one row of 262,144",
    message: () => tensorMessage("/v1/probabilities", { shape: [VOCAB_SIZE] }, FLAT),
  },
  {
    route: "/v1/compare",
    name: "16 arms of 4 stages over 262,144 tokens",
    in_ci: true,
    message: () =>
      tensorMessage(
        "/v1/compare",
        {
          seed: "1",
          compare: ids(16, (i) => i).map((i) => ({
            temperature: 1 + i / 100,
            top_k: 200_000 + i,
            top_p: 0.999 - i / 1000,
            min_p: 1e-9,
          })),
        },
        FLAT,
      ),
  },
  {
    route: "/v1/compare",
    name: "16 arms of 64 stages over 262,144 tokens",
    refused_by: "_work_max",
    message: () =>
      tensorMessage(
        "/v1/compare",
        {
          seed: "1",
          compare: ids(16, (i) => i).map((i) => ({
            chain: ids(64, (k) => k).map((k) => ({ stage: "top_p", top_p: 0.9 + (i * 64 + k) / 1e5 })),
          })),
        },
        FLAT,
      ),
  },
];

/** Frames of a stream: options, and rows that are sampled one after the other. */
export function costlyFrames(rows: number): Buffer {
  const open = frame({ seed: "1", typical_p: 0.9999, temperature: 0.9 });
  return Buffer.concat([open, ...ids(rows, () => 0).flatMap(() => [frame(FLAT)])]);
}
