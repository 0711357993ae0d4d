/**
 * POST /v1/sample/batch: many rows in, their tokens out in the same order. A bad row fails alone. Rows are sampled as they
 * arrive. When they take longer than a turn of the event loop, the body waits.
 */
import { Problem } from "../../errors.ts";
import type { Sampled } from "../../sampling/report/report.ts";
import { KeptSets } from "../../wire/kept-sets.ts";
import { BATCH_TEXT, writeProblem, writeSampled } from "../../wire/reply.ts";
import type { Step, StepReader } from "../../wire/step-reader.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { BATCH_BODY, HEADER_LENGTH } from "../exchange/open-body.ts";
import { byteLength, GatheredText } from "../exchange/pieces.ts";
import { StepAnswers } from "../exchange/step-answers.ts";
import { type BodyWork, takeBody } from "../exchange/take-body.ts";
import { TENSOR_TYPE, wantsTensor } from "../exchange/tensor-type.ts";

export function answerBatch(exchange: Exchange): void {
  takeBody(exchange, BATCH_BODY, new Batch(exchange));
}

class Batch implements BodyWork<StepReader> {
  reader: StepReader | undefined;
  readonly #exchange: Exchange;
  readonly #answers: StepAnswers;
  readonly #text = new GatheredText();
  /** kept tokens, if the client wants them behind the JSON and not in it */
  readonly #kept: KeptSets | undefined;
  #rows = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#kept = wantsTensor(exchange.raw.headers.accept) ? new KeptSets() : undefined;
    this.#answers = new StepAnswers(exchange, "batch");
  }

  /** Samples the next ready row, or a piece of it; false when no row is ready. */
  next(): boolean {
    const step = this.#answers.is_inside ? undefined : this.reader?.next();
    if (step === undefined && !this.#answers.is_inside) return false;
    const text = this.#answerRow(step);
    if (text === undefined) return true;
    this.#text.add((this.#rows === 0 ? BATCH_TEXT.begin : BATCH_TEXT.between) + text);
    this.#rows += 1;
    return true;
  }

  done(): void {
    this.#text.add(this.#rows === 0 ? BATCH_TEXT.begin + BATCH_TEXT.end : BATCH_TEXT.end);
    const parts = this.#text.parts();
    if (this.#kept === undefined) this.#exchange.answer(parts);
    else
      this.#exchange.answer(
        [...parts, ...this.#kept.bytes()],
        ["content-type", TENSOR_TYPE, HEADER_LENGTH, String(byteLength(parts))],
      );
  }

  fail(error: unknown): void {
    this.#exchange.refuse(error);
  }

  /**
   * Writes the reply of a row, which is the text of its single request, or its problem. Without a new step, the current
   * one continues.
   */
  #answerRow(step: Step | Problem | undefined): string | undefined {
    if (step !== undefined && !(step instanceof Problem)) this.#exchange.reckon(step);
    try {
      const sampled = step === undefined ? this.#answers.goOn() : this.#answers.begin(step);
      return sampled && this.#written(sampled);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#kept?.add([]);
      this.#exchange.service.counters.rejected(error.code);
      return writeProblem(error, this.#exchange.record.id);
    }
  }

  #written(sampled: Sampled): string {
    if (this.#kept === undefined) return writeSampled(sampled);
    const { kept_token_ids = [], ...rest } = sampled;
    this.#kept.add(kept_token_ids);
    return writeSampled(rest);
  }
}
