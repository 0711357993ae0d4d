/** Cases about the tokens that a chain keeps of a row, with their probabilities. */

import { tiesOf } from "../../evidence/conformance/ties.ts";
import { allOr, type Line, rowField } from "../../evidence/conformance/vector.ts";
import { answerOf, otherwiseOf, type Question, stepOf, TOLERANCE } from "./definition.ts";

/** Maximum number of stored answers of mistakes; the likeliest are stored. */
const OTHERWISE_MAX = 8;

/** For longer rows the answers of mistakes are left out, because each would be as long as the row. */
const LONG = 128;

type Asked = Question & Pick<Line, "id" | "section" | "rule" | "about" | "why">;

/** The line; undefined when a decision is nearer to its bound than `margin`, or when the chain masks every token. */
export function distributionLine(asked: Asked, margin: number): Line | undefined {
  const { id, section, rule, about, why, chain, row, history, prompt_length, state } = asked;
  const step = stepOf({ chain, row, history, prompt_length, state });
  const answer = answerOf(step, row);
  if (answer.margin < margin || answer.kept.length === 0) return undefined;
  const ties = tiesOf(asked, answer.kept);
  const states = Object.keys(step.state).length > 0 ? { state: step.state } : {};
  return {
    id,
    section,
    task: "distribution",
    rule,
    about,
    chain,
    row: rowField(row),
    ...(history !== undefined && { history, prompt_length }),
    ...states,
    kept: allOr(answer.kept, row.length),
    probabilities: answer.probabilities,
    tolerance: TOLERANCE,
    ...(ties.length > 0 && { ties }),
    otherwise:
      row.length > LONG
        ? []
        : otherwiseOf(step, row, answer)
            .slice(0, OTHERWISE_MAX)
            .map((other) => ({ ...other, kept: allOr(other.kept, row.length) })),
    why,
  };
}
