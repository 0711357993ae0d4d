/** POST /v1/sample: one row of logits in, one token out. */
import type { Exchange } from "../line/exchange.ts";
import { STEP_BODY } from "../line/open-body.ts";
import { answerStep } from "../line/sample.ts";

export function answerSample(exchange: Exchange): void {
  const body = exchange.open(STEP_BODY);
  exchange.receive({
    in_place: true,
    write: (chunk) => body.write(chunk),
    end() {
      body.end();
      exchange.compute(() => exchange.answer(answerStep(exchange, body.reader.next(), "unary")));
    },
  });
}
