/**
 * The same step written three ways: as a binary tensor behind a JSON header, as JSON numbers, and as JSON
 * with the tensor in base64. The service answers all three with the same token. Rows are float32 in the byte
 * order of this machine; the wire is little-endian, as every machine that Node runs a model on is.
 */

/** Options of one step as they stand on the wire, without the row. */
export type StepFields = Readonly<Record<string, unknown>>;

export interface EncodedStep {
  readonly headers: Readonly<Record<string, string>>;
  /** pieces of the body in order; the row is not copied for the binary form */
  readonly parts: readonly Uint8Array[];
}

export const ROW_FORMATS = { binary, json, base64 } as const;

export type RowFormat = keyof typeof ROW_FORMATS;

function binary(logits: Float32Array, fields: StepFields): EncodedStep {
  const header = Buffer.from(JSON.stringify({ dtype: "f32", ...fields }));
  return {
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(header.length),
    },
    parts: [header, bytesOf(logits)],
  };
}

function json(logits: Float32Array, fields: StepFields): EncodedStep {
  return jsonBody({ ...fields, logits: Array.from(logits) });
}

function base64(logits: Float32Array, fields: StepFields): EncodedStep {
  return jsonBody({ ...fields, logits: { dtype: "f32", data: bytesOf(logits).toString("base64") } });
}

function jsonBody(body: unknown): EncodedStep {
  return { headers: { "content-type": "application/json" }, parts: [Buffer.from(JSON.stringify(body))] };
}

function bytesOf(row: Float32Array): Buffer {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength);
}
