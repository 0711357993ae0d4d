/** Scores each row against its true class: ln p, rank, and the mean loss. */
import { BITS_PER_NAT } from "../exp.ts";
import { logprobOf } from "../moments.ts";
import { keptPlace, withTail } from "../tail.ts";
import { ScoreTally, type TailedScore } from "../tallies/score-tally.ts";
import {
  asClasses,
  checkLabels,
  NOWHERE,
  type ResultList,
  requireTarget,
  type TalliedTask,
  type TaskContext,
  type TaskRow,
} from "./task.ts";

export interface ScoreOptions {
  readonly labels: readonly string[] | undefined;
  /** The score of the true class under a chain, reported in addition; undefined: no chain was named. */
  readonly under?: ((row: TaskRow, target: number) => object) | undefined;
}

export function scoreTask(context: TaskContext, { labels, under }: ScoreOptions): TalliedTask {
  const { single } = context;
  const results: ResultList = context.results ?? [];
  const tally = new ScoreTally();
  let first: object | undefined;
  return {
    tally,
    take(row) {
      const [target, score] = scoreRow(context, row, labels);
      tally.add(score);
      if (results === NOWHERE) return;
      const { logprob, rank } = score;
      const result = {
        ...(labels !== undefined && { label: labels[target]! }),
        logprob,
        rank,
        cross_entropy: -logprob + 0,
        cross_entropy_bits: -logprob * BITS_PER_NAT + 0,
        ...under?.(row, target),
      };
      first ??= result;
      results.push(result);
    },
    *finish() {
      yield;
      return single ? { ...first, perplexity: tally.loss().perplexity } : { results, ...tally.loss() };
    },
  };
}

function scoreRow(
  { reader, inverse_temperature }: TaskContext,
  { values, target, tail }: TaskRow,
  labels: readonly string[] | undefined,
): [target: number, score: TailedScore] {
  const classes = asClasses(values);
  checkLabels(labels, classes.length);
  if (tail === undefined) {
    const id = requireTarget(target, classes.length, labels);
    return [id, reader.score(classes, id, inverse_temperature)];
  }
  const id = requireTarget(target, values.length + tail.count, labels);
  const m = withTail(reader.moments(values, inverse_temperature), tail);
  const place = keptPlace(tail, id);
  if (place < 0)
    return [id, { logprob: logprobOf(m, tail.logit), rank: values.length + 1, is_outside: true }];
  const { rank } = reader.score(values, place, inverse_temperature);
  return [id, { logprob: logprobOf(m, values[place]!) + 0, rank }];
}
