/**
 * Any server with OpenAI's legacy POST /v1/completions and `logprobs`. It reports texts of tokens without ids; the ids
 * come from the vocabulary that the caller names.
 */
import { drawnIds, idInName, mostIn, oneToken, toldTokens, within } from "./completions.ts";
import {
  type CallOptions,
  type Count,
  EngineError,
  type EngineFacts,
  type EngineKind,
  type EngineOptions,
  type NextRow,
  type OwnStep,
} from "./engine.ts";
import { textIn } from "./json.ts";
import { bytesFor, rowOf } from "./next-row.ts";
import { ServedEngine } from "./served.ts";
import { type Spelling, seedField, spelledFor } from "./spelling.ts";

const LOGSUMEXP_ERROR = 2e-4;
/** The maximum of OpenAI's own API. */
const MOST = 5;

const SPELLING: Spelling = {
  temperature: "temperature",
  top_p: "top_p",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
  logit_bias: "logit_bias",
  seed: seedField(53),
};

export const openai: EngineKind = {
  name: "openai",
  about:
    "Any other server with /v1/completions and logprobs: as many as it gives, often 5. It tells texts and no ids, so it needs the model's tokenizer.json.",
  async open(server) {
    if (server.model === undefined) return undefined;
    if (server.idOf === undefined)
      throw new EngineError(
        `${server.url} tells texts of tokens and no ids: name its tokenizer.json, which tells the ids (--vocabulary FILE)`,
      );
    const facts: EngineFacts = {
      model: server.model,
      version: undefined,
      vocab_size: server.vocab_size,
      context_tokens_max: undefined,
      end_ids: [],
    };
    return new Completions(server, facts);
  },
};

class Completions extends ServedEngine {
  readonly kind = openai.name;
  readonly preset = "openai";
  #most: number | undefined;

  #idOf = (name: string): number | undefined => idInName(name) ?? this.server.idOf?.(name);

  async next(prompt: readonly number[], count: Count, call?: CallOptions): Promise<NextRow> {
    const { model, vocab_size } = this.facts;
    const wanted = within(count === "whole" ? (vocab_size ?? MOST) : count, this.#most) as number;
    const asked = { ...oneToken(model, prompt), logprobs: wanted };
    try {
      const reply = await this.server.post("/v1/completions", asked, bytesFor(wanted), call);
      const { pairs, nameless } = toldTokens(reply, this.#idOf);
      return rowOf(pairs, {
        url: this.url,
        asked: wanted,
        vocab_size,
        logsumexp_error: LOGSUMEXP_ERROR,
        nameless,
        is_most: count === "whole" || wanted < count,
      });
    } catch (error) {
      if (!(error instanceof EngineError) || error.status === undefined) throw error;
      // llama-cpp-python's server takes prompts as text and would tokenize them anew at each step.
      if (/prompt/.test(error.message) && /valid string/.test(error.message))
        throw new EngineError(`${this.url} takes a prompt as text alone, and not as token ids`, error.status);
      if (this.#most !== undefined || error.status >= 500) throw error;
      this.#most = mostIn(error.message) ?? MOST;
      return this.next(prompt, count, call);
    }
  }

  async own(prompt: readonly number[], options: EngineOptions, call?: CallOptions): Promise<OwnStep> {
    const fields = spelledFor(this.kind, SPELLING, options);
    const asked = { ...oneToken(this.facts.model, prompt), ...fields, logprobs: 1 };
    const reply = await this.server.post("/v1/completions", asked, bytesFor(1), call);
    const [token_id] = drawnIds(reply, this.#idOf);
    if (token_id === undefined)
      throw new EngineError(
        `${this.url} drew ${JSON.stringify(textIn(reply, "choices", 0, "text"))}, which is no one token of the vocabulary`,
      );
    return { token_id, processed: undefined };
  }

  async detokenize(): Promise<string> {
    throw new EngineError(`${this.url} has no way to turn token ids into text`);
  }
}
