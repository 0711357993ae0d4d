/**
 * The same step written three ways: as a binary tensor after a JSON header, as JSON numbers, and as JSON
 * with the tensor in base64. The service answers all three with the same token. Rows are float32 in the byte
 * order of this machine; the wire is little-endian, as every machine that Node runs a model on is.
 */

import type { Rows } from "./model.ts";
import { listOf } from "./sources.ts";

/** Options of one step as they stand on the wire, without the row. */
export type StepFields = Readonly<Record<string, unknown>>;

export interface EncodedStep {
  readonly headers: Readonly<Record<string, string>>;
  /** pieces of the body in order; the row is not copied for the binary form */
  readonly parts: readonly Uint8Array[];
}

export const ROW_FORMATS = { binary, json, base64 } as const;

export type RowFormat = keyof typeof ROW_FORMATS;

function binary(logits: Rows, fields: StepFields): EncodedStep {
  const { list, shape } = listOf(logits);
  const header = Buffer.from(JSON.stringify({ dtype: "f32", ...(shape && { shape }), ...fields }));
  return {
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(header.length),
    },
    parts: [header, ...list.map(bytesOf)],
  };
}

function json(logits: Rows, fields: StepFields): EncodedStep {
  return jsonBody({ ...fields, ...inJson(logits, (row) => Array.from(row)) });
}

function base64(logits: Rows, fields: StepFields): EncodedStep {
  return jsonBody({
    ...fields,
    ...inJson(logits, (row) => ({ dtype: "f32", data: bytesOf(row).toString("base64") })),
  });
}

/** One row stands at `logits`, several each in an object of `sources`. */
function inJson(logits: Rows, write: (row: Float32Array) => unknown): object {
  const { list, shape } = listOf(logits);
  const [first] = list as readonly [Float32Array]; // a step has a row
  return shape === undefined
    ? { logits: write(first) }
    : { sources: list.map((row) => ({ logits: write(row) })) };
}

function jsonBody(body: unknown): EncodedStep {
  return { headers: { "content-type": "application/json" }, parts: [Buffer.from(JSON.stringify(body))] };
}

function bytesOf(row: Float32Array): Buffer {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength);
}
