/**
 * The pieces of steps that take long. A step has three parts. First it is prepared: grammars are compiled and
 * matched, and other steps may run between two pieces. Then it is taken, and no other step may run until its last
 * piece. Last, parts of its report that take long are made in pieces, and other steps may run again.
 */
import { assert } from "../errors.ts";
import { allAtOnce } from "../pieces.ts";
import { isPrepared, prepareChain } from "./chain.ts";
import type { StepContext } from "./context.ts";
import type { Told } from "./stage.ts";
import type { StepOptions } from "./step.ts";

/** The result of a step, without the parts of its report that take long. */
export interface Untold<Result> {
  readonly pieces: Generator<undefined, Told | undefined>;
  tell(told: Told | undefined): Result;
}

type Taken<Result> = Result | Untold<Result>;

function isUntold<Result>(taken: Taken<Result>): taken is Untold<Result> {
  return typeof taken === "object" && taken !== null && "tell" in taken && "pieces" in taken;
}

export class StepPieces {
  readonly #context: StepContext;
  #under_way: Generator<undefined, unknown> | undefined;
  #was_preparing = false;

  constructor(context: StepContext) {
    this.#context = context;
  }

  get is_inside(): boolean {
    return this.#under_way !== undefined;
  }

  /** Aborts the running step. */
  abandon(): void {
    this.#under_way?.return(undefined);
  }

  readonly wasPreparing = (): boolean => {
    const was = this.#was_preparing;
    this.#was_preparing = false;
    return was;
  };

  /** True when everything that a step needs is prepared. No other step may be running. */
  isReady(options: StepOptions): boolean {
    assert(this.#under_way === undefined, "one step is taken at a time");
    this.#was_preparing = false;
    return isPrepared(options.chain, () => this.#context.textOf(options));
  }

  /**
   * Prepares a step if needed, takes it without interruption, and makes the parts of its report that take
   * long.
   */
  whole<Result>(
    options: StepOptions,
    is_ready: boolean,
    step: () => Generator<undefined, Taken<Result>>,
  ): Generator<undefined, Result> {
    const pieces: Generator<undefined, Result> = this.#whole(options, () => pieces, step);
    if (is_ready) this.#under_way = pieces;
    return pieces;
  }

  *#whole<Result>(
    options: StepOptions,
    own: () => Generator<undefined, Result>,
    step: () => Generator<undefined, Taken<Result>>,
  ): Generator<undefined, Result> {
    let taken: Taken<Result>;
    if (this.#under_way !== own())
      yield* this.#preparing(prepareChain(options.chain, this.#context.textOf(options)));
    assert(this.#under_way === undefined || this.#under_way === own(), "one step is taken at a time");
    this.#under_way = own();
    try {
      taken = yield* step();
    } finally {
      this.#under_way = undefined;
    }
    return isUntold(taken) ? yield* this.#told(taken) : taken;
  }

  /** The result, or the pieces of the remaining report. */
  told<Result>(taken: Taken<Result>): Result | Generator<undefined, Result> {
    return isUntold(taken) ? this.#told(taken) : taken;
  }

  /** The same in one piece. */
  toldAtOnce<Result>(taken: Taken<Result>): Result {
    return isUntold(taken) ? allAtOnce(this.#told(taken)) : taken;
  }

  *#told<Result>({ pieces, tell }: Untold<Result>): Generator<undefined, Result> {
    return tell(yield* this.#preparing(pieces));
  }

  /** Pieces between which other steps may run. */
  *#preparing<Result>(pieces: Generator<undefined, Result>): Generator<undefined, Result> {
    for (;;) {
      const next = pieces.next();
      if (next.done === true) return next.value;
      this.#was_preparing = true;
      yield;
      this.#was_preparing = false;
    }
  }
}
