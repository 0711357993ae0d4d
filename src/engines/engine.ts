/**
 * The common interface of engines that answer over HTTP with log-probabilities, such as llama-server and vLLM. Nothing
 * here samples. It needs only fetch, so it runs in Node and in browsers.
 */

/** The distribution of the next token as an engine reports it: the most likely tokens, or all tokens. */
export interface NextRow {
  /** distinct ids, the most likely first; of equal ones the lower id first */
  readonly token_ids: Int32Array;
  /** ln p of these tokens, in the same order; −Infinity for a probability of 0 */
  readonly values: Float32Array;
  /** length of the whole row; undefined: the engine has not reported it */
  readonly vocab_size: number | undefined;
  /** ln Σ exp over the whole row: 0, or the sum over these tokens where rounding makes that larger */
  readonly logsumexp: number;
  /** maximum error of `logsumexp`, because the engine adds in float32 */
  readonly logsumexp_error: number;
  /** an upper bound for the ln p of every token that is left out */
  readonly max_omitted: number;
  /** true: no token is left out */
  readonly is_whole: boolean;
  /** true: the engine reports no more tokens than these, whatever the request */
  readonly is_most: boolean;
  /** text of these tokens as bytes, when the engine sends it with the row */
  readonly bytes?: readonly Uint8Array[];
}

/** The number of tokens of a row to request. */
export type Count = number | "whole";

/** Facts about an engine and its model. */
export interface EngineFacts {
  readonly model: string;
  readonly version: string | undefined;
  readonly vocab_size: number | undefined;
  /** maximum tokens of prompt and text together */
  readonly context_tokens_max: number | undefined;
  /** ids that end a text, as far as the engine reports them */
  readonly end_ids: readonly number[];
}

/** Options of a step under our names, including the preset's defaults, for the engine's own sampler. */
export type EngineOptions = Readonly<Record<string, unknown>>;

/** A token that the engine drew, and the distribution that it drew from, when it reports that. */
export interface OwnStep {
  readonly token_id: number;
  /** probabilities after the engine's own sampler, the most likely first; undefined: the engine does not report them */
  readonly processed: { readonly token_ids: Int32Array; readonly probabilities: Float64Array } | undefined;
}

export interface TokenBytes {
  /** the token's text by id; undefined: a special token */
  readonly tokens: readonly (Uint8Array | undefined)[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface OwnCallOptions extends CallOptions {
  /** true: the distribution is not requested, because a whole row is large */
  readonly token_only?: boolean;
}

/**
 * A running engine. Every call throws an EngineError with a sentence when the engine refuses or sends an unexpected
 * answer.
 */
export interface Engine {
  /** the kind, a name in the list of engines */
  readonly kind: string;
  readonly url: string;
  /** the preset with the order, defaults and rules of its own sampler */
  readonly preset: string;
  readonly facts: EngineFacts;
  /** Requests the distribution after these tokens, before any sampler. */
  next(token_ids: readonly number[], count: Count, call?: CallOptions): Promise<NextRow>;
  /** Lets the engine draw one token with its own sampler. Throws when the engine lacks one of the options. */
  own(token_ids: readonly number[], options: EngineOptions, call?: OwnCallOptions): Promise<OwnStep>;
  /** Token ids of a text as a prompt of the model, including the model's initial tokens. */
  tokenize(text: string, call?: CallOptions): Promise<number[]>;
  detokenize(token_ids: readonly number[], call?: CallOptions): Promise<string>;
  /** The bytes of every token; undefined: the engine has no such call. */
  vocabulary?(call?: CallOptions): Promise<TokenBytes>;
}

/** A kind of engine, as an entry of the list. */
export interface EngineKind {
  readonly name: string;
  /** one sentence: the request that it uses, and what the engine reports */
  readonly about: string;
  /** Opens the server when it is of this kind; otherwise undefined. */
  open(server: Server): Promise<Engine | undefined>;
}

/** A server whose kind is still unknown. */
export interface Server {
  readonly url: string;
  /** `owned_by` of the first model in /v1/models; undefined when the server has no such list */
  readonly owner: string | undefined;
  /** id of that model */
  readonly model: string | undefined;
  /** the whole list */
  readonly card: Readonly<Record<string, unknown>>;
  /** The JSON at this path; undefined when the path does not exist. */
  get(path: string): Promise<unknown>;
  /** The JSON reply. A reply of more than `bytes_max` bytes is refused. */
  post(path: string, body: object, bytes_max: number, call?: CallOptions): Promise<unknown>;
  /** number of tokens of the model's vocabulary, if the caller knows it: for engines that do not report it */
  readonly vocab_size: number | undefined;
  /** texts of the tokens, if the caller knows them: for engines that report texts without ids */
  readonly idOf: ((text: string) => number | undefined) | undefined;
}

/**
 * The engine refuses, hides what is requested, or sends an unexpected answer. The message is a sentence with the URL.
 */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** HTTP status of a reply that was not successful */
  readonly status: number | undefined;

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

/** The engine lacks an option that was requested. */
export class MissingOption extends EngineError {}
