/** The results that proof/watermarks stores and the documentation shows. */

/** The lengths of the texts in the plot of power. */
export const LENGTHS = [25, 50, 100, 200, 400] as const;

export interface Rates {
  readonly name: string;
  readonly texts: number;
  readonly at_01: number;
  readonly at_001: number;
}

/** The rates over random keys, on texts that people wrote. */
export interface NaturalRates {
  readonly name: string;
  readonly texts: number;
  readonly at_01: number;
  /** the same where a count of few values is made uniform by a random number */
  readonly at_01_ties_drawn: number;
  /** p-value of Kolmogorov's test that p-values are uniform */
  readonly p_ks: number;
}

/** The share of p ≤ .01 of each of some keys, over the same texts. */
export interface FixedKeys {
  readonly name: string;
  readonly texts: number;
  readonly keys: number;
  readonly mean: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The results over prose, and the sources of the prose. */
export interface NaturalResults {
  readonly prose: string;
  readonly rates?: readonly NaturalRates[] | undefined;
  readonly fixed_keys?: readonly FixedKeys[] | undefined;
}

export interface Power {
  readonly name: string;
  readonly temperature: number;
  /** share found, by LENGTHS */
  readonly found: readonly number[];
}

export interface Ratios {
  readonly chain: Readonly<Record<string, number>>;
  readonly kept_mass: number;
  /** mean of π(y) / μ(y), π the trainer's own softmax */
  readonly raw: number;
  /** the same with π at the sampler's temperature and over the kept tokens */
  readonly processed: number;
}

export interface WatermarkResults {
  readonly hosts: {
    readonly versions: Readonly<Record<string, string>>;
    readonly told: readonly string[];
  };
  readonly natural?: NaturalResults;
  readonly statistics: {
    readonly rates: readonly Rates[];
    readonly power: readonly Power[];
    readonly training: readonly Ratios[];
    readonly texts: number;
    readonly rows: number;
  };
}
