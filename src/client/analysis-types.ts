/**
 * What the calls that draw no token take besides rows, and what they reply, generated from the schemas by `npm run generate`:
 * change those, not this file. The service checks every field and refuses what it does not know.
 */

export interface ProbabilitiesOptions {
  /** Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]. */
  readonly temperature?: number;
  /** A calibration from a reply of /v1/calibrate. */
  readonly calibration?: { readonly method: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly temperature?: number; readonly weights?: readonly number[]; readonly biases?: readonly number[] };
  /** Names of the classes, by id; for rows of one logit the one name of “yes”. */
  readonly labels?: readonly string[];
  /** Asks for a decision: the likeliest class that reaches its threshold is predicted, otherwise none. One number for all classes, an array by id, or an object by label (a class without a label in it is never predicted). */
  readonly threshold?: number | readonly number[] | Readonly<Record<string, number>>;
  /** Asks for a set of classes that contains the true one with the calibrated coverage. Takes the `conformal` of a reply of /v1/calibrate. */
  readonly conformal?: { readonly method: "lac" | "aps" | "raps"; readonly miscoverage?: number; readonly rank_penalty?: number; readonly free_ranks?: number; readonly threshold: number | null; readonly temperature: number; readonly scaling?: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly rows: number };
}

export interface ScoreOptions {
  /** Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]. */
  readonly temperature?: number;
  /** A calibration from a reply of /v1/calibrate. */
  readonly calibration?: { readonly method: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly temperature?: number; readonly weights?: readonly number[]; readonly biases?: readonly number[] };
  /** Names of the classes, by id; for rows of one logit those of “no” and “yes”. */
  readonly labels?: readonly string[];
  /** A chain, as /v1/sample takes it: the options of stages, `preset`, `chain`, `history`. Adds the probability that the chain gives each token. */
  readonly sampling?: Readonly<Record<string, unknown>>;
}

export interface DiagnoseOptions {
  /** Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]. */
  readonly temperature?: number;
  /** A calibration from a reply of /v1/calibrate. */
  readonly calibration?: { readonly method: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly temperature?: number; readonly weights?: readonly number[]; readonly biases?: readonly number[] };
  /** Names of the classes, by id; for rows of one logit the one name of “yes”. */
  readonly labels?: readonly string[];
  /** The statistics of clean rows, as /v1/baseline replies them. */
  readonly baseline?: { readonly rows: number; readonly temperature: number; readonly false_positive_rate: number; readonly threshold: number; readonly features: { readonly margin: { readonly median: number; readonly deviation: number }; readonly ln_entropy: { readonly median: number; readonly deviation: number }; readonly energy: { readonly median: number; readonly deviation: number }; readonly ln_varentropy: { readonly median: number; readonly deviation: number }; readonly logit_deviation: { readonly median: number; readonly deviation: number } } };
}

export interface BaselineOptions {
  /** Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]. */
  readonly temperature?: number;
  /** A calibration from a reply of /v1/calibrate. */
  readonly calibration?: { readonly method: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly temperature?: number; readonly weights?: readonly number[]; readonly biases?: readonly number[] };
  /** Share of clean rows that `suspicious` may flag; 0.01 needs at least 99 rows. In (0, 0.5]. Default 0.01. */
  readonly false_positive_rate?: number;
}

export interface CalibrateOptions {
  /** temperature_scaling: one temperature. bias_scaling: one temperature, and a bias per class. vector_scaling: a weight and a bias per class. Default "temperature_scaling". */
  readonly method?: "temperature_scaling" | "bias_scaling" | "vector_scaling";
  /** Strength of L2 regularization: the mean loss grows by ridge/2 times the sum of the squares of the biases and of (weight − 1/T). In [0, 1000000]. Default 0. */
  readonly ridge?: number;
  /** Bins of the reliability diagram and of ECE. In [1, 1000]. Default 15. */
  readonly bins?: number;
  /** Bins of equal width, or of equally many rows. Default "equal_width". */
  readonly binning?: "equal_width" | "equal_mass";
  /** Bins of a second diagram, over relative entropy; 0: none. In [0, 1000]. Default 0. */
  readonly entropy_bins?: number;
  /** Reports, for each class, how often it was predicted and how often it was the true one, and its calibration error. Default false. */
  readonly per_class?: boolean;
  /** Finds the threshold of conformal sets, which contain the true class with the wanted coverage, for /v1/probabilities. */
  readonly conformal?: { readonly method: "lac" | "aps" | "raps"; readonly miscoverage?: number; readonly rank_penalty?: number; readonly free_ranks?: number };
  /** Number of bootstrap resamples for the intervals; 0: no intervals. In [0, 10000]. Default 200. */
  readonly resamples?: number;
  /** Share of the resamples inside an interval. In (0, 1). Default 0.95. */
  readonly confidence_level?: number;
  /** Seed of the resamples. */
  readonly seed?: string | number;
}

export interface CompareFields {
  /** The arms to compare, the first with each of the others: presets by name, or objects of options such as {"name": "mine", "chain": […]} or {"preset": "vllm", "temperature": 0.5}. Options of an arm win over the shared ones; an arm with a chain takes no stage options from them. */
  readonly compare: readonly (string | Readonly<Record<string, unknown>>)[];
  /** How many of the most likely tokens to list, of the row and of each arm. Default 20. At least 1. */
  readonly compare_top?: number;
  /** The result of another sampler for the row: {"token_ids": […], "probabilities": […]}, the same with "logprobs", the set {"kept": […]}, or the draws {"drawn": […]}. The reply then says which arm gives this result, or which change of order, ties, bounds or scope would. */
  readonly observed?: { readonly kept?: readonly number[]; readonly drawn?: readonly number[]; readonly token_ids?: readonly number[]; readonly probabilities?: readonly number[]; readonly logprobs?: readonly (number | null)[] };
}

export interface CommonTokensOptions {
  /** The drafter's: a name of GET /v1/vocabularies. */
  readonly draft_vocabulary: string;
  /** The target's. Default the service's, if it has one. */
  readonly vocabulary?: string;
  /** A draft in the drafter's ids, to translate to the target's ids. Without it the reply has all tokens. */
  readonly draft_token_ids?: readonly number[];
  /** As in POST /v1/verify. Default tokens. */
  readonly draft_match?: "tokens" | "text";
}

/** 95 % confidence interval of the true share. */
export type CoverageInterval = { readonly low: number; readonly high: number };

/** Share of the sets that contain the true class; with `conformal` and targets. */
export type Coverage = { readonly rows: number; readonly covered: number; readonly coverage: number; readonly interval: { readonly low: number; readonly high: number }; readonly set_size: number };

export type ProbabilitiesOfRows = { readonly results: readonly ({ readonly probabilities?: readonly number[]; readonly log_odds?: readonly (number | null)[]; readonly top_id: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null }; readonly set?: readonly number[]; readonly covered?: boolean } | { readonly probability: number; readonly complement: number; readonly log_odds: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null } })[]; readonly coverage?: { readonly rows: number; readonly covered: number; readonly coverage: number; readonly interval: { readonly low: number; readonly high: number }; readonly set_size: number } };

export type ScoredRow = { readonly label?: string; readonly logprob: number | null; readonly rank: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly processed_logprob?: number | null; readonly is_kept?: boolean; readonly kept?: number; readonly kept_mass?: number };

export type ScoreOfRow = { readonly label?: string; readonly logprob: number | null; readonly rank: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly processed_logprob?: number | null; readonly is_kept?: boolean; readonly kept?: number; readonly kept_mass?: number; readonly perplexity: number | null };

export type ScoreOfRows = { readonly results: readonly { readonly label?: string; readonly logprob: number | null; readonly rank: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly processed_logprob?: number | null; readonly is_kept?: boolean; readonly kept?: number; readonly kept_mass?: number }[]; readonly rows: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly perplexity: number | null };

export type DiagnosesOfRows = { readonly results: readonly { readonly top_id: number; readonly probability: number; readonly margin: number | null; readonly entropy: number; readonly relative_entropy: number; readonly varentropy: number; readonly energy: number; readonly logit_variance: number; readonly verdict: "confident" | "torn" | "unsure"; readonly label?: string; readonly confidently_wrong?: boolean; readonly z_scores?: { readonly margin: number | null; readonly ln_entropy: number | null; readonly energy: number | null; readonly ln_varentropy: number | null; readonly logit_deviation: number | null }; readonly suspicion?: number | null; readonly suspicious?: boolean }[] };

export type ClassProbabilities = { readonly probabilities?: readonly number[]; readonly log_odds?: readonly (number | null)[]; readonly top_id: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null }; readonly set?: readonly number[]; readonly covered?: boolean };

/** A row of one logit: the binary case. */
export type BinaryProbability = { readonly probability: number; readonly complement: number; readonly log_odds: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null } };

export type Diagnosis = { readonly top_id: number; readonly probability: number; readonly margin: number | null; readonly entropy: number; readonly relative_entropy: number; readonly varentropy: number; readonly energy: number; readonly logit_variance: number; readonly verdict: "confident" | "torn" | "unsure"; readonly label?: string; readonly confidently_wrong?: boolean; readonly z_scores?: { readonly margin: number | null; readonly ln_entropy: number | null; readonly energy: number | null; readonly ln_varentropy: number | null; readonly logit_deviation: number | null }; readonly suspicion?: number | null; readonly suspicious?: boolean };

export type Quality = { readonly accuracy: number; readonly nll: number; readonly brier: number; readonly ece: number; readonly mce: number; readonly classwise_ece: number | null; readonly overconfidence: number; readonly bins: readonly { readonly lower: number; readonly upper: number; readonly rows: number; readonly confidence: number | null; readonly accuracy: number | null }[]; readonly entropy_bins?: readonly { readonly lower: number; readonly upper: number; readonly rows: number; readonly confidence: number | null; readonly accuracy: number | null }[]; readonly classes?: readonly { readonly class_id: number; readonly probability: number; readonly frequency: number; readonly ece: number }[] };

/** One row's probabilities, or those of each row. */
export type ProbabilitiesReply = { readonly probabilities?: readonly number[]; readonly log_odds?: readonly (number | null)[]; readonly top_id: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null }; readonly set?: readonly number[]; readonly covered?: boolean } | { readonly probability: number; readonly complement: number; readonly log_odds: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null } } | { readonly results: readonly ({ readonly probabilities?: readonly number[]; readonly log_odds?: readonly (number | null)[]; readonly top_id: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null }; readonly set?: readonly number[]; readonly covered?: boolean } | { readonly probability: number; readonly complement: number; readonly log_odds: number; readonly entropy: number; readonly decision?: { readonly class_id: number | null; readonly label?: string | null; readonly probability: number; readonly threshold: number | null; readonly threshold_log_odds: number | null } })[]; readonly coverage?: { readonly rows: number; readonly covered: number; readonly coverage: number; readonly interval: { readonly low: number; readonly high: number }; readonly set_size: number } };

/** Scores of the rows against the true classes. */
export type ScoreReply = { readonly label?: string; readonly logprob: number | null; readonly rank: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly processed_logprob?: number | null; readonly is_kept?: boolean; readonly kept?: number; readonly kept_mass?: number; readonly perplexity: number | null } | { readonly results: readonly { readonly label?: string; readonly logprob: number | null; readonly rank: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly processed_logprob?: number | null; readonly is_kept?: boolean; readonly kept?: number; readonly kept_mass?: number }[]; readonly rows: number; readonly cross_entropy: number | null; readonly cross_entropy_bits: number | null; readonly perplexity: number | null };

/** One row's diagnosis, or that of each row. */
export type DiagnoseReply = { readonly top_id: number; readonly probability: number; readonly margin: number | null; readonly entropy: number; readonly relative_entropy: number; readonly varentropy: number; readonly energy: number; readonly logit_variance: number; readonly verdict: "confident" | "torn" | "unsure"; readonly label?: string; readonly confidently_wrong?: boolean; readonly z_scores?: { readonly margin: number | null; readonly ln_entropy: number | null; readonly energy: number | null; readonly ln_varentropy: number | null; readonly logit_deviation: number | null }; readonly suspicion?: number | null; readonly suspicious?: boolean } | { readonly results: readonly { readonly top_id: number; readonly probability: number; readonly margin: number | null; readonly entropy: number; readonly relative_entropy: number; readonly varentropy: number; readonly energy: number; readonly logit_variance: number; readonly verdict: "confident" | "torn" | "unsure"; readonly label?: string; readonly confidently_wrong?: boolean; readonly z_scores?: { readonly margin: number | null; readonly ln_entropy: number | null; readonly energy: number | null; readonly ln_varentropy: number | null; readonly logit_deviation: number | null }; readonly suspicion?: number | null; readonly suspicious?: boolean }[] };

/** The calibration with the smallest cross-entropy, and what it changes. */
export type CalibrateReply = { readonly calibration: { readonly method: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly temperature?: number; readonly weights?: readonly number[]; readonly biases?: readonly number[] }; readonly passes: number; readonly rows: number; readonly before: { readonly accuracy: number; readonly nll: number; readonly brier: number; readonly ece: number; readonly mce: number; readonly classwise_ece: number | null; readonly overconfidence: number; readonly bins: readonly { readonly lower: number; readonly upper: number; readonly rows: number; readonly confidence: number | null; readonly accuracy: number | null }[]; readonly entropy_bins?: readonly { readonly lower: number; readonly upper: number; readonly rows: number; readonly confidence: number | null; readonly accuracy: number | null }[]; readonly classes?: readonly { readonly class_id: number; readonly probability: number; readonly frequency: number; readonly ece: number }[] }; readonly after: { readonly accuracy: number; readonly nll: number; readonly brier: number; readonly ece: number; readonly mce: number; readonly classwise_ece: number | null; readonly overconfidence: number; readonly bins: readonly { readonly lower: number; readonly upper: number; readonly rows: number; readonly confidence: number | null; readonly accuracy: number | null }[]; readonly entropy_bins?: readonly { readonly lower: number; readonly upper: number; readonly rows: number; readonly confidence: number | null; readonly accuracy: number | null }[]; readonly classes?: readonly { readonly class_id: number; readonly probability: number; readonly frequency: number; readonly ece: number }[] }; readonly conformal?: { readonly method: "lac" | "aps" | "raps"; readonly miscoverage: number; readonly rank_penalty?: number; readonly free_ranks?: number; readonly threshold: number | null; readonly temperature: number; readonly scaling?: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly rows: number }; readonly intervals?: { readonly temperature?: { readonly low: number; readonly high: number }; readonly ece_before: { readonly low: number; readonly high: number }; readonly ece_after: { readonly low: number; readonly high: number } } };

/** A baseline for /v1/diagnose. */
export type BaselineReply = { readonly baseline: { readonly rows: number; readonly temperature: number; readonly false_positive_rate: number; readonly threshold: number; readonly features: { readonly margin: { readonly median: number; readonly deviation: number }; readonly ln_entropy: { readonly median: number; readonly deviation: number }; readonly energy: { readonly median: number; readonly deviation: number }; readonly ln_varentropy: { readonly median: number; readonly deviation: number }; readonly logit_deviation: { readonly median: number; readonly deviation: number } } } };

/** How the results of several arms agree and differ. */
export type CompareReply = { readonly arms: readonly ({ readonly name: string; readonly chain: readonly { readonly stage: string; readonly skipped?: string }[]; readonly token_id: number; readonly kept: number; readonly kept_mass: number } | { readonly name: string; readonly problem: { readonly code: string; readonly detail: string; readonly pointer: string } })[]; readonly tokens: readonly { readonly token_id: number; readonly logprob: number | null; readonly arms: readonly ({ readonly probability: number; readonly removed_by: string | null } | null)[] }[]; readonly differences: readonly { readonly between: readonly [number, number]; readonly distance: number; readonly only_first: readonly number[]; readonly only_other: readonly number[]; readonly made_by: { readonly arm: number; readonly stage: string; readonly differs: "presence" | "options" | "place"; readonly options?: readonly string[]; readonly across?: readonly string[]; readonly distance_without: number } | null }[]; readonly observed?: { readonly nearest: number; readonly says: string; readonly arms: readonly ({ readonly distance: number; readonly agrees: boolean; readonly explanations: readonly { readonly name: string; readonly kind: "order" | "ties" | "bound" | "scope" | "rule" | "number" | "presence" | "greedy"; readonly stage: string; readonly says: string; readonly distance: number; readonly agrees: boolean }[] } | null)[]; readonly is_complete: boolean }; readonly seed: string; readonly step: number };

/** The size of a grammar, the parts that the masks do not enforce, and how a text relates to it. */
export type GrammarReply = { readonly kind: string; readonly parts: number; readonly bytes: number; readonly work: number; readonly notes: readonly { readonly kind: "ignored" | "weakened"; readonly keyword: string; readonly pointer: string; readonly detail: string; readonly count: number }[]; readonly text: { readonly is_complete: boolean; readonly is_begun: boolean; readonly left_at: number | null }; readonly next: { readonly vocabulary: string; readonly fits: boolean; readonly count: number; readonly token_ids: readonly number[]; readonly texts: readonly (string | null)[] } | null };

/** The tokens that two vocabularies have in common. */
export type CommonTokensReply = { readonly vocabulary: string; readonly draft_vocabulary: string; readonly count: number; readonly token_ids?: readonly number[]; readonly draft_token_bitmask?: string; readonly target_ids?: string };
