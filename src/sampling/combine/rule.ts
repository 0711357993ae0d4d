/**
 * A combination rule turns the rows of several sources into one row. It is a plain object that declares its options,
 * its formula and the number of sources, and says what is summed. It never sees how rows lie in memory.
 */
import type { ListedKind } from "../kind.ts";
import type { Sources } from "./sources.ts";

/** Options of a rule as a request has them at `combine`: `{ rule: "guidance", guidance_scale: 1.5 }`. */
export interface RuleOptions {
  readonly rule: string;
}

export interface Rule<Options extends RuleOptions = RuleOptions> extends ListedKind<"rule", Options> {
  /** the names of the sources, in order; the last name also stands for any further ones */
  readonly sources: readonly [string, string, ...string[]];
  /** true when more sources may follow */
  readonly takes_more: boolean;
  /** true when the result would be the first source unchanged */
  isNeutral(options: Options): boolean;
  /**
   * Throws a Problem when the options do not fit this number of sources; its pointer is relative to the
   * options.
   */
  check?(options: Options, sources: number): void;
  /** how many times it reads every token of a source, in the units of work.ts */
  passes(options: Options): number;
  /** Combines the sources; returns what a trace reports of it. */
  apply(sources: Sources, options: Options): Account;
}

/** The values that a rule computed and used. */
export interface Account {
  /** the weight of the difference, when it was computed in this step */
  readonly alpha?: number;
  /** the Jensen-Shannon divergence, in nats, on which the rule decided */
  readonly divergence?: number;
  /** the source that was chosen among several */
  readonly chosen?: number;
}
