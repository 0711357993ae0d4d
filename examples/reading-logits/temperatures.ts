/** One row of logits at three temperatures: the shares, and a thousand seeded draws from each. */
import { createSampler, diagnose, parseStepOptions, softmax } from "../../src/index.ts";
import { bar, percent, type Story } from "./story.ts";

const WORDS = ["sea", "ship", "whale", "storm", "teapot"];
const LOGITS = [4, 3.2, 2.5, 1, -1];
const DRAWS = 1000;

export const temperatures: Story = {
  title: "Temperature 0.2, 0.8 and 1.2: “The captain looked at the …”",
  tell() {
    return [
      "Temperature divides the logits. The order of the words never changes, how far they are apart does.",
      ...[0.2, 0.8, 1.2].flatMap((temperature) => [
        "",
        `T = ${temperature}: entropy ${diagnose(LOGITS, temperature).entropy.toFixed(2)} nats`,
        ...rows(temperature),
      ]),
      "",
      "At 0.2 the model repeats itself, at 1.2 even the teapot turns up. The draws are seeded: every run gives the same.",
    ];
  },
};

function rows(temperature: number): string[] {
  const probabilities = softmax(LOGITS, temperature);
  const drawn = draw(temperature);
  return WORDS.map(
    (word, i) =>
      `  ${word.padEnd(7)} ${percent(probabilities[i]!).padStart(6)}  drawn ${String(drawn[i]).padStart(4)} of ${DRAWS}  ${bar(probabilities[i]!)}`,
  );
}

function draw(temperature: number): number[] {
  const sampler = createSampler({ vocab_size_max: 128, rows_max: 1 });
  const counts = WORDS.map(() => 0);
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the sampler has one row");
  for (let step = 0; step < DRAWS; step++) {
    row.load(LOGITS);
    row.finish();
    const { token_id } = sampler.sample(row, parseStepOptions({ temperature, seed: 1, step }));
    counts[token_id]!++;
  }
  return counts;
}
