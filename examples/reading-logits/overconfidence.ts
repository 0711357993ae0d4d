/** A network that is right nine times of ten and sure nineteen times of twenty, and its cure. */
import {
  type Bin,
  calibrate,
  confidentlyWrong,
  diagnose,
  type LabelledLogits,
  rowOf,
} from "../../src/index.ts";
import { readRows } from "../real-data/vectors.ts";
import { bar, percent, type Story } from "./story.ts";

export const overconfidence: Story = {
  title: "Overconfidence and its cure: 2,000 handwritten digits",
  tell() {
    const unseen = readRows("digits", "test");
    const fit = calibrate(readRows("digits", "validation"));
    const { low, high } = fit.intervals!.temperature!;
    const before = judged(unseen, 1);
    const after = judged(unseen, fit.temperature);
    const ece = (temperature: number) => judged(unseen, temperature, ECE_BINS).ece.toFixed(3);
    return [
      `On 2,000 validation digits the best temperature is ${fit.temperature.toFixed(2)} (95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}), found in ${fit.passes} passes.`,
      "On 2,000 other digits, how often is an answer of each confidence right?",
      "",
      "  before",
      ...diagram(before.bins),
      "",
      `  after dividing the logits by ${fit.temperature.toFixed(2)}`,
      ...diagram(after.bins),
      "",
      "                      before   after",
      `  accuracy            ${percent(before.accuracy).padEnd(8)} ${percent(after.accuracy)}   the same answers, in every single row`,
      `  calibration error   ${ece(1).padEnd(8)} ${ece(fit.temperature)}    expected (ECE), in ${ECE_BINS} bins`,
      `  cross-entropy       ${before.nll.toFixed(3).padEnd(8)} ${after.nll.toFixed(3)}    nats`,
      `  confidently wrong   ${String(mistakes(unseen, 1)).padEnd(8)} ${mistakes(unseen, fit.temperature)}       of 2,000`,
    ];
  },
};

/** As many as docs/calibration.md and the service's default have: ECE depends on them. */
const ECE_BINS = 15;
/** Few enough to be read. */
const DIAGRAM_BINS = 5;

function judged(set: LabelledLogits, temperature: number, bins = DIAGRAM_BINS) {
  const divided = { ...set, values: set.values.map((x) => x / temperature) };
  return calibrate(divided, { resamples: 0, bins }).before;
}

function diagram(bins: readonly Bin[]): string[] {
  return bins
    .filter(({ rows }) => rows > 0)
    .map(
      ({ confidence, accuracy, rows }) =>
        `  says ${percent(confidence!, 0).padStart(5)}, is right ${percent(accuracy!, 0).padStart(5)} of ${String(rows).padStart(4)}  ${bar(accuracy!, 30)}`,
    );
}

function mistakes(set: LabelledLogits, temperature: number): number {
  return set.targets.filter((target, r) => confidentlyWrong(diagnose(rowOf(set, r), temperature), target))
    .length;
}
