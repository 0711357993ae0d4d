/** A row of logits with the page's other knowledge of it: the texts of its tokens, and the text before it. */
import { alternatives } from "../../../src/errors.ts";
import { DTYPE_NAMES, DTYPES, type Dtype } from "../../../src/kernels/dtypes.ts";
import type { RowBytes } from "../api/client.ts";

export interface PageRow extends RowBytes {
  readonly vocab_size: number;
  /** the text before the token that is to be drawn; "" when unknown */
  readonly text: string;
  /** token ids so far, for penalties */
  readonly history: readonly number[];
  readonly prompt_length: number;
  /** true when the demo model made it, so that the service knows its tokens' texts */
  readonly is_of_demo?: boolean;
  /** text of a token; undefined when unknown */
  readonly labelOf: (token_id: number) => string | undefined;
}

export type { Dtype };

/** The number of logits in the bytes; throws a message when the length is not a multiple of an element. */
export function countLogits(bytes: number, dtype: Dtype): number {
  const size = DTYPES[dtype]?.bytes;
  if (size === undefined) throw new RowError(`A row is ${alternatives(DTYPE_NAMES)}, not ${dtype}.`);
  if (bytes === 0) throw new RowError("The row holds no logits.");
  if (bytes % size !== 0)
    throw new RowError(
      `${bytes} bytes are no whole number of ${dtype} logits, which take ${size} bytes each.`,
    );
  return bytes / size;
}

/** The error in a pasted or dropped row, as a message for the user. */
export class RowError extends Error {
  override readonly name = "RowError";
}

/** Maximum characters of a row in a link. */
const LINKED_MAX = 6000;

/** A float32 row as text that readText reads back to the bit; undefined when it is too long for a link. */
export function textOf({ dtype, bytes, vocab_size, labelOf }: PageRow): string | undefined {
  if (dtype !== "f32" || vocab_size > LINKED_MAX / 4) return undefined;
  const logits = new Float32Array(bytes.buffer, bytes.byteOffset, vocab_size);
  const lines = Array.from(logits, (logit, i) => {
    const label = labelOf(i);
    // nine digits distinguish all float32 values
    const number = Number.isFinite(logit) ? String(Number(logit.toPrecision(9))) : String(logit);
    return label === undefined ? number : `${JSON.stringify(label)}: ${number}`;
  });
  const text = logits.length > 1 || labelOf(0) !== undefined ? lines.join("\n") : `[${lines.join("")}]`;
  return text.length <= LINKED_MAX ? text : undefined;
}

/** A row of float32 logits. */
export function rowOfLogits(
  logits: Float32Array<ArrayBuffer>,
  labels: readonly (string | undefined)[] = [],
  text = "",
): PageRow {
  return {
    dtype: "f32",
    bytes: new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength),
    vocab_size: logits.length,
    text,
    history: [],
    prompt_length: 0,
    labelOf: (token_id) => labels[token_id],
  };
}
