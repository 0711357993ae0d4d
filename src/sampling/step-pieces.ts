/**
 * The pieces of steps that take long. A step is prepared first: grammars are compiled and followed, and others take
 * their steps between two pieces. Then it is taken, and no other step may be until its last piece. What takes long to
 * tell of its token is told in pieces again between which others take steps.
 */
import { assert } from "../errors.ts";
import { allAtOnce } from "../pieces.ts";
import { isPrepared, prepareChain } from "./chain.ts";
import type { StepContext } from "./context.ts";
import type { Told } from "./stage.ts";
import type { StepOptions } from "./step.ts";

/** What a step has come to but for what takes long to tell of its token. */
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

  /** Gives up the step that is taken. */
  abandon(): void {
    this.#under_way?.return(undefined);
  }

  wasPreparing(): boolean {
    const was = this.#was_preparing;
    this.#was_preparing = false;
    return was;
  }

  /** Whether a step has all that it needs prepared. No other may be inside. */
  isReady(options: StepOptions): boolean {
    assert(this.#under_way === undefined, "one step is taken at a time");
    this.#was_preparing = false;
    return isPrepared(options.chain, () => this.#context.textOf(options));
  }

  /** Prepares a step unless it is, takes it alone, and tells of it what takes long. */
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

  /** What was taken, or the pieces of what is still to be told. */
  told<Result>(taken: Taken<Result>): Result | Generator<undefined, Result> {
    return isUntold(taken) ? this.#told(taken) : taken;
  }

  /** The same at once. */
  toldAtOnce<Result>(taken: Taken<Result>): Result {
    return isUntold(taken) ? allAtOnce(this.#told(taken)) : taken;
  }

  *#told<Result>({ pieces, tell }: Untold<Result>): Generator<undefined, Result> {
    return tell(yield* this.#preparing(pieces));
  }

  /** Pieces between which others take steps. */
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
