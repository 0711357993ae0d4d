/** Opens bodies for tests: a small sampler, a context with limits, and bytes in pieces of any size. */
import { Problem } from "../../src/errors.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { openBatchTensor } from "../../src/wire/batch-body.ts";
import type { WireLimits } from "../../src/wire/limits.ts";
import { writeSampled } from "../../src/wire/reply.ts";
import { openStepTensor } from "../../src/wire/step-body.ts";
import type { StepReader, WireContext } from "../../src/wire/step-reader.ts";

const LIMITS: WireLimits = {
  vocab_size_max: 4096,
  batch_rows_max: 8,
  json_text_bytes_max: 4096,
  options: DEFAULT_OPTION_LIMITS,
};

const sampler = createSampler({ vocab_size_max: LIMITS.vocab_size_max, rows_max: 1 });
const row = sampler.leaseRow();
if (row === undefined) throw new Error("a new sampler has a row");

export const CONTEXT: WireContext = { limits: LIMITS, lease: () => row };

type Open = (context: WireContext) => StepReader;

/** The bytes in pieces of `size`; 0: in one piece. */
export function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  if (size === 0) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

/** The results of a body: the text of every reply, or the problem in its place. Throws the body's own problem. */
export function answers(open: Open, body: string | Uint8Array, size = 0): (string | Problem)[] {
  const reader = open(CONTEXT);
  const texts: (string | Problem)[] = [];
  const take = () => {
    for (let step = reader.next(); step !== undefined; step = reader.next())
      texts.push(step instanceof Problem ? step : writeSampled(sampler.sample(step.rows, step.options)));
  };
  for (const piece of pieces(typeof body === "string" ? Buffer.from(body) : body, size)) {
    const chunk = Uint8Array.from(piece);
    reader.write(chunk);
    take();
    // Its memory is reused for the next chunk, so no reader may use it again.
    chunk.fill(0xff);
  }
  reader.end();
  take();
  return texts;
}

/** Code, pointer and message of the problem of a whole body. */
export function refusal(open: Open, body: string | Uint8Array, size = 0): [string, string, string] {
  try {
    answers(open, body, size);
  } catch (error) {
    if (error instanceof Problem) return [error.code, error.pointer, error.message];
    throw error;
  }
  throw new Error("the body was taken");
}

export function bytesOf(values: ArrayLike<number>): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

export type Fields = Readonly<Record<string, unknown>>;

/** The JSON header before a tensor. */
export const header = (fields: Fields) => Buffer.from(JSON.stringify(fields));

/** Opens a tensor of one step after a JSON header. */
export const behind = (fields: Fields) => (context: WireContext) =>
  openStepTensor({ header_bytes: header(fields).length, query: {} }, context);

/** Opens a tensor of one step with its options in the query string. */
export const byQuery = (query: Fields) => (context: WireContext) =>
  openStepTensor({ header_bytes: undefined, query: { dtype: "f32", ...query } }, context);

/** Opens a tensor of many steps after a JSON header. */
export const batchBehind = (fields: Fields) => (context: WireContext) =>
  openBatchTensor({ header_bytes: header(fields).length, query: {} }, context);
