/**
 * Engines that answer over HTTP with log-probabilities, such as llama-server and vLLM: what all of them can be asked.
 * Nothing here samples; it needs no more than fetch, so it runs in Node and in browsers.
 */

/** The distribution of the next token as an engine tells it: the most likely tokens, or all. */
export interface NextRow {
  /** distinct ids, the most likely first; of equal ones the lower id first */
  readonly token_ids: Int32Array;
  /** ln p of these tokens, in the same order; −Infinity for a probability of 0 */
  readonly values: Float32Array;
  /** length of the whole row; undefined: the engine has not told it */
  readonly vocab_size: number | undefined;
  /** ln Σ exp over the whole row: 0, or the sum over these where rounding makes it larger */
  readonly logsumexp: number;
  /** how far `logsumexp` may be off, because the engine adds up in float32 */
  readonly logsumexp_error: number;
  /** no token that is left out is likelier than this */
  readonly max_omitted: number;
  /** true: no token is left out */
  readonly is_whole: boolean;
  /** true: the engine tells no more tokens than these, whatever is asked */
  readonly is_most: boolean;
  /** text of these tokens as bytes, where the engine sends it with the row */
  readonly bytes?: readonly Uint8Array[];
}

/** How many tokens of a row are asked for. */
export type Count = number | "whole";

/** What is known of an engine and the model that it runs. */
export interface EngineFacts {
  readonly model: string;
  readonly version: string | undefined;
  readonly vocab_size: number | undefined;
  /** tokens of prompt and text together */
  readonly context_tokens_max: number | undefined;
  /** ids that end a text, as far as the engine tells them */
  readonly end_ids: readonly number[];
}

/** Options of a step in our names, preset's defaults included: what an engine is asked to do by itself. */
export type EngineOptions = Readonly<Record<string, unknown>>;

/** A token that the engine drew, and what it drew it from where it tells that. */
export interface OwnStep {
  readonly token_id: number;
  /** probabilities after the engine's own sampler, the most likely first; undefined: the engine does not tell them */
  readonly processed: { readonly token_ids: Int32Array; readonly probabilities: Float64Array } | undefined;
}

export interface TokenBytes {
  /** by id; undefined: a special token */
  readonly tokens: readonly (Uint8Array | undefined)[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface OwnCallOptions extends CallOptions {
  /** what the engine drew from is not asked for, which of a whole row is much */
  readonly token_only?: boolean;
}

/** A running engine. All calls throw an EngineError with a sentence when the engine refuses or answers something else. */
export interface Engine {
  /** the kind, as in the list of engines */
  readonly kind: string;
  readonly url: string;
  /** the preset that has the order, defaults and rules of its own sampler */
  readonly preset: string;
  readonly facts: EngineFacts;
  /** Asks for the distribution after these tokens, before any sampler. */
  next(token_ids: readonly number[], count: Count, call?: CallOptions): Promise<NextRow>;
  /** Has the engine draw one token with its own sampler. Throws when it does not have one of the options. */
  own(token_ids: readonly number[], options: EngineOptions, call?: OwnCallOptions): Promise<OwnStep>;
  /** Token ids of a text as the model's prompts have them, with what the model begins with. */
  tokenize(text: string, call?: CallOptions): Promise<number[]>;
  detokenize(token_ids: readonly number[], call?: CallOptions): Promise<string>;
  /** What every token stands for; undefined: the engine has no way to tell. */
  vocabulary?(call?: CallOptions): Promise<TokenBytes>;
}

/** A kind of engine, as it stands in the list. */
export interface EngineKind {
  readonly name: string;
  /** one sentence: which requests it takes, and what it tells */
  readonly about: string;
  /** Opens the server when it is of this kind; undefined when it is of another. */
  open(server: Server): Promise<Engine | undefined>;
}

/** A server that is asked what it is. */
export interface Server {
  readonly url: string;
  /** `owned_by` of the first model that /v1/models lists; undefined when it has no such list */
  readonly owner: string | undefined;
  /** id of that model */
  readonly model: string | undefined;
  /** all that the list says of it */
  readonly card: Readonly<Record<string, unknown>>;
  /** The JSON at this path; undefined when there is none. */
  get(path: string): Promise<unknown>;
  /** The JSON that answers. An answer of more than `bytes_max` bytes is refused. */
  post(path: string, body: object, bytes_max: number, call?: CallOptions): Promise<unknown>;
  /** tokens of the model's vocabulary, where the caller knows: for engines that do not tell it */
  readonly vocab_size: number | undefined;
  /** what token texts stand for, where the caller knows: for engines that tell texts and no ids */
  readonly idOf: ((text: string) => number | undefined) | undefined;
}

/** An engine that refuses, hides what is asked, or answers something else. The message is a sentence with the URL. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** HTTP status, where the engine answered with one that is no success */
  readonly status: number | undefined;

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

/** An engine that does not have an option that was asked for. */
export class MissingOption extends EngineError {}
