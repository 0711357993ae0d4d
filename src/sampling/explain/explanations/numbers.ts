/** The numeric options of the running stages, each with values that another sampler may have used. */
import type { StepOptions } from "../../step.ts";
import { fieldOf, optionOf, type Proposal, running, withOptions } from "../explanation.ts";

export type OtherNumber = Pick<Proposal, "kind" | "says"> & { readonly value: number };

/** Tries other values of each number; those out of range are left out. */
export function eachNumber(
  step: StepOptions,
  others: (name: string, value: number, is_whole: boolean) => readonly OtherNumber[],
): Proposal[] {
  const proposals: Proposal[] = [];
  for (const [place, entry] of running(step).entries()) {
    const { stage } = entry;
    for (const name of Object.keys(stage.options.shape)) {
      const number = optionOf(entry, name);
      if (typeof number !== "number") continue;
      const field = fieldOf(stage.options, name);
      const is_whole = FRACTIONS.every((fraction) => field?.safeParse(fraction).success === false);
      for (const { value, says, kind } of others(name, number, is_whole)) {
        const changed = value === number ? undefined : withOptions(step, place, { [name]: value });
        if (changed !== undefined) proposals.push({ kind, stage: stage.name, says, changed });
      }
    }
  }
  return proposals;
}

/** An option that accepts none of these values takes whole numbers only. */
const FRACTIONS = [0.25, 1.5];
