/**
 * An example of a report of the conformance suite: the float64 definitions with one fault, a temperature before top_p.
 * docs/conformance.md and the README's picture show it.
 */
import { judge } from "../../src/conform/judge.ts";
import { type Report, reportOf } from "../../src/conform/report.ts";
import { readVectors, rowOf, type Vector } from "../../src/conform/vectors.ts";
import { answerOf, type Question, stepOf } from "../conformance/definition.ts";

const SECTION = "orders";
const NAME = "my-sampler";

let made: Report | undefined;

/** The report of the section "orders". */
export function exampleReport(): Report {
  made ??= reportOf(
    NAME,
    readVectors(undefined, [SECTION]).map((vector) => ({
      vector,
      verdict: judge(vector, { answer: answerOfFaulty(vector) }),
    })),
  );
  return made;
}

function answerOfFaulty(vector: Vector) {
  const question = vector as unknown as Question; // a case of this section has its fields
  const { history, prompt_length, state } = question;
  const row = rowOf(vector["row"]);
  const step = stepOf({ chain: faulty(question.chain), row, history, prompt_length, state });
  const { kept, probabilities } = answerOf(step, row);
  return { kept, probabilities };
}

/** The chain with a temperature after top_p moved before it. */
function faulty(chain: Question["chain"]): Question["chain"] {
  const place = (stage: string) => chain.findIndex((each) => each["stage"] === stage);
  const [top_p, temperature] = [place("top_p"), place("temperature")];
  if (top_p < 0 || temperature < top_p) return chain;
  const moved = chain[temperature] as Question["chain"][number]; // it is there
  const rest = chain.toSpliced(temperature, 1);
  return rest.toSpliced(top_p, 0, moved);
}
