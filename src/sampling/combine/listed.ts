/** One source of a combination with sparse rows: its logits by token id, and what is known of the omitted ones. */
import { exp, ln } from "../../kernels/float64.ts";
import type { Kernel, Row } from "../../kernels/kernel.ts";
import { isSparse, type LogitsRow, type SparseRow } from "../rows.ts";

export const MASKED = Number.NEGATIVE_INFINITY;
const UNBOUNDED = Number.POSITIVE_INFINITY;

export interface Listed {
  readonly temperature: number;
  /** the largest listed logit */
  readonly max: number;
  /** upper bound of the omitted logits; −Infinity when none is omitted */
  readonly bound: number;
  /** number of listed tokens */
  readonly size: number;
  /** The logit of a token; undefined when it is omitted. */
  at(token_id: number): number | undefined;
  /** The listed tokens. */
  ids(): Iterable<number>;
  /** ln Σ exp((x − max)/T) over the whole row when that is known, otherwise over the listed tokens. */
  logMass(): { readonly value: number; readonly is_known: boolean };
}

/** `vocab_size` cuts the row. */
export function listed(
  kernel: Kernel,
  row: LogitsRow,
  temperature: number,
  vocab_size: number | undefined,
): Listed {
  return isSparse(row) ? fromList(row, temperature, vocab_size) : fromRow(kernel, row, temperature);
}

function fromRow(kernel: Kernel, row: Row, temperature: number): Listed {
  const { values, length, max } = row;
  return {
    temperature,
    max,
    bound: MASKED,
    size: length,
    at: (id) => (id < length ? values[id] : MASKED),
    ids: () => Array.from({ length }, (_, id) => id),
    logMass: () => ({ value: kernel.logMass(row, temperature), is_known: true }),
  };
}

function fromList(row: SparseRow, temperature: number, cut = UNBOUNDED): Listed {
  const logits = new Map<number, number>();
  let max = MASKED;
  for (const [i, id] of row.token_ids.entries()) {
    const logit = row.values[i] as number; // there are as many
    if (id >= cut) continue;
    logits.set(id, logit);
    max = Math.max(max, logit);
  }
  const is_whole = logits.size >= Math.min(cut, row.vocab_size ?? UNBOUNDED);
  const told = temperature === 1 ? row.logsumexp : undefined;
  return {
    temperature,
    max,
    bound: is_whole ? MASKED : (row.max_omitted ?? UNBOUNDED),
    size: logits.size,
    at: (id) => logits.get(id) ?? (is_whole || id >= cut ? MASKED : undefined),
    ids: () => logits.keys(),
    logMass() {
      let sum = 0;
      for (const logit of logits.values()) sum += exp((logit - max) / temperature);
      const of_sent = ln(sum);
      const of_all = told === undefined ? of_sent : told - max;
      return { value: Math.max(of_all, of_sent), is_known: is_whole || told !== undefined };
    },
  };
}
