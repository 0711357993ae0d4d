/** Writes the reply to an inference: JSON, then the outputs that were requested as bytes. */
import { Buffer } from "node:buffer";
import type { Problem } from "../../errors.ts";
import { SYSTEM_FINGERPRINT } from "../../sampling/fingerprint.ts";
import { MODEL } from "../../schemas/v2.ts";
import { TextPieces, writeListInPieces } from "../json/pieces.ts";
import { type OutputDatatype, writeBytes } from "./datatypes.ts";
import type { OutputTensor, OutputValue } from "./outputs.ts";

export interface InferReply {
  readonly body: Buffer | string;
  /** bytes of JSON before the tensors; undefined when the body is JSON only */
  readonly header_bytes: number | undefined;
}

/** Values that are written as bytes between two pauses. */
const PIECE_VALUES = 4096;

/** `binary`: for each output, whether it follows the JSON as bytes. Pauses when there is much to write. */
export function* writeInferReply(
  id: string | undefined,
  tensors: readonly OutputTensor[],
  binary: readonly boolean[],
): Generator<undefined, InferReply> {
  const text = new TextPieces();
  const blobs: Buffer[] = [];
  const head = {
    ...(id !== undefined && { id }),
    model_name: MODEL.name,
    model_version: MODEL.version,
    parameters: { system_fingerprint: SYSTEM_FINGERPRINT },
  };
  text.add(`${JSON.stringify(head).slice(0, -1)},"outputs":[`);
  for (const [index, { name, datatype, shape, values }] of tensors.entries()) {
    const begun = `${index > 0 ? "," : ""}${JSON.stringify({ name, datatype, shape }).slice(0, -1)}`;
    if (binary[index]) {
      const bytes = yield* bytesOf(datatype, values);
      blobs.push(bytes);
      text.add(`${begun},"parameters":{"binary_data_size":${bytes.length}}}`);
    } else {
      text.add(`${begun},"data":`);
      yield* writeListInPieces(values, text, (value) => jsonOf(datatype, value));
      text.add("}");
    }
  }
  text.add("]}");
  return joined(text, blobs);
}

function joined(text: TextPieces, blobs: readonly Buffer[]): InferReply {
  const json = text.all();
  if (blobs.length === 0) {
    const body = typeof json === "string" ? json : Buffer.concat(json);
    return { body, header_bytes: undefined };
  }
  const pieces = typeof json === "string" ? [Buffer.from(json)] : json;
  const header_bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return { body: Buffer.concat([...pieces, ...blobs]), header_bytes };
}

function* bytesOf(datatype: OutputDatatype, values: readonly OutputValue[]): Generator<undefined, Buffer> {
  if (values.length <= PIECE_VALUES) return writeBytes(datatype, values.map(orMinusInfinity));
  const pieces: Buffer[] = [];
  for (let from = 0; from < values.length; from += PIECE_VALUES) {
    pieces.push(writeBytes(datatype, values.slice(from, from + PIECE_VALUES).map(orMinusInfinity)));
    yield;
  }
  return Buffer.concat(pieces);
}

function orMinusInfinity(value: OutputValue): number | string {
  return value ?? Number.NEGATIVE_INFINITY;
}

/** The same value as in the bytes. */
function jsonOf(datatype: OutputDatatype, value: OutputValue): OutputValue {
  return datatype === "FP32" && typeof value === "number" ? Math.fround(value) : value;
}

/** The text of an error, in the place where Triton's and KServe's clients look for it. */
export function writeInferError({ message }: Problem): string {
  return JSON.stringify({ error: message });
}

/** The protocol has one status for all errors of a readable request. */
export function inferErrorStatus({ status }: Problem): number {
  return status === 422 ? 400 : status;
}
