/** POST /v1/sample: one row of logits in, one token out. */
import { answerStep } from "../exchange/answer-step.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { STEP_BODY } from "../exchange/open-body.ts";

export function answerSample(exchange: Exchange): void {
  answerStep(exchange, STEP_BODY);
}
