/** Draws tokens over HTTP: batches that repeat one row, each time with another step or another seed. */
import { Buffer } from "node:buffer";
import type { Connection } from "../connection.ts";
import { encode, f32, tensorMessage } from "../message.ts";
import type { Drawn } from "./chains.ts";

/** The step or the seed of a draw. */
export interface Key {
  readonly seed: string;
  readonly step: number;
}

/** Maximum elements of one batch: some megabytes of body. */
const BATCH_VALUES = 2 ** 19;
const BATCH_ROWS = 1024;

/** One token for every key, in order. */
export async function draw(
  connection: Connection,
  { row, chain, history = [] }: Omit<Drawn, "name">,
  keys: readonly Key[],
): Promise<number[]> {
  const rows_max = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_VALUES / row.length)));
  const bytes = f32(row);
  const token_ids: number[] = [];
  for (let at = 0; at < keys.length; at += rows_max) {
    const rows = keys.slice(at, at + rows_max);
    const header = { shape: [rows.length, row.length], chain, history, rows };
    const tensor = Buffer.concat(rows.map(() => bytes));
    const { status, body } = await connection.exchange(
      encode(tensorMessage("/v1/sample/batch", header, tensor)),
    );
    if (status !== 200) throw new Error(body);
    const { results } = JSON.parse(body) as { results: readonly { readonly token_id: number }[] };
    for (const { token_id } of results) token_ids.push(token_id);
  }
  return token_ids;
}

/** Many draws of one step: `n` of them, with replacement. */
export async function drawN(
  connection: Connection,
  { row, chain, history = [] }: Omit<Drawn, "name">,
  { seed, step }: Key,
  n: number,
): Promise<number[]> {
  const message = tensorMessage("/v1/sample", { chain, history, seed, step, n }, f32(row));
  const { status, body } = await connection.exchange(encode(message));
  if (status !== 200) throw new Error(body);
  const { draws } = JSON.parse(body) as { draws: readonly { readonly token_id: number }[] };
  return draws.map(({ token_id }) => token_id);
}

/** Consecutive steps of one seed. */
export function stepsOf(seed: number, count: number): Key[] {
  return Array.from({ length: count }, (_, step) => ({ seed: String(seed), step }));
}

/** One step of consecutive seeds. */
export function seedsFrom(seed: number, count: number): Key[] {
  return Array.from({ length: count }, (_, i) => ({ seed: String(seed + i), step: 5 }));
}

export function countsOf(token_ids: readonly number[], vocab_size: number): Float64Array {
  const counts = new Float64Array(vocab_size);
  for (const id of token_ids) counts[id]! += 1;
  return counts;
}
