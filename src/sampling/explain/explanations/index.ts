/**
 * The list of all explanations, likeliest first: of several equally good ones, the first is reported first. To add
 * one: its file, one line here, one row of test/sampling/explain/explain.test.ts.
 */
import type { StepOptions } from "../../step.ts";
import type { Explanation, LogitsByToken, Proposal } from "../explanation.ts";
import { at_bound, off_by_one, other_reading, other_window } from "./bounds.ts";
import { other_history } from "./history.ts";
import { host_order, order } from "./order.ts";
import { bias_form, penalty_count, penalty_form } from "./penalties.ts";
import { greedy, left_out, nothing_runs, twice } from "./presence.ts";
import { other_rule } from "./rules.ts";

export const EXPLANATIONS: readonly Explanation[] = [
  order,
  other_rule,
  at_bound,
  left_out,
  penalty_count,
  penalty_form,
  bias_form,
  off_by_one,
  other_history,
  other_window,
  other_reading,
  twice,
  host_order,
  greedy,
  nothing_runs,
];

/** A variant of one explanation, with its name. */
export type NamedProposal = Proposal & { readonly name: string };

/** Every variant of every explanation for a step, in order. */
export function explanationsOf(step: StepOptions, row: LogitsByToken): NamedProposal[] {
  return EXPLANATIONS.flatMap((each) => proposalsOf(each, step, row));
}

/** Every way in which one of them could hold. */
export function proposalsOf(
  { name, propose }: Explanation,
  step: StepOptions,
  row: LogitsByToken,
): NamedProposal[] {
  return propose(step, row).map((each) => ({ name, ...each }));
}
