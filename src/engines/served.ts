/** The common parts of engines: their server, and requests that several of them share. */
import {
  type CallOptions,
  type Count,
  type Engine,
  EngineError,
  type EngineFacts,
  type EngineOptions,
  type NextRow,
  type OwnCallOptions,
  type OwnStep,
  type Server,
} from "./engine.ts";
import { tokenIdsIn } from "./json.ts";
import { bytesFor } from "./next-row.ts";

export abstract class ServedEngine implements Engine {
  abstract readonly kind: string;
  abstract readonly preset: string;
  readonly url: string;
  readonly facts: EngineFacts;
  protected readonly server: Server;

  constructor(server: Server, facts: EngineFacts) {
    this.server = server;
    this.url = server.url;
    this.facts = facts;
  }

  abstract next(token_ids: readonly number[], count: Count, call?: CallOptions): Promise<NextRow>;
  abstract own(token_ids: readonly number[], options: EngineOptions, call?: OwnCallOptions): Promise<OwnStep>;
  abstract detokenize(token_ids: readonly number[], call?: CallOptions): Promise<string>;

  /** vLLM's route, which other engines have adopted. */
  tokenize(prompt: string, call?: CallOptions): Promise<number[]> {
    return this.tokenIdsOf({ model: this.facts.model, prompt }, prompt, call);
  }

  protected async tokenIdsOf(asked: object, text: string, call?: CallOptions): Promise<number[]> {
    return tokenIdsIn(await this.server.post("/tokenize", asked, bytesFor(text.length), call), this.url);
  }

  /** The engine's reply to /detokenize. */
  protected detokenized(asked: object, { length }: readonly number[], call?: CallOptions): Promise<unknown> {
    return this.server.post("/detokenize", asked, bytesFor(length), call);
  }

  /** The id of the token that the engine drew. Throws an EngineError when it reports none. */
  protected drawn(token_id: number | undefined): number {
    if (token_id === undefined) throw new EngineError(`${this.url} drew a token and did not tell its id`);
    return token_id;
  }
}
