/**
 * POST /v1/verify: a draft and the rows that the target gave along it in, the tokens that are accepted and the next one
 * out; POST /v1/verify/batch: many of them, one bad one fails alone. Each is verified as soon as its rows have come.
 */
import { Problem } from "../../errors.ts";
import { type Verified, verifyInPieces } from "../../sampling/verify/verify.ts";
import { LIST_OPTIONS } from "../../schemas/options.ts";
import { BATCH_TEXT, writeProblem, writeVerified } from "../../wire/reply.ts";
import type { VerifyCall, VerifyReader } from "../../wire/verify/calls.ts";
import { VerifyJson } from "../../wire/verify/json-reader.ts";
import { VerifyTensor } from "../../wire/verify/tensor-reader.ts";
import type { Body } from "../exchange/arrive.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Opener } from "../exchange/open-body.ts";
import { GatheredText } from "../exchange/pieces.ts";
import { vocabSize } from "../exchange/step-answers.ts";
import { type Work, workInTurns } from "../exchange/turns.ts";

const LISTS: ReadonlySet<string> = new Set([...LIST_OPTIONS, "draft_token_ids"]);

export const VERIFY_BODY = bodyOf(false);
export const VERIFY_BATCH_BODY = bodyOf(true);

function bodyOf(many: boolean): Opener<VerifyReader> {
  return {
    json: (context) => new VerifyJson(many, context),
    tensor: (source, context) => new VerifyTensor(source, many, context),
    lists: LISTS,
  };
}

export function answerVerify(exchange: Exchange): void {
  const body = exchange.open(VERIFY_BODY);
  exchange.receive({
    in_place: true,
    write: (chunk) => body.write(chunk),
    end() {
      body.end();
      workInTurns(exchange, new Drafts(exchange, body, false));
    },
  });
}

/** Takes the calls of a body while it comes. */
export function answerVerifyBatch(exchange: Exchange): void {
  const body = exchange.open(VERIFY_BATCH_BODY);
  const intake = exchange.intake(new Drafts(exchange, body, true));
  exchange.receive({
    write(chunk) {
      intake.requireGood();
      body.write(chunk);
      if (intake.wrote()) exchange.free(chunk);
    },
    end() {
      intake.requireGood();
      body.end();
      intake.end();
    },
  });
}

/** A call whose pieces are being taken. */
interface UnderWay {
  readonly pieces: Generator<undefined, Verified>;
  readonly place: VerifyCall["place"];
  spent_ms: number;
}

/** Answers the calls of a body, a piece at a time. */
class Drafts implements Work {
  readonly #exchange: Exchange;
  readonly #body: Body<VerifyReader>;
  readonly #many: boolean;
  readonly #text = new GatheredText();
  #answered = 0;
  #under_way: UnderWay | undefined;

  constructor(exchange: Exchange, body: Body<VerifyReader>, many: boolean) {
    this.#exchange = exchange;
    this.#body = body;
    this.#many = many;
  }

  /** Does a piece of the call at hand, or begins the next that is ready; false when none is. */
  next(): boolean {
    if (this.#under_way !== undefined) {
      this.#goOn(this.#under_way);
      return true;
    }
    const call = this.#body.reader.next();
    if (call === undefined) return false;
    if (call instanceof Problem) this.#failed(call);
    else this.#begin(call);
    return true;
  }

  done(): void {
    if (this.#many) this.#text.add(BATCH_TEXT.end);
    this.#exchange.answer(this.#text.parts());
  }

  fail(error: unknown): void {
    this.#exchange.refuse(error);
  }

  #begin({ rows, options, place }: VerifyCall): void {
    const { sampler, wire } = this.#exchange.service;
    for (const row of rows.target) this.#exchange.reckon({ rows: [row].flat(), options });
    this.#exchange.guest.vocab_size = vocabSize([rows.target[0] ?? []].flat());
    const pieces = verifyInPieces(sampler, rows, options, wire.options);
    this.#under_way = { pieces, place, spent_ms: 0 };
  }

  #goOn(call: UnderWay): void {
    const began_ms = performance.now();
    try {
      const piece = call.pieces.next();
      const ms = performance.now() - began_ms;
      call.spent_ms += ms;
      this.#exchange.sampling_ms += ms;
      if (piece.done === true) this.#verified(piece.value, call);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#failed(call.place(error));
    }
  }

  #verified(verified: Verified, { spent_ms }: UnderWay): void {
    this.#under_way = undefined;
    const { positions } = verified;
    for (const sampled of positions)
      this.#exchange.service.figures.sampled(sampled, "verify", spent_ms / 1000 / positions.length);
    this.#add(writeVerified(verified));
  }

  #failed(problem: Problem): void {
    this.#under_way = undefined;
    if (!this.#many) throw problem;
    this.#exchange.service.figures.rejected(problem.code);
    this.#add(writeProblem(problem, this.#exchange.guest.id));
  }

  #add(text: string): void {
    const before = this.#answered === 0 ? BATCH_TEXT.begin : BATCH_TEXT.between;
    this.#text.add(this.#many ? before + text : text);
    this.#answered += 1;
  }
}
