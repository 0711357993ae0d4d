/**
 * safetensors: the length of a header, its JSON, and the bytes of the tensors that it names. `logits` of two dimensions
 * or more holds rows along its last, `target` or `targets` a class for each. Source: huggingface/safetensors, README.
 */
import { Bytes } from "./bytes.ts";
import { openColumns, type Records } from "./columns.ts";
import { type Dtype, ELEMENT_BYTES } from "./elements.ts";
import { PARTS, type Part, partOf, type Shard, type ShardOptions } from "./shard.ts";

const HEADER_BYTES_MAX = 2 ** 26;

const DTYPES: Readonly<Record<string, Dtype>> = {
  F64: "f64",
  F32: "f32",
  F16: "f16",
  BF16: "bf16",
  I64: "i64",
  U64: "u64",
  I32: "i32",
  U32: "u32",
  I16: "i16",
  U16: "u16",
  I8: "i8",
  U8: "u8",
};

interface Tensor {
  readonly part: Part;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export function openSafetensors(file: number, options: ShardOptions, close: () => void): Shard {
  const start = new Bytes(file, 0);
  const view = new DataView(start.take(8).slice().buffer);
  const length = view.byteLength === 8 ? Number(view.getBigUint64(0, true)) : Number.NaN;
  if (!(length <= HEADER_BYTES_MAX))
    throw new Error(`is no safetensors file: its header would have ${length} bytes`);
  const tensors = tensorsOf(new TextDecoder().decode(start.take(length)));
  const rows = rowsOf(tensors);
  const sources = tensors.map((tensor) => recordsOf(file, 8 + length, tensor, rows));
  return openColumns(sources, rows, options, close);
}

function tensorsOf(text: string): Tensor[] {
  const header: unknown = JSON.parse(text);
  if (typeof header !== "object" || header === null)
    throw new Error("is no safetensors file: its header is no object");
  const tensors: Tensor[] = [];
  for (const [name, told] of Object.entries(header)) {
    const part = partOf(name);
    if (part !== undefined) tensors.push(tensorOf(name, part, told));
  }
  if (tensors.length === 0)
    throw new Error(`has none of the tensors ${PARTS.join(", ")}, got ${Object.keys(header).join(", ")}`);
  return tensors;
}

function tensorOf(name: string, part: Part, told: unknown): Tensor {
  const { dtype: type, shape, data_offsets } = told as Readonly<Record<string, unknown>>; // checked below
  const dtype = typeof type === "string" && Object.hasOwn(DTYPES, type) ? DTYPES[type] : undefined;
  if (dtype === undefined)
    throw new Error(`has ${name} of type ${String(type)}; known are ${Object.keys(DTYPES).join(", ")}`);
  const [begin, end] = wholes(data_offsets, name);
  const lengths = wholes(shape, name);
  const bytes = lengths.reduce((product, length) => product * length, ELEMENT_BYTES[dtype]);
  if (begin === undefined || end === undefined || end - begin !== bytes)
    throw new Error(`has ${name} of shape [${lengths.join(", ")}], which is ${bytes} bytes, in others`);
  return { part, dtype, shape: lengths, begin, end };
}

function wholes(list: unknown, name: string): number[] {
  if (Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0))
    return list as number[];
  throw new Error(`describes ${name} in a way that is not understood`);
}

/** The product of all dimensions but the last of the tensor that holds the rows. */
function rowsOf(tensors: readonly Tensor[]): number {
  const widest = tensors.find(({ part }) => part === "logits" || part === "token_ids");
  if (widest === undefined) throw new Error("holds no rows: it has neither logits nor token_ids");
  if (widest.shape.length < 2)
    throw new Error(
      `must have ${widest.part} of shape [rows, classes] or more, got [${widest.shape.join(", ")}]`,
    );
  return widest.shape.slice(0, -1).reduce((product, length) => product * length, 1);
}

function recordsOf(
  file: number,
  data: number,
  { part, dtype, shape, begin, end }: Tensor,
  rows: number,
): Records {
  const elements = shape.reduce((product, length) => product * length, 1);
  const per_row = rows === 0 ? 1 : elements / rows;
  if (!Number.isInteger(per_row))
    throw new Error(`must have one entry of ${part} for each of ${rows} rows, got [${shape.join(", ")}]`);
  return {
    bytes: new Bytes(file, data + begin, data + end),
    record_bytes: per_row * ELEMENT_BYTES[dtype],
    fields: [{ part, dtype, per_row, offset: 0 }],
  };
}
