/**
 * The account of a step, stage by stage: who was left, what mass was removed, how close each threshold came to a
 * token. It looks at copies of the candidates, so that asking for a trace never changes the answer; it costs
 * nothing when not asked for and O(V) a stage when it is.
 */
import type { Candidates } from "./candidates.ts";
import { Compact } from "./compact.ts";
import type { Removal } from "./removal.ts";
import type { Skipped } from "./stage.ts";
import { type KnifeEdge, knifeEdge, lossOf, reasonOf } from "./trace-loss.ts";
import { probabilityOf, summary, type TracedToken } from "./trace-summary.ts";

export interface TraceEntry {
  readonly stage: string;
  /** why it did not run */
  readonly skipped?: Skipped;
  readonly kept_before: number;
  readonly kept_after: number;
  /** softmax mass, before the stage, of the tokens that it removed */
  readonly mass_removed: number;
  /** nats, of the softmax over the tokens left */
  readonly entropy: number;
  readonly top: readonly TracedToken[];
  /** the most likely removed tokens, with their probability before the stage */
  readonly removed: readonly TracedToken[];
  readonly knife_edge?: KnifeEdge;
  /** microseconds the stage took; only in a timed trace */
  readonly us?: number;
}

/** What became of a named token. */
export interface Fate {
  readonly token_id: number;
  /** the stage that removed it; null when it was still there to be drawn */
  readonly removed_by: string | null;
  /** its probability before that stage, or at the end */
  readonly probability: number;
  readonly reason?: string;
}

export class Tracer {
  readonly entries: TraceEntry[] = [];
  readonly #fates = new Map<number, Fate>();
  readonly #named: readonly number[];
  #before = new Compact();
  #after = new Compact();

  constructor(named: readonly number[]) {
    this.#named = named;
  }

  /** Looks at the candidates as they are before the first stage. */
  begin(candidates: Candidates): void {
    candidates.copyTo(this.#before);
  }

  /** Writes the entry of a stage that did not run. */
  skipped(stage: string, skipped: Skipped): void {
    const kept = this.#before.count;
    const { entropy, top } = summary(this.#before);
    this.entries.push({
      stage,
      skipped,
      kept_before: kept,
      kept_after: kept,
      mass_removed: 0,
      entropy,
      top,
      removed: [],
    });
  }

  /** Looks at the candidates after a stage and writes its entry. */
  ran(stage: string, candidates: Candidates, us: number | undefined): void {
    const before = this.#before;
    const after = this.#after;
    candidates.copyTo(after);
    const loss = lossOf(before, after);
    const edge = knifeEdge(loss, candidates.removal);
    this.#noteFates(stage, before, after, candidates.removal);
    this.entries.push({
      stage,
      kept_before: before.count,
      kept_after: after.count,
      mass_removed: loss.mass,
      ...summary(after),
      removed: loss.listed,
      ...(edge && { knife_edge: edge }),
      ...(us !== undefined && { us }),
    });
    this.#before = after;
    this.#after = before;
  }

  /** The fate of every named token. */
  fates(): Fate[] {
    return this.#named.map(
      (token_id) =>
        this.#fates.get(token_id) ?? {
          token_id,
          removed_by: null,
          probability: probabilityOf(this.#before, token_id),
        },
    );
  }

  #noteFates(stage: string, before: Compact, after: Compact, removal: Readonly<Removal>): void {
    for (const token_id of this.#named) {
      if (this.#fates.has(token_id) || after.has(token_id)) continue;
      const probability = probabilityOf(before, token_id);
      const reason = reasonOf(before, token_id, removal);
      this.#fates.set(token_id, { token_id, removed_by: stage, probability, ...(reason && { reason }) });
    }
  }
}
