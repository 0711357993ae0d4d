/**
 * POST /v1/verify: a draft and the target's rows along it in; the accepted tokens and the next one out. POST
 * /v1/verify/batch: many drafts; a bad one fails alone. A draft is verified as its rows arrive. Rows behind the first
 * rejected token are dropped.
 */
import { Problem } from "../../errors.ts";
import { LIST_OPTIONS } from "../../schemas/options.ts";
import { BATCH_TEXT, writeProblem, writeVerified } from "../../wire/reply.ts";
import { openVerifyJson, openVerifyTensor } from "../../wire/verify/body.ts";
import type { VerifyReader } from "../../wire/verify/calls.ts";
import { DraftAnswers } from "../exchange/draft-answers.ts";
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

/** Answers the drafts of a body, a piece at a time. */
class Drafts implements BodyWork<VerifyReader> {
  reader: VerifyReader | undefined;
  readonly #exchange: Exchange;
  readonly #many: boolean;
  readonly #text = new GatheredText();
  readonly #answers: DraftAnswers;
  #answered = 0;

  constructor(exchange: Exchange, many: boolean) {
    this.#exchange = exchange;
    this.#many = many;
    this.#answers = new DraftAnswers(exchange);
  }

  /** Runs a piece of the current draft, or begins the next; false when there is none, or its rows have not arrived. */
  next(): boolean {
    if (this.#answers.is_inside) return this.#goOn();
    const call = this.reader?.next();
    if (call === undefined) return false;
    if (call instanceof Problem) this.#failed(call);
    else this.#answers.begin(call);
    return true;
  }

  done(): void {
    if (this.#many) this.#text.add(BATCH_TEXT.end);
    this.#exchange.answer(this.#text.parts());
  }

  fail(error: unknown): void {
    this.#exchange.refuse(error);
  }

  #goOn(): boolean {
    try {
      const reply = this.#answers.goOn();
      if (typeof reply === "object") this.#add(writeVerified(reply));
      return reply !== "arriving";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#failed(error);
      return true;
    }
  }

  #failed(problem: Problem): void {
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
