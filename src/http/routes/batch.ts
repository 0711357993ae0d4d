/**
 * POST /v1/sample/batch: many rows in, their tokens out in the same order; one bad row fails alone. Rows are answered
 * as they come. When they take longer than a turn of the event loop may, the body has to wait with them.
 */
import { Problem } from "../../errors.ts";
import { writeBatch, writeProblem } from "../../wire/reply.ts";
import type { Step, StepReader } from "../../wire/step-reader.ts";
import { TURN_MS } from "../admission/gate.ts";
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
  readonly #texts: string[] = [];
  #complete = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#body = exchange.open(BATCH_BODY);
  }

  write(chunk: Uint8Array): void {
    this.#body.write(chunk);
    if (this.#proceed()) this.#exchange.free(chunk);
  }

  end(): void {
    this.#body.end();
    this.#complete = true;
    this.#proceed();
  }

  /** Answers the rows that are ready, now and in as many further turns as it takes; true when none is left. */
  #proceed(): boolean {
    const { raw } = this.#exchange;
    let waits = true;
    this.#exchange.compute(() => {
      waits = !this.#answerReady();
      if (waits) setImmediate(() => this.#proceed());
      else if (this.#complete) this.#exchange.answer(writeBatch(this.#texts));
      else if (raw.isPaused()) raw.resume();
    });
    if (waits) raw.pause();
    return !waits;
  }

  /** False when its time is up before all rows at hand are answered. */
  #answerReady(): boolean {
    const { reader } = this.#body;
    const until_ms = performance.now() + TURN_MS;
    for (let step = reader.next(); step !== undefined; step = reader.next()) {
      this.#texts.push(this.#answerRow(step));
      if (performance.now() > until_ms) return false;
    }
    return true;
  }

  /** A row's reply is the text it would have alone; a row that fails has its problem there. */
  #answerRow(step: Step | Problem): string {
    if (!(step instanceof Problem)) this.#exchange.reckon(step);
    try {
      return answerStep(this.#exchange, step, "batch");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#exchange.service.figures.rejected(error.code);
      return writeProblem(error, this.#exchange.guest.id);
    }
  }
}
