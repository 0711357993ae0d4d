/**
 * Sources of which at least one is sparse. Their combination is sparse, too. It is exact only if the client sent, for
 * each row, the normaliser and an upper bound for the omitted logits.
 */
import { exp, ln } from "../../kernels/float64.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { LogitsRow, SparseRow } from "../rows.ts";
import { type Listed, listed, MASKED } from "./listed.ts";
import { ListedSum } from "./listed-sum.ts";
import { type Combined, leastLogit, type Scale, type Sources, type Term } from "./sources.ts";

export class ListedSources implements Sources {
  readonly count: number;
  readonly #sources: readonly Listed[];
  readonly #vocab_size: number | undefined;
  readonly #from_zero: boolean;
  #row: SparseRow | undefined;
  #is_exact = true;
  #plausible: number | undefined;

  constructor(
    kernel: Kernel,
    rows: readonly LogitsRow[],
    temperatures: readonly number[],
    vocab_size: number | undefined,
    from_zero: boolean,
  ) {
    this.count = rows.length;
    this.#sources = rows.map((row, source) => listed(kernel, row, temperatures[source] ?? 1, vocab_size));
    this.#vocab_size = vocab_size;
    this.#from_zero = from_zero;
  }

  add(terms: readonly Term[], scale: Scale, plausible?: number): void {
    const parts = terms.map(({ source, weight }) => {
      const listed = this.#source(source);
      const top = scale === "log_softmax" ? listed.max : 0;
      return { listed, factor: Math.fround(weight / listed.temperature), top };
    });
    let shift = 0;
    if (scale === "log_softmax" && this.#from_zero)
      for (const { source, weight } of terms) shift -= weight * this.#logMass(source);
    const least = plausible === undefined ? MASKED : this.#leastOf(terms[0] as Term, plausible); // a sum has at least one term
    const sum = new ListedSum(parts, Math.fround(shift), least);
    if (plausible !== undefined) this.#plausible = sum.plausible;
    this.#made(sum.token_ids, sum.values, sum.bound);
  }

  mix(weights: readonly number[]): void {
    // A token that one list has and another omits is more likely than its listed part says. Also, whole rows are mixed
    // in other steps, which round differently.
    this.#is_exact = false;
    const values = new Map<number, number>();
    let bound = MASKED;
    for (const [source, weight] of weights.entries()) {
      const listed = this.#source(source);
      const offset = ln(weight) - this.#logMass(source);
      for (const id of listed.ids()) {
        const logit = listed.at(id) as number; // it is one of its tokens
        const of_source = (logit - listed.max) / listed.temperature + offset;
        values.set(id, mixed(values.get(id) ?? MASKED, of_source));
      }
      bound = mixed(bound, (listed.bound - listed.max) / listed.temperature + offset);
    }
    const token_ids = Int32Array.from(values.keys()).sort();
    const sums = Float32Array.from(token_ids, (id) => values.get(id) as number); // they are its keys
    this.#made(token_ids, sums, bound);
  }

  /**
   * ln Σ exp of the listed tokens. Whole rows are summed in another order, so results that depend on it are not proven
   * exact.
   */
  divergence(a: number, b: number): number {
    const [one, other] = [this.#source(a), this.#source(b)];
    const [of_one, of_other] = [this.#logMass(a), this.#logMass(b)];
    this.#is_exact = false;
    let sum = 0;
    for (const id of new Set([...one.ids(), ...other.ids()])) {
      const p = ((one.at(id) ?? MASKED) - one.max) / one.temperature - of_one;
      const q = ((other.at(id) ?? MASKED) - other.max) / other.temperature - of_other;
      sum += apart(p, q);
    }
    return Math.max(0, sum / 2);
  }

  combined(): Combined {
    const row = this.#row as SparseRow; // a rule adds or mixes
    return { row, is_exact: this.#is_exact, plausible: () => this.#plausible };
  }

  #made(token_ids: Int32Array, values: Float32Array, max_omitted: number): void {
    this.#row = { token_ids, values, vocab_size: this.#vocab_size, max_omitted };
  }

  #source(source: number): Listed {
    return this.#sources[source] as Listed; // a rule names only sources that exist
  }

  #logMass(source: number): number {
    const { value, is_known } = this.#source(source).logMass();
    if (!is_known) this.#is_exact = false;
    return value;
  }

  /** The logit of the least plausible token. The most likely token may be one that was omitted. */
  #leastOf({ source }: Term, plausible: number): number {
    const { max, bound, temperature } = this.#source(source);
    if (bound > max) this.#is_exact = false;
    return leastLogit(max, temperature, plausible);
  }
}

/** ln(e^a + e^b). */
function mixed(a: number, b: number): number {
  const high = Math.max(a, b);
  if (!Number.isFinite(high)) return high;
  return high + ln(1 + exp(-Math.abs(a - b)));
}

/** p·ln(p/m) + q·ln(q/m), where m is their mean, of ln p and ln q. */
function apart(ln_p: number, ln_q: number): number {
  const ln_m = mixed(ln_p, ln_q) - Math.LN2;
  const of_p = ln_p === MASKED ? 0 : exp(ln_p) * (ln_p - ln_m);
  return of_p + (ln_q === MASKED ? 0 : exp(ln_q) * (ln_q - ln_m));
}
