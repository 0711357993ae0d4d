/** POST /v1/sample: one row of logits in, one token out. */
import type { Sampled } from "../../sampling/report/report.ts";
import { writeSampled } from "../../wire/reply.ts";
import type { StepReader } from "../../wire/step-reader.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { STEP_BODY } from "../exchange/open-body.ts";
import { StepAnswers } from "../exchange/step-answers.ts";
import { workInTurns } from "../exchange/turns.ts";

export function answerSample(exchange: Exchange): void {
  exchange.read({
    in_place: true,
    open: (first) => exchange.open(STEP_BODY, first),
    whole: (reader) => exchange.compute(() => answerStep(exchange, reader)),
  });
}

function answerStep(exchange: Exchange, reader: StepReader): void {
  const answers = new StepAnswers(exchange, "unary");
  const sampled = answers.begin(reader.next());
  if (sampled === undefined) setImmediate(() => goOn(exchange, answers));
  else exchange.answer(writeSampled(sampled));
}

/** Does the rest of a step that takes long. */
function goOn(exchange: Exchange, answers: StepAnswers): void {
  let sampled: Sampled | undefined;
  workInTurns(exchange, {
    next() {
      sampled = answers.goOn();
      return sampled === undefined;
    },
    done: () => sampled !== undefined && exchange.answer(writeSampled(sampled)),
    fail: (error) => exchange.refuse(error),
  });
}
