/**
 * POST /v1/verify: a draft and the target's rows along it in; the accepted tokens and the next one out. POST
 * /v1/verify/batch: many drafts; a bad one fails alone. A draft is verified as its rows arrive. Rows behind the first
 * rejected token are dropped.
 */
import { Problem } from "../../errors.ts";
import { type Verified, verifyInPieces } from "../../sampling/verify/verify.ts";
import type { Pause } from "../../sampling/verify/walk.ts";
import { LIST_OPTIONS } from "../../schemas/options.ts";
import { BATCH_TEXT, writeProblem, writeVerified } from "../../wire/reply.ts";
import { openVerifyJson, openVerifyTensor } from "../../wire/verify/body.ts";
import type { VerifyCall, VerifyReader } from "../../wire/verify/calls.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Opener } from "../exchange/open-body.ts";
import { GatheredText } from "../exchange/pieces.ts";
import { type BodyWork, takeBody } from "../exchange/take-body.ts";

const LISTS: ReadonlySet<string> = new Set([...LIST_OPTIONS, "draft_token_ids", "parents"]);

const VERIFY_BODY = bodyOf(false);
const VERIFY_BATCH_BODY = bodyOf(true);

function bodyOf(many: boolean): Opener<VerifyReader> {
  return {
    json: (context) => openVerifyJson(many, context),
    tensor: (source, context) => openVerifyTensor(many, source, context),
    lists: LISTS,
  };
}

export function answerVerify(exchange: Exchange): void {
  takeBody(exchange, VERIFY_BODY, new Drafts(exchange, false));
}

export function answerVerifyBatch(exchange: Exchange): void {
  takeBody(exchange, VERIFY_BATCH_BODY, new Drafts(exchange, true));
}

/** A call whose pieces are being taken. */
interface UnderWay {
  readonly pieces: Generator<Pause, Verified>;
  readonly place: VerifyCall["place"];
  spent_ms: number;
}

/** Answers the drafts of a body, a piece at a time. */
class Drafts implements BodyWork<VerifyReader> {
  reader: VerifyReader | undefined;
  readonly #exchange: Exchange;
  readonly #many: boolean;
  readonly #text = new GatheredText();
  #answered = 0;
  #under_way: UnderWay | undefined;

  constructor(exchange: Exchange, many: boolean) {
    this.#exchange = exchange;
    this.#many = many;
  }

  /** Runs a piece of the current draft, or begins the next; false when there is none, or its rows have not arrived. */
  next(): boolean {
    if (this.#under_way !== undefined) return this.#goOn(this.#under_way);
    const call = this.reader?.next();
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
    const [vocab_size = 0] = rows.lengths;
    for (let i = 0; i <= options.verification.tree.depth; i++)
      this.#exchange.reckonReply(options, vocab_size);
    this.#exchange.record.vocab_size = vocab_size;
    const pieces = verifyInPieces(sampler, rows, options, wire.options);
    this.#under_way = { pieces, place, spent_ms: 0 };
  }

  #goOn(call: UnderWay): boolean {
    const began_ms = performance.now();
    try {
      const piece = call.pieces.next();
      const ms = performance.now() - began_ms;
      call.spent_ms += ms;
      this.#exchange.sampling_ms += ms;
      if (piece.done === true) this.#verified(piece.value, call);
      return piece.done === true || piece.value !== "arriving";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#failed(call.place(error));
      return true;
    }
  }

  #verified(verified: Verified, { spent_ms }: UnderWay): void {
    this.#under_way = undefined;
    const { positions } = verified;
    for (const sampled of positions)
      this.#exchange.service.counters.sampled(sampled, "verify", spent_ms / 1000 / positions.length);
    this.#add(writeVerified(verified));
  }

  #failed(problem: Problem): void {
    this.#under_way = undefined;
    if (!this.#many) throw problem;
    this.#exchange.service.counters.rejected(problem.code);
    this.#add(writeProblem(problem, this.#exchange.record.id));
  }

  #add(text: string): void {
    const before = this.#answered === 0 ? BATCH_TEXT.begin : BATCH_TEXT.between;
    this.#text.add(this.#many ? before + text : text);
    this.#answered += 1;
  }
}
