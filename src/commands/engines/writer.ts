/**
 * Writes a text, token by token: an engine gives the distribution of the next token, and the library draws. A step
 * first requests a few tokens of the row. It requests more until the result provably equals that of the whole row.
 */
import type { Count, Engine, NextRow } from "../../engines/index.ts";
import { logitsOf, type PartOfRow, partOf } from "../../engines/logits.ts";
import { Problem } from "../../errors.ts";
import type { LibraryStream, Logits, Sampler } from "../../library.ts";
import type { Sampled } from "../../sampling/report/report.ts";

/** One source of rows: an engine, and the prompt that it continues. */
export interface Source {
  readonly engine: Engine;
  readonly prompt: readonly number[];
}

export interface Written {
  readonly sampled: Sampled;
  /** true: the whole rows would provably give this token */
  readonly exact: boolean;
  /** number of tokens that each source sent at last */
  readonly told: readonly number[];
  /** number of requests to each source */
  readonly requests: number;
  /** milliseconds from the first request to the last reply */
  readonly engine_ms: number;
  readonly sampler_ms: number;
  readonly rows: readonly NextRow[];
}

/** Factor between the numbers of tokens in successive requests. */
const GROWTH = 8;
/** Errors which mean that a row has too few tokens, rather than that the step is wrong. */
const TOO_FEW: readonly string[] = ["need_more_tokens", "all_tokens_masked"];

export class Writer {
  readonly #sources: readonly Source[];
  readonly #sampler: Sampler;
  readonly #stream: LibraryStream;
  readonly #drawn: number[] = [];
  /** the numbers of tokens to request, ascending */
  readonly #counts: readonly Count[];
  /** index in it at which the next step begins: where the last step ended, or one less if that would have sufficed */
  #place = 0;

  constructor(sources: readonly Source[], sampler: Sampler, stream: LibraryStream, top: number) {
    this.#sources = sources;
    this.#sampler = sampler;
    this.#stream = stream;
    const sizes = sources.map(({ engine }) => engine.facts.vocab_size ?? Number.POSITIVE_INFINITY);
    this.#counts = countsFrom(top, Math.min(...sizes));
  }

  /** Draws the next token. Throws an EngineError, or the Problem of a refused step. */
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

  /** The token of these rows; undefined when more of their tokens could change it. */
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
   * True when every whole row that begins with these tokens gives the same token. An engine adds in float32, so the
   * step is taken at both ends of the normaliser's range.
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

/** Most of a row costs as much as all of it, and a whole row is exact. */
function countsFrom(top: number, vocab_size: number): Count[] {
  const counts: Count[] = [];
  for (let count = top; count < vocab_size / 2 && counts.length < 3; count *= GROWTH) counts.push(count);
  return [...counts, "whole"];
}

/** The most likely tokens of a row, in the form of an engine's reply. */
function cut(row: NextRow, count: number): NextRow {
  const token_ids = row.token_ids.subarray(0, count);
  const values = row.values.subarray(0, count);
  const is_whole = token_ids.length === row.vocab_size;
  const max_omitted = is_whole ? Number.NEGATIVE_INFINITY : (values.at(-1) ?? 0);
  return { ...row, token_ids, values, is_whole, max_omitted };
}

/** The row with the normaliser at one end of its range. */
function atEnd(row: NextRow, sign: number): PartOfRow {
  const logsumexp = row.logsumexp + sign * row.logsumexp_error;
  // A whole row has at least the mass of its part: `logsumexp` is above 0 only where the part's mass requires it.
  return partOf(row, Math.max(logsumexp, row.logsumexp > 0 ? row.logsumexp : logsumexp));
}
