/**
 * NumPy's .npy files: magic, version, the length of a header, the header as a Python dictionary, then the array. Reads
 * little-endian float16, float32 and float64, in C order. Source: numpy.lib.format.
 */
import { type Dtype, RowError } from "./row.ts";

export interface NpyArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const DTYPES: Readonly<Record<string, Dtype | "f64">> = { "<f2": "f16", "<f4": "f32", "<f8": "f64" };

export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length > 10 && bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === "NUMPY";
}

/** Throws a RowError for arrays that cannot be rows of logits. */
export function parseNpy(bytes: Uint8Array<ArrayBuffer>): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const is_old = bytes[6] === 1; // version 1 has a header length of 2 bytes, later ones of 4
  const head_at = is_old ? 10 : 12;
  const head_bytes = is_old ? view.getUint16(8, true) : view.getUint32(8, true);
  const head = new TextDecoder().decode(bytes.subarray(head_at, head_at + head_bytes));
  const descr = /'descr':\s*'([^']+)'/.exec(head)?.[1] ?? "unknown";
  const dtype = DTYPES[descr];
  if (dtype === undefined)
    throw new RowError(`The array's type is ${descr}; a row is <f2, <f4 or <f8 (little-endian floats).`);
  if (/'fortran_order':\s*True/.test(head))
    throw new RowError("The array is in Fortran order; save it in C order.");
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(head)?.[1] ?? "")
    .split(",")
    .filter((part) => part.trim() !== "");
  const body = bytes.slice(head_at + head_bytes);
  return {
    dtype: dtype === "f64" ? "f32" : dtype,
    shape: shape.map(Number),
    bytes: dtype === "f64" ? narrowed(body) : body,
  };
}

function narrowed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const wide = new Float64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 8));
  return new Uint8Array(Float32Array.from(wide).buffer);
}
