/** Conformal sets of rows with known classes: whether each set contained its class. */
import { Problem } from "../../errors.ts";
import { type Conformal, conformalSet } from "../conformal.ts";
import { CoverTally } from "../tallies/cover-tally.ts";
import { asClasses, type ResultList, requireTarget, type TalliedTask, type TaskContext } from "./task.ts";

export function coverTask(context: TaskContext, conformal: Conformal): TalliedTask {
  const results: ResultList = context.results ?? [];
  const tally = new CoverTally();
  return {
    tally,
    take({ values, target, tail }) {
      if (tail !== undefined)
        throw new Problem(
          "option_conflict",
          "conformal sets need all classes of a row, got only its best",
          "/logits",
        );
      const classes = asClasses(values);
      const id = requireTarget(target, classes.length);
      const set = conformalSet(context.reader.probabilities(classes, context.inverse_temperature), conformal);
      tally.add(set, id);
      results.push({ set, covered: set.includes(id) });
    },
    *finish() {
      yield;
      return { results, ...tally.report() };
    },
  };
}
