/**
 * Converts elements of the protocol's tensors (little-endian bytes, or JSON) to values and back. Logits go straight to
 * kernel memory, except small ones in JSON.
 */
import { Buffer } from "node:buffer";
import { Problem, show } from "../../errors.ts";
import type { Datatype } from "../../schemas/v2.ts";

/** An integer of more than 53 bits is text. */
export type Element = number | boolean | string;

/** Smallest and largest value of the integer types that JSON numbers can hold. */
const RANGES: Partial<Readonly<Record<Datatype, readonly [number, number]>>> = {
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** Reads `count` elements. Throws a Problem when the number of bytes is wrong or the type is not supported. */
export function readBytes(datatype: Datatype, bytes: Uint8Array, count: number, pointer: string): Element[] {
  if (datatype === "BYTES") return readTexts(bytes, count, pointer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = reader(datatype, view, pointer);
  return Array.from({ length: count }, (_, index) => read(index));
}

function reader(datatype: Datatype, view: DataView, pointer: string): (index: number) => Element {
  switch (datatype) {
    case "BOOL":
      return (index) => view.getUint8(index) !== 0;
    case "UINT8":
      return (index) => view.getUint8(index);
    case "UINT16":
      return (index) => view.getUint16(2 * index, true);
    case "UINT32":
      return (index) => view.getUint32(4 * index, true);
    case "UINT64":
      return (index) => shortened(view.getBigUint64(8 * index, true));
    case "INT8":
      return (index) => view.getInt8(index);
    case "INT16":
      return (index) => view.getInt16(2 * index, true);
    case "INT32":
      return (index) => view.getInt32(4 * index, true);
    case "INT64":
      return (index) => shortened(view.getBigInt64(8 * index, true));
    case "FP32":
      return (index) => view.getFloat32(4 * index, true);
    case "FP64":
      return (index) => view.getFloat64(8 * index, true);
    default:
      throw new Problem(
        "invalid_option",
        `${datatype} is taken for logits only; send FP32 or FP64`,
        `${pointer}/datatype`,
      );
  }
}

function shortened(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** UTF-8 texts, each preceded by its length as a u32. */
function readTexts(bytes: Uint8Array, count: number, pointer: string): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  let at = 0;
  while (at + 4 <= buffer.length && texts.length < count) {
    const end = at + 4 + buffer.readUInt32LE(at);
    if (end > buffer.length) break;
    texts.push(buffer.toString("utf8", at + 4, end));
    at = end;
  }
  if (texts.length === count && at === buffer.length) return texts;
  throw new Problem(
    "length_mismatch",
    `the data must hold ${count} elements of BYTES, each behind its length in 4 bytes`,
    pointer,
  );
}

/** Reads the elements of `data`, flat or nested. */
export function readData(datatype: Datatype, data: unknown, count: number, pointer: string): Element[] {
  if (datatype === "FP16" || datatype === "BF16")
    throw new Problem("invalid_option", `${datatype} must be sent as binary data, not in JSON`, pointer);
  const listed: unknown[] = Array.isArray(data) ? data.flat(DEPTH_MAX) : [data];
  const flat = RANGES[datatype] === undefined && datatype !== "BYTES" ? listed.map(orInfinite) : listed;
  if (flat.length !== count)
    throw new Problem("length_mismatch", `data must hold ${count} elements, got ${flat.length}`, pointer);
  const index = flat.findIndex((value) => !isElement(datatype, value));
  if (index < 0) return flat as Element[]; // each was looked at
  throw new Problem(
    "invalid_option",
    `data must be of ${datatype}, got ${show(flat[index])} at index ${index}`,
    pointer,
  );
}

/** −∞ as text, for JSON writers that cannot express it. */
function orInfinite(value: unknown): unknown {
  return value === "-Infinity" || value === "-inf" ? Number.NEGATIVE_INFINITY : value;
}

/** No tensor has more than two dimensions. */
const DEPTH_MAX = 2;

function isElement(datatype: Datatype, value: unknown): boolean {
  if (datatype === "BOOL") return typeof value === "boolean";
  if (datatype === "BYTES") return typeof value === "string";
  const range = RANGES[datatype];
  if (range === undefined) return typeof value === "number";
  return Number.isInteger(value) && (value as number) >= range[0] && (value as number) <= range[1];
}

/** The bytes of an output's elements. */
export function writeBytes(datatype: OutputDatatype, values: readonly (number | string)[]): Buffer {
  if (datatype === "BYTES") return Buffer.concat(values.map((value) => lengthPrefixed(String(value))));
  const size = datatype === "INT64" ? 8 : 4;
  const bytes = Buffer.alloc(values.length * size);
  for (const [index, value] of values.entries())
    if (datatype === "INT32") bytes.writeInt32LE(Number(value), index * size);
    else if (datatype === "INT64") bytes.writeBigInt64LE(BigInt(value), index * size);
    else bytes.writeFloatLE(Number(value), index * size);
  return bytes;
}

/** Types that outputs have. */
export type OutputDatatype = "INT64" | "INT32" | "FP32" | "BYTES";

function lengthPrefixed(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(4 + length);
  bytes.writeUInt32LE(length, 0);
  bytes.write(text, 4);
  return bytes;
}
