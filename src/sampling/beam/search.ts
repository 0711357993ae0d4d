/**
 * One step of a beam search. The chain runs on each row, and the continuations that may matter are kept. A row is released as
 * soon as it was read, so a step needs the memory of one row for any number of beams. After the last row the rule chooses the
 * continuations that go on.
 */
import { Problem } from "../../errors.ts";
import { nextStates } from "../chain.ts";
import { SYSTEM_FINGERPRINT } from "../fingerprint.ts";
import type { TokenLogprob } from "../report/token-logprob.ts";
import { isSparse, type LogitsRow, type StepRows } from "../rows.ts";
import type { Left, Sampler } from "../sampler.ts";
import type { StepOptions } from "../step.ts";
import { isProven } from "./exact.ts";
import type { BeamCall } from "./options.ts";
import type { EndedBeam, EndingBeam, FinishReason, RowLook, Search, Sums, Way } from "./rule.ts";

/** A beam that continues. */
export interface NextBeam extends Sums {
  /** index of the row that it continues */
  readonly parent: number;
  readonly token_id: number;
  /** state of the stages that have one; the beam's next row must send it back */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** A sequence that ended in this step and is kept. */
export interface NewEnded extends EndedBeam {
  readonly parent: number;
  readonly token_id: number;
  readonly finish_reason: FinishReason;
}

/** The reply to a step of a search, in wire order. */
export interface BeamStep {
  /** best first, as their rule ranks them */
  readonly beams: readonly NextBeam[];
  readonly ended: readonly NewEnded[];
  readonly finished: boolean;
  /** for sparse rows: true when whole rows would provably have given the same answer */
  readonly exact?: boolean;
  /** the state that the next request sends back */
  readonly search: Search;
  readonly system_fingerprint: string;
}

/** Takes the rows of a step one after the other and computes its result. */
export class BeamWalk {
  readonly #call: BeamCall;
  readonly #ways: Way[] = [];
  #rows = 0;
  #exact: boolean | undefined;
  /** of a row whose chain removed every token */
  #masked: Problem | undefined;

  constructor(call: BeamCall) {
    this.#call = call;
  }

  /** the number of rows of the step */
  get expected(): number {
    return this.#call.search.beams.length;
  }

  /** Processes the next row, in pieces. Throws a Problem whose pointer is relative to the row. */
  *row(sampler: Pick<Sampler, "inspect">, rows: StepRows, options: StepOptions): Generator<undefined, void> {
    const parent = this.#rows;
    if (parent >= this.expected) throw wrongRows(this.expected, parent + 1);
    try {
      yield* sampler.inspect(rows, options, (left) => this.#look(left, options, parent));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "all_tokens_masked") throw error;
      this.#masked ??= error;
    }
    this.#rows += 1;
  }

  /**
   * The result of the step. Throws a Problem when rows are missing, or when no beam can continue and none has
   * ended.
   */
  end(): BeamStep {
    const { rule, options, search } = this.#call;
    if (this.#rows !== this.expected) throw wrongRows(this.expected, this.#rows);
    if (this.#ways.length === 0 && search.ended.length === 0 && this.#masked !== undefined)
      throw this.#masked;
    const advance = rule.advance(this.#ways, search, options);
    const ended = numbered(advance.ended, search.next_id);
    const after: Search = {
      rule: search.rule,
      seed: search.seed,
      step: search.step + 1,
      beams: advance.next.map(sumsOf),
      ended: ended.map(({ kept }) => kept),
      next_id: ended.reduce((next, { kept }) => Math.max(next, kept.id + 1), search.next_id),
      carry: advance.carry ?? [],
      finished: advance.finished,
    };
    return {
      beams: advance.next.map(({ parent, token_id, state, ...sums }) => ({
        parent,
        token_id,
        ...sumsOf(sums),
        ...(state !== undefined && { state }),
      })),
      ended: ended.flatMap(({ told }) => told ?? []),
      finished: advance.finished,
      ...(this.#exact !== undefined && { exact: this.#exact }),
      ...(advance.finished && rule.tells?.(after)),
      search: after,
      system_fingerprint: SYSTEM_FINGERPRINT,
    };
  }

  #look(left: Left, options: StepOptions, parent: number): void {
    const { rule, options: own } = this.#call;
    const row = new Look(left, options, this.#call, parent);
    const width = rule.width(own);
    const ways = rule.look?.(row, own) ?? row.best(width);
    if (left.rows.some(isSparse)) {
      const proven = isProven(left.rows, ways, row.is_idle && rule.look === undefined ? width : undefined);
      if (!proven && options.require_exact)
        throw new Problem(
          "need_more_tokens",
          "the listed tokens were not enough to prove the continuations exact",
          "/logits/token_ids",
        );
      this.#exact = proven && this.#exact !== false;
    }
    for (const way of ways) if (Number.isFinite(way.score)) this.#ways.push(way);
  }
}

/** One row, and the sums of its continuations. */
class Look implements RowLook {
  readonly left: Left;
  readonly parent: number;
  readonly search: Search;
  /** true when every stage of the chain is neutral, so that the row stays unchanged */
  readonly is_idle: boolean;
  readonly #call: BeamCall;
  readonly #options: StepOptions;

  constructor(left: Left, options: StepOptions, call: BeamCall, parent: number) {
    this.left = left;
    this.parent = parent;
    this.search = call.search;
    this.#call = call;
    this.#options = options;
    this.is_idle =
      options.combine === undefined && options.chain.every(({ skipped }) => skipped === "neutral");
  }

  /** The `count` best continuations. */
  best(count: number): Way[] {
    if (!this.is_idle) return this.#summed(this.left.candidates.top(count));
    // The row is unchanged, so its normaliser is also that of the chain.
    const top = this.left.raw().top(count);
    return top.map(({ token_id, logprob }) => this.#way(token_id, logprob, logprob, logprob, undefined));
  }

  ways(token_ids: readonly number[]): Way[] {
    const { candidates } = this.left;
    const logprobs = candidates.logprobs(token_ids);
    return this.#summed(token_ids.map((token_id, i) => ({ token_id, logprob: logprobs[i] ?? null })));
  }

  #summed(kept: readonly TokenLogprob[]): Way[] {
    const { candidates, rows } = this.left;
    const { score } = this.#call;
    const scores = score === "processed" ? kept.map(({ token_id }) => candidates.keptScoreOf(token_id)) : [];
    const { divided_by } = candidates;
    const states = this.#statesOf(kept);
    // From here on the row is unchanged.
    const raw = this.left.raw();
    return kept.flatMap(({ token_id, logprob }, i) => {
      if (logprob === null || logprob === Number.NEGATIVE_INFINITY) return [];
      const model = finiteOrNull(raw.logprob(token_id));
      const own =
        score === "chain"
          ? logprob
          : score === "model"
            ? model
            : processed(rows, { score: scores[i] ?? 0, divided_by }, token_id, model);
      return [this.#way(token_id, own, model, logprob, states?.[i])];
    });
  }

  #statesOf(kept: readonly TokenLogprob[]): (Readonly<Record<string, unknown>> | null)[] | undefined {
    const { chain, state } = this.#options;
    if (chain.every(({ stage }) => stage.state === undefined)) return undefined;
    const { candidates, context } = this.left;
    return kept.map(({ token_id }) => nextStates(chain, state, candidates, context, token_id));
  }

  #way(
    token_id: number,
    score: number | null,
    logprob: number | null,
    chain_logprob: number | null,
    state: Readonly<Record<string, unknown>> | null | undefined,
  ): Way {
    const before = this.search.beams[this.parent] as Sums; // the walk has checked the number of rows
    return {
      parent: this.parent,
      token_id,
      score: before.score + (score ?? Number.NEGATIVE_INFINITY),
      logprob: sum(before.logprob, logprob),
      chain_logprob: sum(before.chain_logprob, chain_logprob),
      ...(state != null && { state }),
      ...(before.carry !== undefined && { carry: before.carry }),
    };
  }
}

/** A score after the chain. */
interface Processed {
  readonly score: number;
  /** the product of the chain's temperatures */
  readonly divided_by: number;
}

/**
 * The score after a chain that begins with ln p: the score after the chain minus ln Σ exp of the unchanged row, which a
 * temperature divides too. −∞ where the token had probability 0 there.
 */
function processed(
  rows: readonly LogitsRow[],
  { score, divided_by }: Processed,
  token_id: number,
  model: number | null,
): number {
  const row = rows[0] as LogitsRow; // every step has at least one row
  const logit = isSparse(row) ? row.values[row.token_ids.indexOf(token_id)] : row.values[token_id];
  if (model === null || logit === undefined) return Number.NEGATIVE_INFINITY;
  return divided_by === 1 ? score - logit + model : score - (logit - model) / divided_by;
}

function sum(before: number | null, logprob: number | null): number | null {
  return before === null || logprob === null ? null : before + logprob;
}

function finiteOrNull(logprob: number): number | null {
  return Number.isFinite(logprob) ? logprob : null;
}

function sumsOf({ score, logprob, chain_logprob, carry }: Sums): Sums {
  return { score, logprob, chain_logprob, ...(carry !== undefined && { carry }) };
}

interface Numbered {
  readonly kept: EndedBeam;
  /** the field of an ended sequence of this step */
  readonly told: NewEnded | undefined;
}

/** Gives the sequences that end in this step their ids, in order. */
function numbered(ended: readonly (EndedBeam | EndingBeam)[], next_id: number): Numbered[] {
  let id = next_id;
  return ended.map((each) => {
    if ("id" in each) return { kept: each, told: undefined };
    const kept = { id, ...sumsOf(each), length: each.length };
    id += 1;
    const { parent, token_id } = each.way;
    return { kept, told: { ...kept, parent, token_id, finish_reason: each.finish_reason } };
  });
}

export function wrongRows(expected: number, got: number): Problem {
  const what = expected === 1 ? "1 row, its live beam" : `${expected} rows, one for each live beam`;
  return new Problem("length_mismatch", `this step of the search needs ${what}, got ${got}`, "/rows");
}
