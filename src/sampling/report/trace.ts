/**
 * The trace of a step, stage by stage: the remaining tokens, the removed mass, and the distance of each
 * threshold to a token. It reads copies of the candidates, so a trace never changes the result. It costs nothing
 * when it is not requested, and O(V) per stage when it is.
 */
import type { Candidates } from "../candidates/candidates.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import type { Removal } from "../candidates/removal.ts";
import type { Account } from "../combine/rule.ts";
import type { Skipped } from "../stage.ts";
import { Snapshot } from "./snapshot.ts";
import { type KnifeEdge, knifeEdge, type Loss, lossOf } from "./trace-loss.ts";
import { reasonsOf } from "./trace-reasons.ts";
import { summary, type TracedToken } from "./trace-summary.ts";

export interface TraceEntry {
  /** name of the stage; in the first entry, for several sources, name of the rule that combines them */
  readonly stage: string;
  /** values that the rule for several sources computed */
  readonly combination?: TracedCombination;
  /** why the stage did not run */
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
  /** the probability after the stage of each token in logprob_token_ids, in that order; 0 for a removed token */
  readonly named?: readonly number[];
  /** microseconds the stage took; only in a timed trace */
  readonly us?: number;
}

export interface TracedCombination extends Account {
  /** number of combined sources */
  readonly sources: number;
  /** how many tokens of the first source the rule finds plausible */
  readonly plausible?: number;
}

/** The fate of a named token. */
export interface Fate {
  readonly token_id: number;
  /** the stage that removed it; "the row" when it was never a candidate; null when it was not removed */
  readonly removed_by: string | null;
  /** its probability before that stage; at the end when it was not removed */
  readonly probability: number;
  readonly reason?: string;
}

/** The position of the uniform: in [from, to), the token's interval of the distribution in id order. */
export interface InverseCdf {
  readonly uniform: number;
  readonly from: number;
  readonly to: number;
}

export class Tracer {
  readonly entries: TraceEntry[] = [];
  readonly #fates = new Map<number, Fate>();
  readonly #named: readonly number[];
  #before = new Snapshot();
  #after = new Snapshot();

  constructor(named: readonly number[]) {
    this.#named = named;
  }

  /** Reads the candidates before the first stage; `absence` says why a token is not a candidate. */
  begin(candidates: Candidates, absence: string): void {
    this.#before.take(candidates);
    for (const token_id of this.#named)
      if (!this.#before.candidates.has(token_id))
        this.#fates.set(token_id, { token_id, removed_by: "the row", probability: 0, reason: absence });
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
      ...this.#namedIn(this.#before),
    });
  }

  /** Reads the candidates after a stage and writes its entry. */
  ran(stage: string, candidates: Candidates, us: number | undefined, combination?: TracedCombination): void {
    const before = this.#before;
    const after = this.#after;
    after.take(candidates);
    const loss = lossOf(before, after, candidates.removal);
    const edge = knifeEdge(before, loss, candidates.removal);
    this.#noteFates(stage, loss, candidates.removal);
    this.entries.push({
      stage,
      ...(combination && { combination }),
      kept_before: before.count,
      kept_after: after.count,
      mass_removed: loss.mass,
      ...summary(after),
      removed: loss.listed,
      ...(edge && { knife_edge: edge }),
      ...this.#namedIn(after),
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
          probability: this.#before.probabilityOf(token_id),
        },
    );
  }

  /** The candidates after the last stage. */
  left(): Compact {
    return this.#before.candidates;
  }

  /**
   * The position of the uniform of a draw, after the last stage. The sums are float64 and may round unlike the draw's.
   */
  inverseCdf(token_id: number, uniform: number): InverseCdf {
    const { token_ids, count } = this.#before.candidates;
    const probabilities = this.#before.probabilities();
    let from = 0;
    for (let i = 0; i < count; i++) if (token_ids[i]! < token_id) from += probabilities[i]!;
    return { uniform, from, to: from + this.#before.probabilityOf(token_id) };
  }

  #namedIn(snapshot: Snapshot): Pick<TraceEntry, "named"> {
    if (this.#named.length === 0) return {};
    return { named: this.#named.map((token_id) => snapshot.probabilityOf(token_id)) };
  }

  #noteFates(stage: string, loss: Loss, removal: Readonly<Removal>): void {
    const before = this.#before;
    const gone = this.#named.filter((id) => !this.#fates.has(id) && !this.#after.candidates.has(id));
    if (gone.length === 0) return;
    const reasons = reasonsOf(before, loss, gone, removal);
    gone.forEach((token_id, i) => {
      const reason = reasons[i];
      const probability = before.probabilityOf(token_id);
      this.#fates.set(token_id, { token_id, removed_by: stage, probability, ...(reason && { reason }) });
    });
  }
}
