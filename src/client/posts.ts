/** The bodies of requests: bytes where rows allow it, JSON otherwise. */
import type { Post } from "./http.ts";
import { isSparse, joined, jsonOf, type Logits, type PackedLogits, packedOf } from "./row.ts";

/** One row with its options. `seeded`: the same bytes would come again. */
export function stepPost(path: string, logits: Logits, options: object, seeded: boolean): Post {
  if (isSparse(logits)) return jsonPost(path, { ...options, logits: jsonOf(logits) }, seeded);
  const row = packedOf(logits);
  return binaryPost(path, { dtype: row.dtype, ...options }, [row], seeded);
}

export function jsonPost(path: string, body: unknown, seeded: boolean): Post {
  return { path, headers: { "content-type": "application/json" }, body: JSON.stringify(body), seeded };
}

/** Rows of bytes, one behind the other, with their JSON header in front. */
export function binaryPost(path: string, head: object, rows: readonly PackedLogits[], seeded: boolean): Post {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(text.length),
  };
  return { path, headers, body: joined([text, ...rows.map(({ bytes }) => bytes)]), seeded };
}
