/** The description of a host: how its cases are made, and its known differences with their causes. */
import type { Seeded } from "../../evidence/seeded.ts";

/** One step for both sides; the options are in the preset's short form. */
export interface Case {
  readonly id: number;
  readonly logits: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly history: readonly number[];
  readonly prompt_length: number;
}

/** The tokens that can be drawn, ascending, with their probabilities; or the reason why there are none. */
export type Answer =
  | { readonly kept: readonly number[]; readonly p: readonly number[] }
  | { readonly error: string };

/** Makes the value of one option for a row of this size. */
export type Maker = (random: Seeded, vocab_size: number) => unknown;

/** A known and explained difference. */
export interface Known {
  /** one sentence, for docs/presets.md */
  readonly what: string;
  /** whether it is a bug of the host, with its place, or a rule that the preset notes */
  readonly whose: string;
  is(asked: Case, theirs: Answer, ours: Answer): boolean;
}

export interface Host {
  readonly preset: string;
  readonly variant?: string;
  /** the module in python/hosts that runs it */
  readonly module: string;
  readonly options: Readonly<Record<string, Maker>>;
  /** how often an option is given; default 0.35 */
  readonly density?: number;
  readonly known: readonly Known[];
  /** minimum tokens of a history: some hosts need a prompt */
  readonly history_min?: number;
  /** maximum length of a row: some hosts are slow */
  readonly vocab_size_max?: number;
}
