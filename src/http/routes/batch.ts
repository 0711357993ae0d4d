/**
 * POST /v1/sample/batch: many rows in, their tokens out in the same order; one bad row fails alone. Rows are answered
 * as they come. When they take longer than a turn of the event loop may, the body has to wait with them.
 */
import { Problem } from "../../errors.ts";
import { BATCH_TEXT, writeProblem, writeSampled } from "../../wire/reply.ts";
import type { Step, StepReader } from "../../wire/step-reader.ts";
import type { Body } from "../exchange/arrive.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { BATCH_BODY } from "../exchange/open-body.ts";
import { GatheredText } from "../exchange/pieces.ts";
import { StepAnswers } from "../exchange/step-answers.ts";
import type { Intake } from "../exchange/turns.ts";

export function answerBatch(exchange: Exchange): void {
  const batch = new Batch(exchange);
  exchange.receive({ write: (chunk) => batch.write(chunk), end: () => batch.end() });
}

class Batch {
  readonly #exchange: Exchange;
  readonly #body: Body<StepReader>;
  readonly #intake: Intake;
  readonly #answers: StepAnswers;
  readonly #text = new GatheredText();
  #rows = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#answers = new StepAnswers(exchange, "batch");
    this.#body = exchange.open(BATCH_BODY);
    this.#intake = exchange.intake({
      next: () => this.#answerNext(),
      done: () => this.#answer(),
      fail: (error) => exchange.refuse(error),
    });
  }

  write(chunk: Uint8Array): void {
    this.#intake.requireGood();
    this.#body.write(chunk);
    if (this.#intake.wrote()) this.#exchange.free(chunk);
  }

  end(): void {
    this.#intake.requireGood();
    this.#body.end();
    this.#intake.end();
  }

  /** Answers the next row that is ready, or does a piece of it; false when none is. */
  #answerNext(): boolean {
    const step = this.#answers.is_inside ? undefined : this.#body.reader.next();
    if (step === undefined && !this.#answers.is_inside) return false;
    const text = this.#answerRow(step);
    if (text === undefined) return true;
    this.#text.add((this.#rows === 0 ? BATCH_TEXT.begin : BATCH_TEXT.between) + text);
    this.#rows += 1;
    return true;
  }

  #answer(): void {
    this.#text.add(this.#rows === 0 ? BATCH_TEXT.begin + BATCH_TEXT.end : BATCH_TEXT.end);
    this.#exchange.answer(this.#text.parts());
  }

  /** A row's reply is the text it would have alone; a row that fails has its problem there. Without a step the one at hand goes on. */
  #answerRow(step: Step | Problem | undefined): string | undefined {
    if (step !== undefined && !(step instanceof Problem)) this.#exchange.reckon(step);
    try {
      const sampled = step === undefined ? this.#answers.goOn() : this.#answers.begin(step);
      return sampled && writeSampled(sampled);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#exchange.service.counters.rejected(error.code);
      return writeProblem(error, this.#exchange.record.id);
    }
  }
}
