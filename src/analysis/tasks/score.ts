/** What came, against what each row had foreseen: ln p, rank, and the mean loss. */
import { BITS_PER_NAT } from "../exp.ts";
import { loss } from "../score.ts";
import { asClasses, requireTarget, type Task, type TaskContext } from "./task.ts";

export function scoreTask({ reader, single, inverse_temperature }: TaskContext): Task {
  const logprobs: number[] = [];
  const ranks: number[] = [];
  const result = (r: number) => ({
    logprob: logprobs[r]!,
    rank: ranks[r]!,
    cross_entropy: -logprobs[r]! + 0,
    cross_entropy_bits: -logprobs[r]! * BITS_PER_NAT + 0,
  });
  return {
    take(row) {
      const values = asClasses(row.values);
      const target = requireTarget(row.target, values.length);
      const { logprob, rank } = reader.score(values, target, inverse_temperature);
      logprobs.push(logprob);
      ranks.push(rank);
    },
    *finish() {
      yield;
      return single
        ? { ...result(0), perplexity: loss(logprobs).perplexity }
        : { results: logprobs.map((_, r) => result(r)), ...loss(logprobs) };
    },
  };
}
