/** The rules of a row of logits that a JSON Schema cannot state, written out plainly over the whole row. */

export type Fields = Readonly<Record<string, unknown>>;

/** The service under proof is configured with this limit for rows. */
export const VOCAB_SIZE_MAX = 8192;

export const DTYPE_BYTES: Readonly<Record<string, number>> = { f32: 4, f16: 2, bf16: 2 };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The length of the row at `logits`, or the reason why it is not a row. */
export function rowLength(logits: unknown): number | string {
  if (Array.isArray(logits)) return lengthOfNumbers(logits);
  if (!isFields(logits)) return "logits are neither a list nor an object";
  if ("data" in logits) return lengthOfPacked(logits);
  const { token_ids, values, vocab_size } = logits;
  if (!Array.isArray(token_ids) || !Array.isArray(values)) return "a sparse row has two lists";
  if (token_ids.length !== values.length) return "two lengths";
  if (new Set(token_ids).size !== token_ids.length) return "an id twice";
  if (typeof vocab_size === "number" && token_ids.some((id) => id >= vocab_size)) return "an id too large";
  const length = lengthOfNumbers(values);
  return typeof length === "string" ? length : Number(vocab_size ?? Number.POSITIVE_INFINITY);
}

function lengthOfNumbers(values: readonly unknown[]): number | string {
  if (values.length > VOCAB_SIZE_MAX) return "too many logits";
  // Bytes may hold +Infinity, text may not: in text, a number above the float32 range is more often a mistake.
  if (values.some((value) => typeof value === "number" && Math.fround(value) === Number.POSITIVE_INFINITY))
    return "too large a logit";
  return lengthOfFloats(values.map(logitOf));
}

/** JSON libraries write −∞ in several ways. */
function logitOf(value: unknown): number {
  if (value === "-Infinity" || value === "-inf") return Number.NEGATIVE_INFINITY;
  return typeof value === "number" ? Math.fround(value) : Number.NaN;
}

function lengthOfFloats(values: ArrayLike<number>): number | string {
  const list = Array.from(values);
  if (list.length === 0) return "no logits";
  if (list.some(Number.isNaN)) return "not a logit";
  if (list.every((value) => value === Number.NEGATIVE_INFINITY)) return "every logit is masked";
  return list.length;
}

function lengthOfPacked({ dtype, data }: Fields): number | string {
  if (typeof dtype !== "string") return "no dtype";
  if (typeof data !== "string" || !/^[\w+/-]*={0,2}$/.test(data)) return "not base64";
  const letters = data.replace(/=+$/, "");
  const padded = data.length !== letters.length;
  if (letters.length % 4 === 1 || (padded && data.length % 4 !== 0)) return "base64 of no whole bytes";
  return tensorLength(Buffer.from(letters, "base64"), dtype);
}

/** A tensor of one row. */
export function tensorLength(bytes: Uint8Array, dtype: string): number | string {
  const size = DTYPE_BYTES[dtype];
  if (size === undefined || bytes.length % size !== 0) return "not whole elements";
  if (bytes.length / size > VOCAB_SIZE_MAX) return "too many logits";
  return lengthOfFloats(floatsOf(bytes, dtype));
}

export function floatsOf(bytes: Uint8Array, dtype: string): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = DTYPE_BYTES[dtype] ?? 4;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    if (dtype === "f32") return view.getFloat32(4 * i, true);
    const word = view.getUint16(2 * i, true);
    return dtype === "f16" ? halfOf(word) : upperOf(word);
  });
}

function halfOf(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 10) & 0x1f;
  const fraction = word & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function upperOf(word: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, word * 65_536);
  return view.getFloat32(0);
}
