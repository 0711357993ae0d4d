/**
 * One request for a token, from the first byte of its body to its answer. The body is read in place. When it is whole and
 * it is this request's turn, its step is sampled and answered.
 */
import type { Sampled } from "../../sampling/report/report.ts";
import { writeSampled } from "../../wire/reply.ts";
import type { StepReader } from "../../wire/step-reader.ts";
import type { Exchange } from "./exchange.ts";
import { openBody, rowsAsked, STEP_BODY } from "./open-body.ts";
import { StepAnswers } from "./step-answers.ts";
import { workInTurns } from "./turns.ts";

export function answerStep(exchange: Exchange): void {
  exchange.read({
    in_place: true,
    rows: (first) => rowsAsked(exchange.raw, first, exchange.service.wire.options.sources_max),
    open: (first) => openBody(STEP_BODY, exchange.raw, exchange.context, first),
    whole: (reader) => exchange.compute(() => answer(exchange, reader)),
  });
}

function answer(exchange: Exchange, reader: StepReader): void {
  const answers = new StepAnswers(exchange, "unary");
  const sampled = answers.begin(reader.next());
  if (sampled === undefined) setImmediate(() => goOn(exchange, answers));
  else exchange.answer(writeSampled(sampled));
}

/** Runs the rest of a long step, a piece at a time. */
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
