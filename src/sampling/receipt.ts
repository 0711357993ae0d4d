/**
 * Receipts: a step described by two hashes. One is of the row, as little-endian float32; for a sparse row, of its ids,
 * values and bounds. The other is of the options, as sorted JSON, without those that do not affect the token. The reply has
 * seed, step, token and fingerprint next to them.
 */

import type { ReceiptOptions } from "./options/receipt-options.ts";
import { isSparse, type LogitsRow } from "./rows.ts";
import { sha256 } from "./sha256.ts";
import type { StepOptions } from "./step.ts";

/** SHA-256, as hexadecimal digits. */
export type Digest = (bytes: Uint8Array) => string;

export interface Receipt {
  readonly row: string;
  readonly options: string;
}

export function plainDigest(bytes: Uint8Array): string {
  return Array.from(sha256(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The rows must be unchanged. Several rows are represented by the hash of their concatenated hashes. */
export function receiptOf(rows: readonly LogitsRow[], asked: Asked, digest: Digest): Receipt {
  const hashes = rows.map((row) => digest(bytesOf(row)));
  const row = hashes.length === 1 ? (hashes[0] as string) : digest(new TextEncoder().encode(hashes.join("")));
  return { row, options: digest(new TextEncoder().encode(optionsText(asked))) };
}

function bytesOf(row: LogitsRow): Uint8Array {
  if (!isSparse(row)) {
    const { buffer, byteOffset, byteLength } = row.values.subarray(0, row.length);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const { token_ids, values, vocab_size, logsumexp, max_omitted } = row;
  const rest = [vocab_size, logsumexp, max_omitted].map((value) => value ?? Number.NaN);
  const parts = [Float64Array.from(token_ids), Float64Array.from(values), Float64Array.from(rest)];
  const bytes = new Uint8Array(8 * (token_ids.length + values.length + rest.length));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer), at);
    at += part.byteLength;
  }
  return bytes;
}

/** The parts of a step that its receipt covers. */
interface Asked extends Pick<StepOptions, "history" | "prompt_length" | "state"> {
  readonly receipt: ReceiptOptions;
}

function optionsText({ receipt: options, history, prompt_length, state }: Asked): string {
  return JSON.stringify(sorted({ options, history: Array.from(history), prompt_length, state }));
}

/** The same value with the names of every object sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
