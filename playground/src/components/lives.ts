/**
 * The contents of the funnel, computed from an answer: each followed token's probabilities, and the stage that removed
 * it.
 */
import type { Fate, TraceEntry } from "../api/wire.ts";
import type { Answer } from "../state/result.ts";
import { type Death, deathIn } from "./death.ts";

/** A stage that ran; stages that were skipped change nothing and have no column. */
export interface Column {
  readonly entry: TraceEntry;
  /** index of the stage in the sent chain */
  readonly place: number;
}

export interface Life {
  readonly token_id: number;
  readonly label: string | undefined;
  /** undefined: not among the followed tokens */
  readonly rank: number | undefined;
  readonly raw: number;
  /** probability after each column's stage, until the token is removed */
  readonly after: readonly number[];
  /** why it was removed; undefined when it was kept to the end */
  readonly death: Death | undefined;
  readonly is_drawn: boolean;
}

export interface Lives {
  readonly rows: readonly Life[];
  /** the largest probability in the funnel: bars are shares of it */
  readonly largest: number;
  readonly columns: number;
}

export function columnsOf({ sampled: { trace = [] } }: Answer): Column[] {
  return trace.map((entry, place) => ({ entry, place })).filter(({ entry }) => entry.skipped === undefined);
}

export function livesOf(of: Answer, columns: readonly Column[]): Lives {
  const fates = of.sampled.fates ?? [];
  const rows = of.followed.map((token_id, i): Life => {
    const fate = fates[i];
    const all = columns.map(({ entry }) => entry.named?.[i] ?? 0);
    const lived = columns.findIndex(
      ({ entry }) => entry.stage === fate?.removed_by && entry.named?.[i] === 0,
    );
    return {
      token_id,
      label: of.question.row.labelOf(token_id),
      rank: rankOf(of, i),
      raw: rawOf(of, i),
      after: lived < 0 ? all : all.slice(0, lived),
      death: deathOf(of, fate, columns),
      is_drawn: token_id === of.sampled.token_id,
    };
  });
  const largest = rows.reduce((max, life) => Math.max(max, life.raw, ...life.after), 1e-9);
  return { rows, largest, columns: columns.length };
}

function rankOf({ risen, sampled, followed }: Answer, i: number): number | undefined {
  if (i >= risen.length) return i - risen.length + 1;
  return followed[i] === sampled.token_id ? sampled.rank : undefined;
}

/** Tokens that have risen come before the others. */
function rawOf({ raw, risen }: Answer, i: number): number {
  const logprob = (i < risen.length ? risen[i] : raw[i - risen.length])?.logprob;
  return Math.exp(logprob ?? Number.NEGATIVE_INFINITY);
}

function deathOf(of: Answer, fate: Fate | undefined, columns: readonly Column[]): Death | undefined {
  if (fate === undefined || fate.removed_by === null) return undefined;
  const at = columns.findIndex(
    ({ entry }) => entry.stage === fate.removed_by && entry.kept_after < entry.kept_before,
  );
  // a limit of a combination applies to one source, but the column shows the combined row
  const entry = columns[at]?.entry.combination === undefined ? columns[at]?.entry : undefined;
  const before = at > 0 ? columns[at - 1]?.entry.top[0]?.probability : Math.exp(of.raw[0]?.logprob ?? 0);
  return deathIn(fate, entry, before ?? 1);
}
