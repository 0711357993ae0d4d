/** A dropped file → a row: .npy by its magic, .f32, .f16 and .bf16 as raw little-endian numbers, others as text. */
import { DTYPE_NAMES, DTYPES } from "../../../src/kernels/dtypes.ts";
import { isNpy, parseNpy } from "./npy.ts";
import { readText } from "./parse-text.ts";
import { plainReading, type Reading } from "./read/reading.ts";
import { countLogits, type Dtype, type PageRow, RowError } from "./row.ts";

/** Maximum size of a file in bytes: a row of a million float32 logits is 4 MB. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** The dtype for a file name extension. */
function dtypeOfName(ending: string): Dtype | undefined {
  return ending === "bin" ? "f32" : DTYPE_NAMES.find((name) => name === ending);
}

/**
 * Throws a RowError with the message to show. Of an array with several rows it takes the last one, which is for the
 * next token.
 */
export function parseRowFile(name: string, bytes: Uint8Array<ArrayBuffer>): Reading {
  if (bytes.length > FILE_BYTES_MAX)
    throw new RowError(`${name} has ${bytes.length} bytes; a file of up to ${FILE_BYTES_MAX} is read.`);
  if (isNpy(bytes)) {
    const { dtype, shape, bytes: body } = parseNpy(bytes);
    const vocab_size = shape.at(-1) ?? 1;
    const row_bytes = DTYPES[dtype].bytes * vocab_size;
    const rows = Math.round(body.length / row_bytes);
    const which = rows > 1 ? `, the last of ${rows} rows` : "";
    return plainReading(rawRow(body.slice(body.length - row_bytes), dtype), `a NumPy file${which}`);
  }
  const dtype = dtypeOfName(name.split(".").at(-1)?.toLowerCase() ?? "");
  if (dtype === undefined) return readText(new TextDecoder().decode(bytes));
  return plainReading(rawRow(bytes, dtype), `${dtype} numbers, little-endian`);
}

function rawRow(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): PageRow {
  const vocab_size = countLogits(bytes.length, dtype);
  return { dtype, bytes, vocab_size, text: "", history: [], prompt_length: 0, labelOf: () => undefined };
}
