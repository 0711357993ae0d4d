/** Writes the answer to an inference: JSON, and behind it the outputs that were wanted as bytes. */
import { Buffer } from "node:buffer";
import type { Problem } from "../../errors.ts";
import { SYSTEM_FINGERPRINT } from "../../sampling/fingerprint.ts";
import { MODEL } from "../../schemas/v2.ts";
import { type OutputDatatype, writeBytes } from "./datatypes.ts";
import type { OutputTensor, OutputValue } from "./outputs.ts";

export interface InferReply {
  readonly body: Buffer | string;
  /** bytes of JSON in front of the tensors; undefined when the body is nothing but JSON */
  readonly header_bytes: number | undefined;
}

/** `binary` says of each output whether it goes behind the JSON. */
export function writeInferReply(
  id: string | undefined,
  tensors: readonly OutputTensor[],
  binary: readonly boolean[],
): InferReply {
  const blobs: Buffer[] = [];
  const outputs = tensors.map(({ name, datatype, shape, values }, index) => {
    if (!binary[index])
      return { name, datatype, shape, data: values.map((value) => jsonOf(datatype, value)) };
    const bytes = writeBytes(datatype, values.map(orMinusInfinity));
    blobs.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const text = JSON.stringify({
    ...(id !== undefined && { id }),
    model_name: MODEL.name,
    model_version: MODEL.version,
    parameters: { system_fingerprint: SYSTEM_FINGERPRINT },
    outputs,
  });
  if (blobs.length === 0) return { body: text, header_bytes: undefined };
  const json = Buffer.from(text);
  return { body: Buffer.concat([json, ...blobs]), header_bytes: json.length };
}

function orMinusInfinity(value: OutputValue): number | string {
  return value ?? Number.NEGATIVE_INFINITY;
}

/** The same value that the bytes would hold. */
function jsonOf(datatype: OutputDatatype, value: OutputValue): OutputValue {
  return datatype === "FP32" && typeof value === "number" ? Math.fround(value) : value;
}

/** The text of an error, as Triton's and KServe's clients look for it. */
export function writeInferError({ message }: Problem): string {
  return JSON.stringify({ error: message });
}

/** The protocol knows one status for what is wrong with a request that could be read. */
export function inferErrorStatus({ status }: Problem): number {
  return status === 422 ? 400 : status;
}
