/** A single logit decides whether something is blocked: the logistic function, its inverse, and a threshold. */
import { calibrate, decide, logistic, logisticPair, logit, rowOf, softmax } from "../../src/index.ts";
import { readRows } from "../real-data/vectors.ts";
import { percent, type Story } from "./story.ts";

const THRESHOLD = 0.95;

export const firewall: Story = {
  title: "A firewall: block, let through, or ask a person",
  tell() {
    const spam = readRows("spam", "test");
    const { temperature } = calibrate(readRows("spam", "validation"), { resamples: 0 });
    const sure = logisticPair(40);
    return [
      `"Block when it is an attack with 95 %" means: block when the logit is at least ln(0.95 / 0.05) = ${logit(THRESHOLD).toFixed(3)}.`,
      ...[-4, 0, 2.9, 3, 8].map(
        (x) =>
          `  logit ${String(x).padStart(4)}  p ${percent(logistic(x), 2).padStart(7)}  ${logistic(x) >= THRESHOLD ? "block" : "let through"}`,
      ),
      `At logit 40, p is rounded to ${sure.probability}, but 1 − p = ${sure.complement.toExponential(2)} is still known.`,
      "",
      `${spam.targets.length} real messages, judged by naive Bayes. Both answers need 95 %, otherwise a person looks:`,
      ...[
        { name: "as the model says it", t: 1 },
        { name: `calibrated, T = ${temperature.toFixed(1)}`, t: temperature },
      ].map(({ name, t }) => `  ${name.padEnd(22)} ${outcome(spam, t)}`),
      "The model counted dependent words as independent evidence. Calibration does not make it cleverer; it makes it ask.",
    ];
  },
};

function outcome(spam: ReturnType<typeof readRows>, temperature: number): string {
  const counts = { blocked: 0, wrongly: 0, through: 0, missed: 0, person: 0 };
  spam.targets.forEach((target, r) => {
    const { class_id } = decide(softmax(rowOf(spam, r), temperature), THRESHOLD);
    if (class_id === null) counts.person++;
    if (class_id === 1) counts.blocked++;
    if (class_id === 1 && target === 0) counts.wrongly++;
    if (class_id === 0) counts.through++;
    if (class_id === 0 && target === 1) counts.missed++;
  });
  const { blocked, wrongly, through, missed, person } = counts;
  return `${blocked} blocked (${wrongly} wrongly), ${through} let through (${missed} spam), ${person} for a person`;
}
