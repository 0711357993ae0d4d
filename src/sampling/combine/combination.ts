/** How the rows of several sources become one row: the rule with its checked options. */
import { Problem } from "../../errors.ts";
import type { Chain } from "../chain.ts";
import type { Rule, RuleOptions } from "./rule.ts";

export interface Combination {
  readonly rule: Rule;
  readonly options: RuleOptions;
  /** the stages that mask tokens of each source first */
  readonly before: Chain;
  /** the options of each source that were given */
  readonly sources: readonly SourceOptions[] | undefined;
  /** true when a stage of the step's chain depends on where zero lies */
  readonly from_zero: boolean;
  /** how many of the best tokens the step's chain uses; undefined: all */
  readonly best: number | undefined;
}

/** The options of a source, without its logits. */
export interface SourceOptions {
  readonly temperature?: number | undefined;
}

/** Checks the number of rows of a step against these options. Throws a Problem when it does not fit. */
export function requireSources(
  count: number,
  { combine }: { readonly combine: Combination | undefined },
): void {
  if (combine === undefined) {
    if (count === 1) return;
    throw new Problem(
      "option_conflict",
      `a step of ${count} sources needs combine, which says how they become one row`,
      "/combine",
    );
  }
  const { rule, options, sources } = combine;
  const { length } = rule.sources;
  if (count < length || (count > length && !rule.takes_more))
    throw new Problem(
      "length_mismatch",
      `${rule.name} combines ${rule.takes_more ? "at least " : ""}${length} sources (${rule.sources.join(", ")}), got ${count}`,
      "/sources",
    );
  if (sources !== undefined && sources.length !== count)
    throw new Problem(
      "length_mismatch",
      `sources must hold an object for each of ${count} rows, got ${sources.length}`,
      "/sources",
    );
  within("/combine", () => rule.check?.(options, count));
}

/** Prefixes a Problem's pointer with the path of the source. */
export function within<Result>(pointer: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw error instanceof Problem ? error.within(pointer) : error;
  }
}
