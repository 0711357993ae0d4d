/**
 * The requests of the load tests: one for every way in which a row can be sent. All use the same sampling options and a
 * seed, so every reply of a scenario must have the same bytes.
 */
import { bf16Bytes, f16Bytes, f32Bytes, randomRow } from "./rows.ts";

export interface Scenario {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** number of rows in the body; 1 when absent */
  readonly rows?: number;
}

/** Rows in frames of POST /v1/stream, each sent after the token of the row before has arrived. */
export interface StreamScenario {
  readonly name: string;
  readonly dtype: string;
  readonly row: Buffer;
  readonly options: Readonly<Record<string, unknown>>;
  /** rows of one stream before the next is opened */
  readonly steps: number;
}

const SMALL = 32_000;
const LARGE = 128_256;
const SPARSE_PAIRS = 1024;
const BATCH_ROWS = 16;
const STREAM_STEPS = 500;

const OPTIONS = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: "7" };
const SAMPLING = { ...OPTIONS, step: 3 };

export function createScenarios(): Scenario[] {
  const small = randomRow(SMALL, 1);
  const large = randomRow(LARGE, 2);
  return [
    jsonScenario(`JSON numbers, ${SMALL}`, { ...SAMPLING, logits: Array.from(small) }),
    rowScenario(`f32, ${SMALL}`, "f32", f32Bytes(small)),
    rowScenario(`f32, ${LARGE}`, "f32", f32Bytes(large)),
    rowScenario(`f16, ${LARGE}`, "f16", f16Bytes(large)),
    rowScenario(`bf16, ${LARGE}`, "bf16", bf16Bytes(large)),
    jsonScenario(`sparse JSON, ${SPARSE_PAIRS} of ${LARGE}`, { ...SAMPLING, logits: largestPairs(large) }),
    batchScenario(`batch f16, ${BATCH_ROWS} x ${SMALL}`),
  ];
}

export function createStreamScenarios(): StreamScenario[] {
  return [SMALL, LARGE].map((size, i) => ({
    name: `stream, f32, ${size}`,
    dtype: "f32",
    row: f32Bytes(randomRow(size, i + 1)),
    options: OPTIONS,
    steps: STREAM_STEPS,
  }));
}

/** The whole body is one row; the options are in the query string. */
function rowScenario(name: string, dtype: string, body: Buffer): Scenario {
  const query = new URLSearchParams({ dtype });
  for (const [option, value] of Object.entries(SAMPLING)) query.set(option, String(value));
  return { name, path: `/v1/sample?${query}`, headers: { "content-type": "application/octet-stream" }, body };
}

function jsonScenario(name: string, value: unknown): Scenario {
  const body = Buffer.from(JSON.stringify(value));
  return { name, path: "/v1/sample", headers: { "content-type": "application/json" }, body };
}

function batchScenario(name: string): Scenario {
  const header = Buffer.from(JSON.stringify({ dtype: "f16", shape: [BATCH_ROWS, SMALL], ...SAMPLING }));
  const rows = Array.from({ length: BATCH_ROWS }, (_, i) => f16Bytes(randomRow(SMALL, 10 + i)));
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(header.length),
  };
  return {
    name,
    path: "/v1/sample/batch",
    headers,
    body: Buffer.concat([header, ...rows]),
    rows: BATCH_ROWS,
  };
}

/** The row of a host that keeps its logits on the GPU: the largest logits with their ids. */
function largestPairs(row: Float32Array): Record<string, unknown> {
  const token_ids = Array.from(row.keys())
    .sort((a, b) => row[b]! - row[a]!)
    .slice(0, SPARSE_PAIRS);
  return { token_ids, values: token_ids.map((id) => row[id]), vocab_size: row.length };
}
