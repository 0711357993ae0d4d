/** The body of a request to this service, or of a batch: its row, the texts of its tokens, and its options. */
import { bytesOf } from "../base64.ts";
import { countLogits, type Dtype, type PageRow, RowError, rowOfLogits } from "../row.ts";
import { isBranch } from "./alternatives.ts";
import { doubtOf } from "./candidate.ts";
import type { Branch, Tree } from "./literal.ts";
import type { Reading } from "./reading.ts";

export function readRequest(tree: Tree, position: number): Reading | undefined {
  if (!isBranch(tree)) return undefined;
  const rows = tree.entries.get("rows");
  if (Array.isArray(rows) && rows.some((row) => isBranch(row) && row.entries.has("logits")))
    return ofBatch(tree, rows, position);
  const logits = tree.entries.get("logits");
  return logits === undefined ? undefined : ofBody(tree.entries, logits);
}

/** Options beside the rows of a batch apply to all rows; a row's own options take precedence. */
function ofBatch({ entries }: Branch, rows: readonly Tree[], position: number): Reading {
  const at = Math.min(position, rows.length - 1);
  const row = rows[at];
  const own = row !== undefined && isBranch(row) ? row.entries : new Map<string, Tree>();
  const shared = [...entries].filter(([name]) => name !== "rows");
  const reading = ofBody(new Map([...shared, ...own]), own.get("logits") ?? null);
  return {
    ...reading,
    how: `row ${at + 1} of ${rows.length} of a batch: ${reading.how}`,
    positions: rows.length,
    position: at,
  };
}

function ofBody(entries: ReadonlyMap<string, Tree>, logits: Tree): Reading {
  const labels = entries.get("labels");
  const named = Array.isArray(labels) ? labels.map(String) : [];
  const row = Array.isArray(logits) ? dense(logits, named) : isBranch(logits) ? inBranch(logits) : undefined;
  if (row === undefined)
    throw new RowError("The request's logits are neither a list of numbers nor packed nor sparse.");
  const others = [...entries].filter(([name]) => name !== "logits" && name !== "labels");
  return {
    row,
    how: `a request with ${row.vocab_size} logits`,
    doubt: Array.isArray(logits) ? doubtOf(logits.filter((x) => typeof x === "number")) : "",
    positions: 1,
    position: 0,
    options: Object.fromEntries(others.map(([name, value]) => [name, plain(value)])),
  };
}

function dense(logits: readonly Tree[], labels: readonly string[]): PageRow {
  const wrong = logits.findIndex((value) => typeof value !== "number");
  if (wrong >= 0)
    throw new RowError(
      `Number ${wrong + 1} of logits is ${String(logits[wrong])}; write -Infinity for a token that cannot come.`,
    );
  return rowOfLogits(Float32Array.from(logits, Number), labels);
}

/** Packed in base64; or sparse, that is the given tokens by their ids. */
function inBranch({ entries }: Branch): PageRow | undefined {
  const [ids, values, data] = ["token_ids", "values", "data"].map((name) => entries.get(name));
  if (Array.isArray(ids) && Array.isArray(values) && ids.length === values.length)
    return dense(values, ids.map(String));
  if (typeof data !== "string") return undefined;
  const dtype = String(entries.get("dtype") ?? "f32") as Dtype; // countLogits refuses what is none
  const bytes = decoded(data);
  return { ...rowOfLogits(new Float32Array(0)), dtype, bytes, vocab_size: countLogits(bytes.length, dtype) };
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return bytesOf(base64);
  } catch {
    throw new RowError("The request's packed logits are not base64.");
  }
}

/** The tree as JSON.parse would return it. */
function plain(tree: Tree): unknown {
  if (Array.isArray(tree)) return tree.map(plain);
  if (!isBranch(tree)) return tree;
  return Object.fromEntries([...tree.entries].map(([name, child]) => [name, plain(child)]));
}
