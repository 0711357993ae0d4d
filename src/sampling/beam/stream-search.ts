/**
 * A beam search on a stream. A message says how to search. The messages after it bring rows: one in the first step, then one
 * for each live beam, in their order. The line after the last row of a step is the reply that POST /v1/beam would give. The
 * stream keeps the search, and the history and state of each live beam. Its own history stays as it is.
 */
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { contextIdsOf, isContextId, notAContextId } from "../options/fields.ts";
import type { OptionLimits } from "../options/option-limits.ts";
import type { StepRows } from "../rows.ts";
import type { Sampler } from "../sampler.ts";
import type { StepOptions } from "../step.ts";
import type { SampleStream, StreamPlace } from "../stream.ts";
import { type BeamCall, parseBeam, parseBeamRow } from "./options.ts";
import { type BeamStep, BeamWalk, type NextBeam } from "./search.ts";
import { requireUnmarked } from "./unmarked.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Bytes that a token of a beam's history takes, and a character of its state as JSON. */
const TOKEN_BYTES = 32;
const STATE_BYTES = 4;

/** The functions that a search on a stream needs from its owner. */
export interface SearchHost {
  readonly sampler: Pick<Sampler, "inspect">;
  readonly limits: OptionLimits;
  /** true when the server adds a default watermark: see requireUnmarked */
  readonly marks: boolean;
  /** Reports the total bytes that the search is about to keep. Throws a Problem when there is no room for them. */
  hold(bytes: number): void;
}

export class StreamSearch {
  /** rows of the step that are still to come */
  left: number;
  /** it pauses in the middle of a row */
  is_inside = false;
  /** the search is finished, or was refused and its rows have come */
  is_over = false;
  readonly drafted = 0;
  readonly #stream: SampleStream;
  readonly #host: SearchHost;
  #call: BeamCall | undefined;
  #live: readonly StreamPlace[] = [];
  #walk: BeamWalk | undefined;
  /** of the row at hand */
  #pieces: Generator<undefined, void> | undefined;
  /** a row of this step was refused, and those after it are dropped */
  #drops = false;

  /** Throws the Problem of a search whose rows cannot be counted. */
  constructor(stream: SampleStream, said: Fields, host: SearchHost) {
    this.#stream = stream;
    this.#host = host;
    this.left = rowsOf(said);
  }

  /** The error for a message that is not a row, while only rows are allowed; undefined while others are allowed too. */
  get waits(): string | undefined {
    if (this.#call === undefined || this.#walk !== undefined || this.#drops)
      return `a step of a search waits for its rows, of which ${this.left} are to come`;
    return undefined;
  }

  /** Begins a search. Throws a Problem for invalid options. */
  begin({ beam, search, live, ...stray }: Fields): void {
    const [unknown] = Object.keys(stray);
    if (unknown !== undefined)
      throw new Problem(
        "unknown_option",
        `beam takes beam, search and live, and the options of rows are those of the stream, got ${unknown}`,
        pointerTo([unknown]),
      );
    const call = parseBeam(beam, search, this.#stream.seed);
    this.#keep(placesOf(live, call, this.#stream));
    this.#call = call;
  }

  /** Takes the next row, or drops it where an earlier one was refused. Throws the Problem of the row. */
  take(rows: (options: StepOptions) => StepRows, own: Fields | undefined): void {
    this.left -= 1;
    const call = this.#call;
    if (call === undefined || this.#drops) {
      if (this.left === 0) this.#again();
      return;
    }
    this.#walk ??= new BeamWalk(call);
    const place = this.#live[call.search.beams.length - this.left - 1] as StreamPlace; // as many as live beams
    const options = this.#stream.look(place, own, (given, limits) => parseBeamRow(call, given, limits));
    requireUnmarked(options, this.#host.marks);
    const taken = rows(options);
    this.#pieces = this.#walk.row(this.#host.sampler, taken, options);
  }

  /** Does the next piece. The reply to the step; undefined before the last piece. Throws a Problem. */
  goOn(): BeamStep | undefined {
    if (this.#pieces === undefined) return undefined;
    this.is_inside = this.#pieces.next().done !== true;
    const step = this.is_inside || this.left > 0 ? undefined : this.#walk?.end();
    if (!this.is_inside) this.#pieces = undefined;
    if (step !== undefined) this.#took(step);
    return step;
  }

  /** The search is where it was before the step. */
  refused(): void {
    this.is_inside = false;
    this.#pieces = undefined;
    this.#walk = undefined;
    this.#drops = true;
    if (this.left === 0) this.#again();
  }

  /** All rows of a refused step have come. */
  #again(): void {
    this.#drops = false;
    if (this.#call === undefined) this.is_over = true;
    else this.#begins(this.#call);
  }

  #begins(call: BeamCall): void {
    this.#call = call;
    this.left = call.search.beams.length;
    this.#walk = undefined;
  }

  #took({ beams, search, finished }: BeamStep): void {
    this.is_over = finished;
    if (finished) return;
    this.#keep(nextPlaces(this.#live, beams));
    this.#begins({ ...(this.#call as BeamCall), search }); // it has taken rows
  }

  #keep(places: readonly Growth[]): void {
    const { history_length_max } = this.#host.limits;
    const longest = places.reduce((most, { tokens }) => Math.max(most, tokens), 0);
    if (longest > history_length_max)
      throw new Problem(
        "limit_exceeded",
        `the history of a beam may have at most ${history_length_max} tokens (history_length_max), got ${longest}`,
      );
    this.#host.hold(places.reduce((bytes, each) => bytes + bytesOf(each), 0));
    this.#live = places.map(({ history, state }) => ({ history: history(), state }));
  }
}

/** A place that a beam is about to have. */
interface Growth {
  readonly tokens: number;
  readonly state: StreamPlace["state"];
  readonly history: () => readonly number[];
}

function bytesOf({ tokens, state }: Growth): number {
  const has_state = Object.keys(state).length > 0;
  return TOKEN_BYTES * tokens + (has_state ? STATE_BYTES * JSON.stringify(state).length : 0);
}

function nextPlaces(live: readonly StreamPlace[], beams: readonly NextBeam[]): Growth[] {
  return beams.map(({ parent, token_id, state = {} }) => {
    const { history } = live[parent] as StreamPlace; // a parent is a row of the step
    return { tokens: history.length + 1, state, history: () => [...history, token_id] };
  });
}

/** The number of rows of the first step. Throws a Problem when a continued search does not give it. */
function rowsOf({ search }: Fields): number {
  if (search === undefined || search === null) return 1;
  const beams = isRecord(search) ? search["beams"] : undefined;
  if (Array.isArray(beams) && beams.length > 0) return beams.length;
  throw new Problem("invalid_option", `search must have its live beams, got ${show(beams)}`, "/search/beams");
}

/** The place of each live beam. A continued search gives the tokens of its beams after the history of the stream. */
function placesOf(live: unknown, { search }: BeamCall, { history, state }: SampleStream): Growth[] {
  if (search.step === 0) {
    if (live === undefined || live === null)
      return [{ tokens: history.length, state, history: () => [...history] }];
    throw new Problem("option_conflict", "live goes with the search that it is of", "/live");
  }
  if (!Array.isArray(live) || live.length !== search.beams.length)
    throw new Problem(
      "length_mismatch",
      `live must be an array of ${search.beams.length}, one {"token_ids": […]} for each live beam, got ${show(live)}`,
      "/live",
    );
  return live.map((each, i) => {
    const token_ids = tokensOf(each, search.step, i);
    const own = isRecord(each) ? each["state"] : undefined;
    const tokens = history.length + token_ids.length;
    return { tokens, state: isRecord(own) ? own : {}, history: () => [...history, ...token_ids] };
  });
}

function tokensOf(one: unknown, step: number, index: number): readonly number[] {
  const fields: Fields = isRecord(one) ? one : {};
  const stray = Object.keys(fields).find((name) => name !== "token_ids" && name !== "state");
  if (stray !== undefined)
    throw new Problem(
      "unknown_option",
      `a live beam has token_ids and state, got ${stray}`,
      pointerTo(["live", String(index), stray]),
    );
  const { token_ids, state } = fields;
  if (state !== undefined && state !== null && !isRecord(state))
    throw new Problem(
      "invalid_option",
      `state must be an object, got ${show(state)}`,
      pointerTo(["live", String(index), "state"]),
    );
  const pointer = pointerTo(["live", String(index), "token_ids"]);
  if (!Array.isArray(token_ids) || token_ids.length !== step)
    throw new Problem(
      "length_mismatch",
      `token_ids must be the ${step} token ids of the beam behind the history of the stream, got ${show(token_ids)}`,
      pointer,
    );
  const wrong = token_ids.find((id) => !isContextId(id));
  if (wrong !== undefined) throw new Problem("invalid_option", `a token id ${notAContextId(wrong)}`, pointer);
  return contextIdsOf(token_ids);
}

/** Throws the Problem of a message of this type that may not come before the rows of a step, or while a search is open. */
export function requireBeside({ waits }: { readonly waits: string | undefined }, type: string): void {
  if (waits !== undefined)
    throw new Problem("option_conflict", `${waits}, got a message of type ${type}`, "/type");
  if (type === "update" || type === "beam") return;
  throw new Problem(
    "option_conflict",
    `a search is open, and its beams go on only: {"type": "beam", "beam": null} ends it, got a message of type ${type}`,
    "/type",
  );
}
