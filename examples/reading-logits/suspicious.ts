/** Digits whose pixels were moved to fool the network: what a flag on the logits can see of that, and what not. */
import {
  areaUnderRoc,
  diagnose,
  fitBaseline,
  type LabelledLogits,
  rowOf,
  suspicion,
} from "../../src/index.ts";
import { readRows } from "../real-data/vectors.ts";
import { percent, type Story } from "./story.ts";

const ROWS = 1000;

export const suspicious: Story = {
  title: "Tampered inputs: what a flag on the logits can tell",
  tell() {
    const validation = readRows("digits", "validation");
    const clean = readRows("digits", "test");
    const moved = readRows("digits", "perturbed");
    const baseline = fitBaseline(
      Array.from(validation.targets, (_, r) => diagnose(rowOf(validation, r))),
      0.05,
    );
    const found = (set: LabelledLogits) =>
      Array.from({ length: ROWS }, (_, r) => suspicion(diagnose(rowOf(set, r)), baseline));
    const [of_clean, of_moved] = [found(clean), found(moved)];
    const flagged = (list: typeof of_clean) => list.filter((each) => each.suspicious).length / list.length;
    const area = areaUnderRoc(
      of_clean.map((each) => each.suspicion),
      of_moved.map((each) => each.suspicion),
    );
    return [
      `The network reads ${percent(accuracy(clean))} of clean digits rightly. When every pixel moves by at most 0.1 against it: ${percent(accuracy(moved))}.`,
      "A baseline from 2,000 clean digits is set to flag 5 % of clean ones.",
      `  clean digits flagged      ${percent(flagged(of_clean))}`,
      `  tampered digits flagged   ${percent(flagged(of_moved))}`,
      `  area under the ROC        ${area.toFixed(3)} (0.5 is a coin, 1 is perfect)`,
      "So it is a hint, worth a log line and a second look; it is no defence. Most tampered digits pass, and what it",
      "flags among clean ones are mostly those that are hard to read.",
    ];
  },
};

function accuracy(set: LabelledLogits): number {
  let right = 0;
  for (let r = 0; r < ROWS; r++) if (diagnose(rowOf(set, r)).top_id === set.targets[r]) right++;
  return right / ROWS;
}
