/** Verifies drafts one after the other, a piece at a time, timed and counted. */
import { assert, Problem } from "../../errors.ts";
import { type Verified, verifyInPieces } from "../../sampling/verify/verify.ts";
import type { Pause } from "../../sampling/verify/walk.ts";
import type { VerifyCall } from "../../wire/verify/calls.ts";
import type { Exchange } from "./exchange.ts";

/** A call whose pieces are being taken. */
interface UnderWay {
  readonly pieces: Generator<Pause, Verified>;
  readonly place: VerifyCall["place"];
  /** number of drafted tokens, in ids of the target */
  readonly drafted: number;
  spent_ms: number;
}

export class DraftAnswers {
  readonly #exchange: Exchange;
  #under_way: UnderWay | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Whether the current draft needs `goOn`. */
  get is_inside(): boolean {
    return this.#under_way !== undefined;
  }

  /** Reserves memory for the reply. Throws a Problem when there is no room, or when the reply would be too long. */
  begin({ rows, options, place }: VerifyCall): void {
    const { sampler, wire } = this.#exchange.service;
    const [vocab_size = 0] = rows.lengths;
    for (let i = 0; i <= options.verification.tree.depth; i++)
      this.#exchange.reckonReply(options, vocab_size);
    this.#exchange.record.vocab_size = vocab_size;
    const pieces = verifyInPieces(sampler, rows, options, wire.options);
    const drafted = options.verification.draft_token_ids.length;
    this.#under_way = { pieces, place, drafted, spent_ms: 0 };
  }

  /**
   * Does the next piece. The reply after the last one; "arriving" while rows are missing; undefined after other pieces. Throws
   * a Problem relative to the request, after which the draft is over.
   */
  goOn(): Verified | Pause {
    const call = this.#under_way;
    assert(call !== undefined, "a draft was begun");
    const began_ms = performance.now();
    try {
      const piece = call.pieces.next();
      const ms = performance.now() - began_ms;
      call.spent_ms += ms;
      this.#exchange.sampling_ms += ms;
      if (piece.done === true) this.#verified(piece.value, call);
      return piece.value;
    } catch (error) {
      this.#under_way = undefined;
      throw error instanceof Problem ? call.place(error) : error;
    }
  }

  #verified(reply: Verified, { drafted, spent_ms }: UnderWay): void {
    this.#under_way = undefined;
    this.#exchange.service.counters.verified({ reply, drafted }, spent_ms / 1000);
  }
}
