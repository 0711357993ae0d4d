/** Three logits, three probabilities, and what the differences mean. */
import { decide, logOdds, score, softmax } from "../../src/index.ts";
import { bar, percent, type Story } from "./story.ts";

const LABELS = ["cat", "dog", "bird"];
const LOGITS = [3.2, 1.3, 0.2];

export const catDogBird: Story = {
  title: "A picture, three logits: cat, dog or bird?",
  tell() {
    const probabilities = softmax(LOGITS);
    const odds = logOdds(LOGITS);
    const raised = softmax(LOGITS.map((x) => x + 100));
    return [
      "The model says 3.2 for cat, 1.3 for dog, 0.2 for bird. Softmax makes shares of 100 % out of it:",
      ...LABELS.map(
        (label, i) =>
          `  ${label.padEnd(5)} logit ${LOGITS[i]!.toFixed(1)}  p ${percent(probabilities[i]!).padStart(6)}  log-odds ${odds[i]!.toFixed(2).padStart(6)}  ${bar(probabilities[i]!)}`,
      ),
      `A logit ${(3.2 - 1.3).toFixed(1)} larger is e^1.9 = ${Math.exp(1.9).toFixed(1)} times as likely: ${percent(probabilities[0]!)} against ${percent(probabilities[1]!)}.`,
      `Only differences count. With 100 added to each, the cat still has ${percent(raised[0]!)}.`,
      ...["cat", "bird"].map((label) => {
        const { logprob, rank } = score(LOGITS, LABELS.indexOf(label));
        return `If it was a ${label}, the loss is ${(-logprob).toFixed(3)} nats (rank ${rank}).`;
      }),
      `At a threshold of 0.80 the answer is "${answer(probabilities, 0.8)}"; at 0.95 it is "${answer(probabilities, 0.95)}".`,
    ];
  },
};

function answer(probabilities: Float64Array, threshold: number): string {
  const { class_id } = decide(probabilities, threshold);
  return class_id === null ? "I do not know" : LABELS[class_id]!;
}
