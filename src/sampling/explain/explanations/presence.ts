/** A stage that does not run, or runs twice; a step that is greedy, or draws from the unchanged row. */
import type { ChainEntry } from "../../chain.ts";
import { temperature } from "../../stages/temperature.ts";
import { type Explanation, running, withChain, withEntry } from "../explanation.ts";

export const left_out: Explanation = {
  name: "left_out",
  summary: "A stage is ignored.",
  propose: (step) =>
    running(step).map(({ stage }, place) => ({
      kind: "presence",
      stage: stage.name,
      says: `as if ${stage.name} were ignored`,
      changed: withEntry(step, place),
    })),
};

export const twice: Explanation = {
  name: "twice",
  summary: "A stage runs twice in a row.",
  propose: (step) =>
    running(step).map((entry, place) => ({
      kind: "presence",
      stage: entry.stage.name,
      says: `as if ${entry.stage.name} ran twice`,
      changed: withEntry(step, place, entry, entry),
    })),
};

export const nothing_runs: Explanation = {
  name: "nothing_runs",
  summary: "No option has an effect: the distribution is that of the unchanged row.",
  propose(step) {
    const [first] = running(step);
    if (first === undefined || running(step).length === 1) return [];
    const says = "as if no option counted";
    return [{ kind: "presence", stage: first.stage.name, says, changed: withChain(step, []) }];
  },
};

export const greedy: Explanation = {
  name: "greedy",
  summary: "The most likely token is taken, although the step should draw at random.",
  propose(step) {
    const entries = running(step).filter(({ stage }) => stage.name !== temperature.name);
    const cold: ChainEntry = {
      stage: temperature as ChainEntry["stage"], // a stage of its own options, as the list of stages has it
      options: { ...temperature.options.parse({ stage: "temperature", temperature: 0 }) },
      skipped: undefined,
    };
    const says = "as if it were greedy";
    return [{ kind: "greedy", stage: "temperature", says, changed: withChain(step, [...entries, cold]) }];
  },
};
