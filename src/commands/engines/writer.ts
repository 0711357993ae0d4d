/**
 * A text, token by token: engines tell the distribution of the next token, and the library draws it. A step asks for
 * few tokens of the row first, and for more until the answer is proven to be that of the whole row.
 */
import type { Count, Engine, NextRow } from "../../engines/index.ts";
import { logitsOf, type PartOfRow, partOf } from "../../engines/logits.ts";
import { Problem } from "../../errors.ts";
import type { LibraryStream, Logits, Sampler } from "../../library.ts";
import type { Sampled } from "../../sampling/report/report.ts";

/** One row of each step: an engine, and the prompt that it continues. */
export interface Source {
  readonly engine: Engine;
  readonly prompt: readonly number[];
}

export interface Written {
  readonly sampled: Sampled;
  /** the whole rows would provably have given this token */
  readonly exact: boolean;
  /** tokens that each source told in the end */
  readonly told: readonly number[];
  /** requests that each source was sent */
  readonly requests: number;
  /** from the first request to the last answer */
  readonly engine_ms: number;
  readonly sampler_ms: number;
  readonly rows: readonly NextRow[];
}

/** Each time so many tokens more are asked for. */
const GROWTH = 8;
/** Refusals of a row that holds too few tokens, and not of the step. */
const TOO_FEW: readonly string[] = ["need_more_tokens", "all_tokens_masked"];

export class Writer {
  readonly #sources: readonly Source[];
  readonly #sampler: Sampler;
  readonly #stream: LibraryStream;
  readonly #drawn: number[] = [];
  /** how many tokens are asked for, from the fewest on */
  readonly #counts: readonly Count[];
  /** place in it where the next step begins: where the last one ended, or one less when that would have done */
  #place = 0;

  constructor(sources: readonly Source[], sampler: Sampler, stream: LibraryStream, top: number) {
    this.#sources = sources;
    this.#sampler = sampler;
    this.#stream = stream;
    const sizes = sources.map(({ engine }) => engine.facts.vocab_size ?? Number.POSITIVE_INFINITY);
    this.#counts = countsFrom(top, Math.min(...sizes));
  }

  /** Draws the next token. Throws an EngineError, or the Problem of a step that is refused. */
  async next(signal: AbortSignal): Promise<Written> {
    const times = { engine_ms: 0, sampler_ms: 0 };
    for (let requests = 1; ; requests++) {
      const began = performance.now();
      const rows = await this.#ask(this.#counts[this.#place] ?? "whole", signal);
      const asked = performance.now();
      times.engine_ms += asked - began;
      const taken = this.#take(rows);
      times.sampler_ms += performance.now() - asked;
      if (taken === undefined) this.#place += 1;
      else return { ...taken, ...times, requests, rows, told: rows.map(({ token_ids }) => token_ids.length) };
    }
  }

  #ask(count: Count, signal: AbortSignal): Promise<NextRow[]> {
    const asked = this.#sources.map(({ engine, prompt }) =>
      engine.next([...prompt, ...this.#drawn], count, { signal }),
    );
    return Promise.all(asked);
  }

  /** The token of these rows; undefined when more of them could change it. */
  #take(rows: readonly NextRow[]): Pick<Written, "sampled" | "exact"> | undefined {
    const exact = rows.every(({ is_whole }) => is_whole) || this.#proves(rows);
    const may_more = this.#place < this.#counts.length - 1 && !rows.every(({ is_most }) => is_most);
    if (!exact && may_more) return undefined;
    const lower = this.#place > 0 ? this.#counts[this.#place - 1] : undefined;
    const is_lower = exact && typeof lower === "number" && this.#proves(rows.map((row) => cut(row, lower)));
    const sampled = this.#stream.next(rows.map(logitsOf));
    this.#drawn.push(sampled.token_id);
    if (is_lower) this.#place -= 1;
    return { sampled, exact };
  }

  /**
   * True when every row that these are the beginning of gives the same token. An engine adds up in float32, so the step is
   * taken at both ends of what the normaliser may be.
   */
  #proves(rows: readonly NextRow[]): boolean {
    const [low, high] = [-1, 1].map((sign) => this.#attempt(rows.map((row) => atEnd(row, sign))));
    if (low?.exact !== true || high?.exact !== true) return false;
    return low.token_id === high.token_id && low.kept === high.kept;
  }

  #attempt(rows: readonly Logits[]): Sampled | undefined {
    const { options, step, state } = this.#stream;
    try {
      return this.#sampler.sample(rows, { ...options, step, state });
    } catch (error) {
      if (error instanceof Problem && TOO_FEW.includes(error.code)) return undefined;
      throw error;
    }
  }
}

/** Most of a row costs what all of it does, and all of it is exact. */
function countsFrom(top: number, vocab_size: number): Count[] {
  const counts: Count[] = [];
  for (let count = top; count < vocab_size / 2 && counts.length < 3; count *= GROWTH) counts.push(count);
  return [...counts, "whole"];
}

/** The most likely tokens of a row, as the engine would have told them. */
function cut(row: NextRow, count: number): NextRow {
  const token_ids = row.token_ids.subarray(0, count);
  const values = row.values.subarray(0, count);
  const is_whole = token_ids.length === row.vocab_size;
  const max_omitted = is_whole ? Number.NEGATIVE_INFINITY : (values.at(-1) ?? 0);
  return { ...row, token_ids, values, is_whole, max_omitted };
}

/** The row with the normaliser at one end of what it may be. */
function atEnd(row: NextRow, sign: number): PartOfRow {
  const logsumexp = row.logsumexp + sign * row.logsumexp_error;
  // No whole row holds less than its part: `logsumexp` is above 0 only where the part says so.
  return partOf(row, Math.max(logsumexp, row.logsumexp > 0 ? row.logsumexp : logsumexp));
}
