/**
 * Every failure a client can see: one list of codes, each with its HTTP status and its title.
 * A Problem carries the sentence with the rule and the value received, and a JSON pointer to it.
 */

/** code → [HTTP status, title]. Titles never change with the request; details do. */
export const PROBLEMS = {
  malformed_request: [400, "The request is not valid HTTP"],
  malformed_json: [400, "The JSON text cannot be parsed"],
  malformed_header: [400, "A header cannot be parsed"],
  malformed_query: [400, "The query string cannot be parsed"],
  body_missing: [400, "The request has no body"],
  unauthorized: [401, "The request needs a key"],
  forbidden: [403, "The request is not allowed"],
  not_found: [404, "There is no such resource"],
  method_not_allowed: [405, "The resource does not allow this method"],
  body_timeout: [408, "The body did not arrive in time"],
  headers_timeout: [408, "The head of the request did not arrive in time"],
  body_too_large: [413, "The body is larger than the limit"],
  unsupported_media_type: [415, "The body's type or encoding is not accepted here"],
  upgrade_required: [426, "The resource speaks another protocol"],
  headers_too_large: [431, "The head of the request is larger than the limit"],
  invalid_option: [422, "An option is out of its range or of the wrong type"],
  unknown_option: [422, "There is no such option"],
  unknown_stage: [422, "There is no such stage"],
  unknown_key: [422, "There is no such watermark key"],
  unknown_preset: [422, "There is no such preset"],
  option_conflict: [422, "Two options exclude each other"],
  invalid_logits: [422, "The logits are not a row of numbers"],
  nan_logit: [422, "A logit is NaN"],
  length_mismatch: [422, "The number of bytes or elements is not the one declared"],
  token_id_out_of_range: [422, "A token id lies outside the vocabulary"],
  all_tokens_masked: [422, "No token is left to draw from"],
  vocabulary_unknown: [422, "There is no such vocabulary"],
  grammar_invalid: [422, "The grammar is malformed or admits no text"],
  grammar_unsupported: [422, "The grammar uses an unsupported feature"],
  grammar_refused: [422, "The grammar is refused because it stopped a worker process"],
  grammar_too_large: [422, "The grammar is larger than a limit"],
  grammar_left: [422, "The text so far does not fit the grammar"],
  grammar_out_of_reach: [422, "The text cannot be completed within its tokens"],
  grammar_unspellable: [422, "The vocabulary cannot spell what the grammar wants"],
  need_more_tokens: [422, "The sparse row holds too few tokens for an exact answer"],
  cannot_calibrate: [422, "No calibration can be fitted to this set"],
  limit_exceeded: [422, "A limit of this server is exceeded"],
  rate_limited: [429, "Requests come faster than the limit"],
  overloaded: [503, "The server has no free slot"],
  shutting_down: [503, "The server is about to end"],
  internal_error: [500, "The server failed"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Maximum characters of a received value that an error shows. */
const SHOWN_LENGTH_MAX = 80;
/** The longest sentence of an error. Ours are shorter, the lists of known names included. */
const DETAIL_LENGTH_MAX = 1024;
/** The longest pointer. A pointer to a name of megabytes would help no reader, so it is shortened and marked. */
const POINTER_LENGTH_MAX = 256;

/** The first of the two units that some letters have in UTF-16. */
const HALF_A_LETTER = /[\uD800-\uDBFF]$/;

/** The text itself, or its beginning and an ellipsis. */
export function shorten(text: string, length_max = SHOWN_LENGTH_MAX): string {
  return text.length <= length_max ? text : `${text.slice(0, length_max - 1).replace(HALF_A_LETTER, "")}…`;
}

/** How a received value is shown in an error: as JSON, of which no more is written than is shown. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return shorten(jsonOf(value, SHOWN_LENGTH_MAX));
}

/** The beginning of a value's JSON text: all of it, or more than `room` characters. */
function jsonOf(value: unknown, room: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  const is_list = Array.isArray(value);
  let text = is_list ? "[" : "{";
  for (const key in value) {
    if (text.length > room) return text;
    if (text.length > 1) text += ",";
    if (!is_list) text += `${jsonOf(key, room)}:`;
    text += jsonOf((value as Readonly<Record<string, unknown>>)[key], room); // an own key of a value of JSON
  }
  return text + (is_list ? "]" : "}");
}

/** `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The pointer that leads along these names (RFC 6901); names that are too long are shortened. */
export function pointerTo(path: readonly string[]): string {
  return path.map((part) => `/${shorten(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/**
 * A client-visible failure. `pointer` is an RFC 6901 pointer into the request, "" for the whole of it. Both are bounded
 * here, whatever a sentence quotes: an answer to megabytes of nonsense is a kilobyte.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly pointer: string;

  constructor(code: ProblemCode, detail: string, pointer = "") {
    super(shorten(detail, DETAIL_LENGTH_MAX));
    this.code = code;
    this.pointer = shorten(pointer, POINTER_LENGTH_MAX);
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  get title(): string {
    return PROBLEMS[this.code][1];
  }

  /** The same problem seen from outside: `/top_p` in row 3 of a batch is `/rows/3/top_p`. */
  within(prefix: string): Problem {
    return new Problem(this.code, this.message, prefix + this.pointer);
  }
}

/** A programmer's error: never caught on the way, answered as a plain 500 and logged. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${sentence}`);
}

/** The message of whatever was thrown, which may be no Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
