/** What came, against what each row had foreseen: ln p, rank, and the mean loss. */
import { BITS_PER_NAT } from "../exp.ts";
import { loss } from "../score.ts";
import { asClasses, checkLabels, requireTarget, type Task, type TaskContext } from "./task.ts";

export interface ScoreOptions {
  readonly labels: readonly string[] | undefined;
}

export function scoreTask(
  { reader, single, inverse_temperature }: TaskContext,
  { labels }: ScoreOptions,
): Task {
  const came: number[] = [];
  const logprobs: number[] = [];
  const ranks: number[] = [];
  const result = (r: number) => ({
    ...(labels !== undefined && { label: labels[came[r]!]! }),
    logprob: logprobs[r]!,
    rank: ranks[r]!,
    cross_entropy: -logprobs[r]! + 0,
    cross_entropy_bits: -logprobs[r]! * BITS_PER_NAT + 0,
  });
  return {
    take(row) {
      const values = asClasses(row.values);
      checkLabels(labels, values.length);
      const target = requireTarget(row.target, values.length, labels);
      const { logprob, rank } = reader.score(values, target, inverse_temperature);
      logprobs.push(logprob);
      ranks.push(rank);
      came.push(target);
    },
    *finish() {
      yield;
      return single
        ? { ...result(0), perplexity: loss(logprobs).perplexity }
        : { results: logprobs.map((_, r) => result(r)), ...loss(logprobs) };
    },
  };
}
