/**
 * POST /v1/sample/batch: many rows in, their tokens out in the same order; one bad row fails alone. Rows are answered
 * as they come. When they take longer than a turn of the event loop may, the body has to wait with them.
 */
import { Problem } from "../../errors.ts";
import { writeBatch, writeProblem } from "../../wire/reply.ts";
import type { Step, StepReader } from "../../wire/step-reader.ts";
import type { Intake } from "../admission/turns.ts";
import type { Body } from "../line/arrive.ts";
import type { Exchange } from "../line/exchange.ts";
import { BATCH_BODY } from "../line/open-body.ts";
import { answerStep } from "../line/sample.ts";

export function answerBatch(exchange: Exchange): void {
  const batch = new Batch(exchange);
  exchange.receive({ write: (chunk) => batch.write(chunk), end: () => batch.end() });
}

class Batch {
  readonly #exchange: Exchange;
  readonly #body: Body<StepReader>;
  readonly #intake: Intake;
  readonly #texts: string[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#body = exchange.open(BATCH_BODY);
    this.#intake = exchange.intake({
      next: () => this.#answerNext(),
      done: () => exchange.answer(writeBatch(this.#texts)),
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

  /** Answers the next row that is ready; false when none is. */
  #answerNext(): boolean {
    const step = this.#body.reader.next();
    if (step === undefined) return false;
    this.#texts.push(this.#answerRow(step));
    return true;
  }

  /** A row's reply is the text it would have alone; a row that fails has its problem there. */
  #answerRow(step: Step | Problem): string {
    try {
      return answerStep(this.#exchange, step, "batch");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#exchange.service.figures.rejected(error.code);
      return writeProblem(error, this.#exchange.guest.id);
    }
  }
}
