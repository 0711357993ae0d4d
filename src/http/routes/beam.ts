/**
 * POST /v1/beam: the rows of a search's live beams in, the beams that continue and the sequences that ended out. Rows
 * are processed as they arrive, so a step with any number of beams needs the memory of one row.
 */
import { assert, Problem } from "../../errors.ts";
import { BeamWalk } from "../../sampling/beam/search.ts";
import { requireUnmarked } from "../../sampling/beam/unmarked.ts";
import { type BeamReader, openBeamJson, openBeamTensor } from "../../wire/beam-body.ts";
import { writeBeams } from "../../wire/reply.ts";
import type { Step } from "../../wire/step-reader.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Opener } from "../exchange/open-body.ts";
import { vocabSize } from "../exchange/step-answers.ts";
import { type BodyWork, takeBody } from "../exchange/take-body.ts";

const BEAM_BODY: Opener<BeamReader> = { json: openBeamJson, tensor: openBeamTensor };

export function answerBeam(exchange: Exchange): void {
  takeBody(exchange, BEAM_BODY, new Beams(exchange));
}

class Beams implements BodyWork<BeamReader> {
  reader: BeamReader | undefined;
  readonly #exchange: Exchange;
  #walk: BeamWalk | undefined;
  #step: Step | undefined;
  /** of the row at hand */
  #pieces: Generator<undefined, void> | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Processes the next row, or a piece of its work; false when no row is ready. */
  next(): boolean {
    const began_ms = performance.now();
    try {
      return this.#advance();
    } catch (error) {
      throw error instanceof Problem ? (this.#step?.place?.(error) ?? error) : error;
    } finally {
      this.#exchange.sampling_ms += performance.now() - began_ms;
    }
  }

  done(): void {
    const { service } = this.#exchange;
    const began_ms = performance.now();
    const step = this.#walked.end();
    this.#exchange.sampling_ms += performance.now() - began_ms;
    service.counters.searched(step.beams.length + step.ended.length, this.#exchange.sampling_ms / 1000);
    this.#exchange.answer(writeBeams(step));
  }

  fail(error: unknown): void {
    this.#exchange.refuse(error);
  }

  #advance(): boolean {
    if (this.#pieces === undefined) {
      this.#step = undefined;
      const step = this.reader?.next();
      if (step === undefined) return false;
      this.#step = step;
      requireUnmarked(step.options, this.#exchange.service.config.default_mark !== undefined);
      this.#exchange.record.vocab_size = vocabSize(step.rows);
      this.#pieces = this.#walked.row(this.#exchange.service.sampler, step.rows, step.options);
    }
    if (this.#pieces.next().done === true) this.#pieces = undefined;
    return true;
  }

  get #walked(): BeamWalk {
    if (this.#walk === undefined) {
      const plan = this.reader?.plan;
      assert(plan !== undefined, "rows come behind the head of a body");
      this.#walk = new BeamWalk(plan.call);
    }
    return this.#walk;
  }
}
