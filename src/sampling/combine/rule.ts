/**
 * What a combination is: a rule by which the rows of several sources become one, as a plain object. It declares its
 * options, its formula and how many sources it needs, and says what is added up; it never sees how rows lie in memory.
 */
import type { ListedKind } from "../kind.ts";
import type { Sources } from "./sources.ts";

/** Options of a rule as they stand at `combine`: `{ rule: "guidance", guidance_scale: 1.5 }`. */
export interface RuleOptions {
  readonly rule: string;
}

export interface Rule<Options extends RuleOptions = RuleOptions> extends ListedKind<"rule", Options> {
  /** what the sources are, in their order; the last name also stands for any that follow */
  readonly sources: readonly [string, string, ...string[]];
  /** whether more sources may follow those */
  readonly takes_more: boolean;
  /** true when the first source would come out as it is */
  isNeutral(options: Options): boolean;
  /** Throws the Problem of options that do not fit so many sources; its pointer is relative to the options. */
  check?(options: Options, sources: number): void;
  /** how often it looks at every token of a source, in the units of work.ts */
  passes(options: Options): number;
  /** Says what becomes of the sources; answers what a trace tells of it. */
  apply(sources: Sources, options: Options): Account;
}

/** What a rule has found and used. */
export interface Account {
  /** the weight of the difference, where it was found in this step */
  readonly alpha?: number;
  /** the Jensen-Shannon divergence, in nats, by which something was decided */
  readonly divergence?: number;
  /** which source was taken, of several to choose from */
  readonly chosen?: number;
}
