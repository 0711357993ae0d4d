/**
 * The target of a position while drafted tokens are tried one after the other. Each rejected token subtracts its draft
 * distribution, and the residual norm(max(p − q, 0)) is the target of the next one (Miao et al., SpecInfer, 2023).
 */
import type { Candidates } from "../candidates/candidates.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { drawPlace } from "../candidates/compact/cumulative.ts";
import type { StepContext } from "../context.ts";
import type { TargetMark } from "../draws.ts";
import { type DraftLaw, pointMasses, RestOfLaw } from "./draft-law.ts";
import { drawResidual, noisiestOf, probabilityOf } from "./residual.ts";
import type { Drafted } from "./walk.ts";

export class Rounds {
  readonly #candidates: Candidates;
  readonly #rejected: Drafted[] = [];
  /** tokens that were drafted with certainty and rejected, and their total p */
  readonly #gone = new Set<number>();
  #gone_mass = 0;
  /** weight of the target in the mixture that is the target of the first round */
  readonly #weight: number;
  #left: Left | undefined;

  constructor(candidates: Candidates, weight = 1) {
    this.#candidates = candidates;
    this.#weight = weight;
  }

  /** True when the token is accepted in this round; otherwise the next round begins. */
  accepts(drafted: Drafted): boolean {
    const { token_id, law } = drafted;
    if (this.#weight < 1) this.#left ??= new Left(this.#candidates, { law, weight: this.#weight });
    if (drafted.uniform() * law.probability(token_id) * this.#mass() < this.#weightOf(token_id)) return true;
    this.#rejected.push(drafted);
    if (law.certain_id !== undefined && !this.#gone.has(token_id)) {
      this.#gone.add(token_id);
      this.#gone_mass += probabilityOf(this.#candidates, token_id);
    }
    return false;
  }

  /** A token of the residual, after no drafted token was accepted. */
  draw(context: StepContext, mark: TargetMark): number {
    const [first, ...others] = this.#rejected.map(({ law }) => law);
    if (first === undefined) throw new Error("some token was rejected");
    if (others.length === 0 && this.#left === undefined)
      return drawResidual(this.#candidates, first, 1, context, mark);
    if (first.certain_id !== undefined)
      return drawResidual(this.#candidates, pointMasses(this.#gone), 1, context, mark);
    return this.#weighed().draw(context, mark);
  }

  /** Sum of all weights. In the first round they are probabilities, with sum 1. */
  #mass(): number {
    const [first] = this.#rejected;
    if (first === undefined) return 1;
    return first.law.certain_id === undefined ? this.#weighed().mass : 1 - this.#gone_mass;
  }

  #weightOf(token_id: number): number {
    const [first] = this.#rejected;
    if (first === undefined)
      return this.#left?.weightOf(token_id) ?? probabilityOf(this.#candidates, token_id);
    if (first.law.certain_id === undefined) return this.#weighed().weightOf(token_id);
    return this.#gone.has(token_id) ? 0 : probabilityOf(this.#candidates, token_id);
  }

  /** All tokens with their weights in the present round. */
  #weighed(): Left {
    this.#left ??= new Left(this.#candidates);
    this.#left.take(this.#rejected);
    return this.#left;
  }
}

/** Weights of the kept tokens, in id order. */
class Left {
  mass = 1;
  readonly #kept: Compact;
  readonly #weights: Float64Array;
  /** q of the kept tokens, of the distribution from which all siblings were drawn */
  readonly #draft: Float64Array;
  #whole: DraftLaw | undefined;
  #rounds = 0;

  /** `mixed`: a distribution to mix in, with `weight` for the target. */
  constructor(candidates: Candidates, mixed?: { readonly law: DraftLaw; readonly weight: number }) {
    this.#kept = candidates.all().orderById();
    this.#weights = this.#kept.probabilities().slice(0, this.#kept.count);
    this.#draft = new Float64Array(this.#kept.count);
    if (mixed !== undefined) this.#mix(mixed.law, mixed.weight);
  }

  /** w ← weight·w + (1 − weight)·q, with q normalised over the kept tokens; unchanged when q has no mass there. */
  #mix(law: DraftLaw, weight: number): void {
    const draft = this.#lawAt(law);
    const kept_mass = draft.reduce((sum, q) => sum + q, 0);
    if (kept_mass === 0) return;
    const weights = this.#weights;
    for (let i = 0; i < weights.length; i++)
      weights[i] = weight * weights[i]! + ((1 - weight) / kept_mass) * draft[i]!;
  }

  /** Subtracts the distributions of rejected tokens that are not subtracted yet. */
  take(rejected: readonly Drafted[]): void {
    for (; this.#rounds < rejected.length; this.#rounds++)
      this.#subtract((rejected[this.#rounds] as Drafted).law); // the list is longer than that
  }

  weightOf(token_id: number): number {
    const place = this.#kept.indexOf(token_id);
    return place < 0 ? 0 : (this.#weights[place] ?? 0);
  }

  draw(context: StepContext, mark: TargetMark): number {
    const noise = mark();
    if (noise !== undefined) return noisiestOf(this.#kept, this.#weights, noise);
    const { count, token_ids } = this.#kept;
    return token_ids[drawPlace(this.#weights, count, this.mass, context.uniform("residual"))]!;
  }

  /** w ← max(w/Σw − q, 0). When rounding leaves nothing, all weights stay unchanged. */
  #subtract(law: DraftLaw): void {
    const [whole, left] = law instanceof RestOfLaw ? [law.whole, law.left] : [law, 1];
    const draft = this.#lawAt(whole);
    const weights = this.#weights;
    const { mass } = this;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += Math.max(weights[i]! / mass - draft[i]! / left, 0);
    if (sum === 0) return;
    // Tokens drawn earlier without replacement have weight 0 by now, because they were rejected.
    for (let i = 0; i < weights.length; i++) weights[i] = Math.max(weights[i]! / mass - draft[i]! / left, 0);
    this.mass = sum;
  }

  #lawAt(whole: DraftLaw): Float64Array {
    if (this.#whole === whole) return this.#draft;
    this.#whole = whole;
    const { token_ids, count } = this.#kept;
    for (let i = 0; i < count; i++) this.#draft[i] = whole.probability(token_ids[i]!);
    return this.#draft;
  }
}
