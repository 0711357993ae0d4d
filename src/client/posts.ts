/** The bodies of requests: bytes where rows allow it, JSON otherwise. */
import type { Post } from "./http.ts";
import type { StepRequestOptions } from "./options.ts";
import {
  alike,
  denseRows,
  joined,
  jsonFields,
  type PackedLogits,
  type StepLogits,
  sourcesOf,
} from "./row.ts";

/** A row of a batch, with options of its own over the shared ones. */
export interface BatchRow extends StepRequestOptions {
  readonly logits: StepLogits;
}

/** The rows of one step with its options. With a seed the same bytes would come again. */
export function stepPost(
  path: string,
  logits: StepLogits,
  options: { readonly sources?: readonly object[]; readonly seed?: unknown },
): Post {
  const seeded = options.seed !== undefined;
  const rows = denseRows(logits);
  const tensor = rows && alike(rows);
  if (rows === undefined || tensor === undefined)
    return jsonPost(path, { ...options, ...jsonFields(logits, options.sources) }, seeded);
  const { dtype, elements } = tensor;
  const shape = sourcesOf(logits) && { shape: [rows.length, elements] };
  return binaryPost(path, { dtype, ...shape, ...options }, rows, seeded);
}

export function jsonPost(path: string, body: unknown, seeded: boolean): Post {
  return { path, headers: { "content-type": "application/json" }, body: JSON.stringify(body), seeded };
}

/** Rows of bytes, one after the other, with their JSON header in front. */
export function binaryPost(path: string, head: object, rows: readonly PackedLogits[], seeded: boolean): Post {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(text.length),
  };
  return { path, headers, body: joined([text, ...rows.map(({ bytes }) => bytes)]), seeded };
}

/** Rows of one form and length go as one tensor, any others as JSON. */
export function batchPost(path: string, rows: readonly BatchRow[], shared: object, seeded: boolean): Post {
  const steps = rows.map(({ logits }) => denseRows(logits));
  const packed = steps.flatMap((step) => step ?? []);
  const counts = new Set(rows.map(({ logits }) => sourcesOf(logits)?.length));
  const tensor = steps.includes(undefined) || counts.size > 1 ? undefined : alike(packed);
  if (tensor === undefined) return jsonPost(path, { ...shared, rows: rows.map(jsonRow) }, seeded);
  const { dtype, elements } = tensor;
  const [sources] = counts;
  const shape = [rows.length, ...(sources === undefined ? [] : [sources]), elements];
  const own = rows.map(({ logits: _, ...options }) => options);
  return binaryPost(path, { dtype, shape, ...shared, rows: own }, packed, seeded);
}

function jsonRow({ logits, sources, ...options }: BatchRow): object {
  return { ...options, ...jsonFields(logits, sources) };
}
