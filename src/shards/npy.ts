/**
 * NumPy's npy: a header that is a Python literal, then the elements. An array of two dimensions or more holds rows along
 * its last; one of records, such as dtype([("target", "<i4"), ("logits", "<f4", (1000,))]), holds everything of a row
 * together, which is what a pipe needs. Source: numpy/lib/format.py, versions 1 to 3.
 */
import type { Bytes } from "./bytes.ts";
import { type Field, openColumns, type Records } from "./columns.ts";
import { type Dtype, ELEMENT_BYTES } from "./elements.ts";
import { PARTS, partOf, type Shard, type ShardOptions } from "./shard.ts";

export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const HEADER_BYTES_MAX = 2 ** 20;

const DTYPES: Readonly<Record<string, Dtype>> = {
  f8: "f64",
  f4: "f32",
  f2: "f16",
  i8: "i64",
  u8: "u64",
  i4: "i32",
  u4: "u32",
  i2: "i16",
  u2: "u16",
  i1: "i8",
  u1: "u8",
};

interface Header {
  readonly shape: readonly number[];
  /** of records; one of the whole row otherwise, with no name */
  readonly fields: readonly NpyField[];
}

interface NpyField {
  readonly name: string;
  readonly dtype: Dtype;
  readonly count: number;
}

/** Rows from here on; `targets` holds the classes that came, in a file of their own. */
export function openNpy(
  bytes: Bytes,
  options: ShardOptions,
  targets: Bytes | undefined,
  close: () => void,
): Shard {
  const header = readHeader(bytes);
  const records = recordsOf(bytes, header);
  const rows = rowsOf(header);
  const sources = targets === undefined ? [records] : [records, targetsOf(targets, rows)];
  return openColumns(sources, rows, options, close);
}

function rowsOf({ shape, fields }: Header): number {
  const along = fields[0]?.name === "" ? shape.slice(0, -1) : shape;
  return along.reduce((product, length) => product * length, 1);
}

function recordsOf(bytes: Bytes, { shape, fields }: Header): Records {
  const [first] = fields;
  if (fields.length === 1 && first?.name === "") {
    const per_row = shape.at(-1);
    if (shape.length < 2 || per_row === undefined)
      throw new Error(`must have a shape of [rows, classes] or more, got [${shape.join(", ")}]`);
    const field: Field = { part: "logits", dtype: first.dtype, per_row, offset: 0 };
    return { bytes, record_bytes: per_row * ELEMENT_BYTES[first.dtype], fields: [field] };
  }
  const known: Field[] = [];
  let offset = 0;
  for (const { name, dtype, count } of fields) {
    const part = partOf(name);
    if (part !== undefined) known.push({ part, dtype, per_row: count, offset });
    offset += count * ELEMENT_BYTES[dtype];
  }
  if (known.length === 0)
    throw new Error(
      `has none of the fields ${PARTS.join(", ")}, got ${fields.map(({ name }) => name).join(", ")}`,
    );
  return { bytes, record_bytes: offset, fields: known };
}

/** One class a row, whatever the shape. */
function targetsOf(bytes: Bytes, rows: number): Records {
  const { shape, fields } = readHeader(bytes);
  const count = shape.reduce((product, length) => product * length, 1);
  const [field] = fields;
  if (fields.length !== 1 || field === undefined || field.name !== "")
    throw new Error("targets must be an array of whole numbers, got records");
  if (count !== rows) throw new Error(`targets must hold one class a row, ${rows}, got ${count}`);
  const part: Field = { part: "target", dtype: field.dtype, per_row: 1, offset: 0 };
  return { bytes, record_bytes: ELEMENT_BYTES[field.dtype], fields: [part] };
}

function readHeader(bytes: Bytes): Header {
  const start = bytes.take(8);
  const major = start[6] ?? 0;
  if (!NPY_MAGIC.every((byte, i) => start[i] === byte) || major < 1 || major > 3)
    throw new Error("is no npy file of version 1 to 3");
  const size = bytes.take(major === 1 ? 2 : 4);
  const length = size.reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
  if (length > HEADER_BYTES_MAX)
    throw new Error(`has a header of ${length} bytes, at most ${HEADER_BYTES_MAX} are read`);
  const text = new TextDecoder().decode(bytes.take(length));
  return parseHeader(text);
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (10, 1000), }` */
function parseHeader(text: string): Header {
  const descr = /'descr':\s*('[^']*'|\[[^\]]*\])/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (descr === undefined || shape === undefined)
    throw new Error(`has a header that is not understood: ${text.trim()}`);
  if (/'fortran_order':\s*True/.test(text))
    throw new Error("is in Fortran order, where rows lie scattered: save np.ascontiguousarray(…)");
  return { shape: numbersOf(shape), fields: fieldsOf(descr) };
}

function fieldsOf(descr: string): NpyField[] {
  if (descr.startsWith("'")) return [{ name: "", dtype: dtypeOf(descr.slice(1, -1)), count: 1 }];
  const fields = [...descr.matchAll(/\(\s*'([^']*)',\s*'([^']*)'(?:,\s*\(([\d,\s]*)\))?\s*\)/g)];
  return fields.map(([, name = "", type = "", shape = ""]) => ({
    name,
    dtype: dtypeOf(type),
    count: numbersOf(shape).reduce((product, length) => product * length, 1),
  }));
}

function dtypeOf(type: string): Dtype {
  const [order, name] = [type[0], type.slice(1)];
  const dtype = Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
  if (dtype !== undefined && (order === "<" || order === "|" || ELEMENT_BYTES[dtype] === 1)) return dtype;
  throw new Error(
    `has elements of type ${type}; known are ${Object.keys(DTYPES)
      .map((each) => `<${each}`)
      .join(", ")}`,
  );
}

function numbersOf(list: string): number[] {
  return list
    .split(",")
    .map((each) => each.trim().replace("L", ""))
    .filter(Boolean)
    .map(Number);
}
