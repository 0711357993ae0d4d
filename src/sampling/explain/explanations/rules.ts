/**
 * A stage with another value of its own rules: ties, crossings, scopes, divisors. Every option with words or a switch is a rule.
 */
import * as z from "zod";
import {
  type Explanation,
  type ExplanationKind,
  fieldOf,
  optionOf,
  type Proposal,
  running,
  withOptions,
} from "../explanation.ts";

export const other_rule: Explanation = {
  name: "other_rule",
  summary: "A stage uses another value of one of its rules: for ties, bounds or scopes.",
  propose(step) {
    const proposals: Proposal[] = [];
    for (const [place, entry] of running(step).entries()) {
      const { stage } = entry;
      for (const name of Object.keys(stage.options.shape)) {
        const value = optionOf(entry, name);
        for (const word of wordsOf(fieldOf(stage.options, name))) {
          if (word === value || name === stage.name) continue;
          const changed = withOptions(step, place, { [name]: word });
          if (changed === undefined) continue;
          const says = `as if ${name} of ${stage.name} were ${String(word)}`;
          proposals.push({ kind: kindOf(name), stage: stage.name, says, changed });
        }
      }
    }
    return proposals;
  },
};

function kindOf(name: string): ExplanationKind {
  if (name.endsWith("ties")) return "ties";
  if (name.endsWith("scope")) return "scope";
  return name.endsWith("inclusive") || name.endsWith("crossing") ? "bound" : "rule";
}

/** The words that an option takes; true and false for a switch. */
function wordsOf(field: z.ZodType | undefined): readonly unknown[] {
  if (field instanceof z.ZodDefault || field instanceof z.ZodOptional)
    return wordsOf(field.unwrap() as z.ZodType);
  if (field instanceof z.ZodEnum) return field.options;
  return field instanceof z.ZodBoolean ? [true, false] : [];
}
