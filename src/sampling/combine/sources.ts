/**
 * The rows that a rule combines. They are numbered from 0, and each has its own temperature, by which its logits
 * are divided first. The interface has two implementations: whole rows in kernel memory, and lists of tokens.
 *
 * A token that is at −Infinity in any of the sources that are added up is at −Infinity in the sum; no token is at
 * +Infinity.
 */
import { ln } from "../../kernels/float64.ts";
import { cutFrom, EVERY_TIE, type Kernel, type LogRow, type Row } from "../../kernels/kernel.ts";
import { SMALL_ROW } from "../candidates/compact/compaction.ts";
import { float32NotBelow, SCORE_SLACK } from "../candidates/thresholds.ts";
import type { LogitsRow } from "../rows.ts";

/** A source and its factor in the sum. */
export interface Term {
  readonly source: number;
  readonly weight: number;
}

/** The values that are summed: the logits, or ln of their softmax. */
export type Scale = "logits" | "log_softmax";

export interface Sources {
  readonly count: number;
  /**
   * Σ weight·s for each token. With `plausible` only the tokens are kept that have this share of the most likely one's
   * probability in the first term's source.
   */
  add(terms: readonly Term[], scale: Scale, plausible?: number): void;
  /** ln Σ weight·p for each token. */
  mix(weights: readonly number[]): void;
  /** The Jensen-Shannon divergence of two sources, in nats: from 0 to ln 2. */
  divergence(a: number, b: number): number;
}

/** The result of a sum. */
export interface Combined {
  readonly row: LogitsRow;
  /** true when whole rows in place of lists would provably have given the same */
  readonly is_exact: boolean;
  /** how many tokens of the first source were plausible; undefined when there is no such test */
  readonly plausible: () => number | undefined;
}

/** Whole rows. */
export class WholeSources implements Sources {
  readonly count: number;
  readonly #kernel: Kernel;
  readonly #rows: readonly Row[];
  readonly #temperatures: readonly number[];
  /**
   * true when the origin of the logits matters; otherwise a constant of all tokens of a source is left out
   */
  readonly #from_zero: boolean;
  /** how many of the best tokens are needed; undefined: all */
  readonly #best: number | undefined;
  readonly #log_masses: (number | undefined)[] = [];
  #combined: Row | undefined;
  #least: number | undefined;

  constructor(
    kernel: Kernel,
    rows: readonly Row[],
    temperatures: readonly number[],
    from_zero: boolean,
    best?: number,
  ) {
    this.count = rows.length;
    this.#kernel = kernel;
    this.#rows = rows;
    this.#temperatures = temperatures;
    this.#from_zero = from_zero;
    // A small row is handled as a list, whatever the chain needs.
    this.#best = (rows[0]?.length ?? 0) > SMALL_ROW ? best : undefined;
  }

  add(terms: readonly Term[], scale: Scale, plausible?: number): void {
    const summands = terms.map(({ source, weight }) => ({
      row: this.#row(source),
      factor: weight / this.#temperature(source),
      top: scale === "log_softmax" ? this.#row(source).max : 0,
    }));
    let shift = 0;
    if (scale === "log_softmax" && this.#from_zero)
      for (const { source, weight } of terms) shift -= weight * this.#logMass(source);
    if (plausible !== undefined) {
      const { source } = terms[0] as Term; // a sum has at least one term
      this.#least = leastLogit(this.#row(source).max, this.#temperature(source), plausible);
    }
    this.#combined = this.#kernel.combiner.add(summands, shift, this.#least);
  }

  mix(weights: readonly number[]): void {
    this.#combined = this.#kernel.combiner.mix(
      weights.map((weight, source) => {
        const { row, scale, offset } = this.#logRow(source);
        return { row, scale, offset: offset + ln(weight) };
      }),
      this.#best,
    );
  }

  divergence(a: number, b: number): number {
    return this.#kernel.combiner.divergence(this.#logRow(a), this.#logRow(b));
  }

  combined(): Combined {
    const row = this.#combined as Row; // a rule adds or mixes
    const [first] = this.#rows as readonly [Row];
    const least = this.#least;
    const plausible = () =>
      least === undefined ? undefined : this.#kernel.count(first, cutFrom(least, EVERY_TIE));
    return { row, is_exact: true, plausible };
  }

  #row(source: number): Row {
    return this.#rows[source] as Row; // a rule names only sources that exist
  }

  #temperature(source: number): number {
    return this.#temperatures[source] ?? 1;
  }

  #logRow(source: number): LogRow {
    return {
      row: this.#row(source),
      scale: 1 / this.#temperature(source),
      offset: -this.#logMass(source),
    };
  }

  /** ln Σ exp((x − max)/T) of a source. */
  #logMass(source: number): number {
    this.#log_masses[source] ??= this.#kernel.logMass(this.#row(source), this.#temperature(source));
    return this.#log_masses[source];
  }
}

/** The smallest logit, as float32, of a token with this share of the probability of the most likely one. */
export function leastLogit(max: number, temperature: number, share: number): number {
  return float32NotBelow(max + temperature * (ln(share) - SCORE_SLACK));
}
