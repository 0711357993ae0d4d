/** vLLM's OpenAI-compatible server: POST /v1/completions with tokens named by their ids. */
import { exp } from "../kernels/float64.ts";
import { drawnIds, idInName, mostIn, oneToken, toldTokens, within } from "./completions.ts";
import {
  type CallOptions,
  type Count,
  EngineError,
  type EngineFacts,
  type EngineKind,
  type EngineOptions,
  type NextRow,
  type OwnCallOptions,
  type OwnStep,
} from "./engine.ts";
import { numberIn, textIn } from "./json.ts";
import { bytesFor, LEAST, rowOf } from "./next-row.ts";
import { ServedEngine } from "./served.ts";
import { type Spelling, seedField, spelledFor } from "./spelling.ts";

/** torch.log_softmax adds in float32, in pieces. */
const LOGSUMEXP_ERROR = 2e-5;
/** vLLM's maximum when it is started without --max-logprobs. */
const MOST = 20;

const SPELLING: Spelling = {
  temperature: "temperature",
  top_k: "top_k",
  top_p: "top_p",
  min_p: "min_p",
  repetition_penalty: "repetition_penalty",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
  logit_bias: "logit_bias",
  allowed_token_ids: "allowed_token_ids",
  min_tokens: "min_tokens",
  seed: seedField(53),
};

export const vllm: EngineKind = {
  name: "vllm",
  about:
    "vLLM's server: the top 20 log-probabilities, or any number when it is started with --max-logprobs -1. It tells no text of single tokens.",
  async open(server) {
    if (server.owner !== "vllm") return undefined;
    const facts: EngineFacts = {
      model: server.model ?? "",
      version: textIn(await server.get("/version"), "version"),
      vocab_size: undefined,
      context_tokens_max: numberIn(server.card, "max_model_len"),
      end_ids: [],
    };
    return new Vllm(server, facts);
  },
};

class Vllm extends ServedEngine {
  readonly kind = vllm.name;
  readonly preset = "vllm";
  #most: number | undefined;
  #vocab_size: number | undefined;
  #tells_processed: boolean | undefined;

  async next(prompt: readonly number[], count: Count, call?: CallOptions): Promise<NextRow> {
    const wanted = within(count, this.#most);
    const asked = { ...this.#named(prompt), logprobs: wanted === "whole" ? -1 : wanted };
    try {
      const bytes_max = bytesFor(wanted, this.#vocab_size);
      const reply = await this.server.post("/v1/completions", asked, bytes_max, call);
      const row = rowOf(toldTokens(reply, idInName).pairs, {
        url: this.url,
        asked: wanted,
        vocab_size: this.#vocab_size,
        logsumexp_error: LOGSUMEXP_ERROR,
        is_most: wanted !== count,
      });
      if (row.is_whole) this.#vocab_size = row.vocab_size;
      return row;
    } catch (error) {
      if (this.#most !== undefined || !isRefusal(error)) throw error;
      this.#most = mostIn(error.message) ?? MOST;
      return this.next(prompt, count, call);
    }
  }

  async own(prompt: readonly number[], options: EngineOptions, call: OwnCallOptions = {}): Promise<OwnStep> {
    const fields = spelledFor(this.kind, SPELLING, options);
    const tells_processed = call.token_only !== true && (await this.#tellsProcessed(prompt, call));
    const logprobs = tells_processed ? (this.#most ?? -1) : 0;
    const asked = { ...this.#named(prompt), ...fields, logprobs };
    const bytes_max = bytesFor(logprobs === -1 ? "whole" : logprobs, this.#vocab_size);
    const reply = await this.server.post("/v1/completions", asked, bytes_max, call);
    const token_id = this.drawn(drawnIds(reply, idInName)[0]);
    if (!tells_processed) return { token_id, processed: undefined };
    const pairs = toldTokens(reply, idInName).pairs.filter(({ logprob }) => (logprob ?? LEAST) > LEAST);
    return {
      token_id,
      processed: {
        token_ids: Int32Array.from(pairs, ({ id }) => id),
        probabilities: Float64Array.from(pairs, ({ logprob }) => exp(logprob as number)), // those without one are gone
      },
    };
  }

  #named(prompt: readonly number[]) {
    return {
      ...oneToken(this.facts.model, prompt),
      return_tokens_as_token_ids: true,
      return_token_ids: true,
    };
  }

  /**
   * With --logprobs-mode processed_logprobs, vLLM reports the probabilities after its sampler: with top_k 1 the second
   * token has none.
   */
  async #tellsProcessed(prompt: readonly number[], call?: CallOptions): Promise<boolean> {
    if (this.#tells_processed === undefined) {
      const asked = { ...this.#named(prompt), top_k: 1, logprobs: 2 };
      const reply = await this.server.post("/v1/completions", asked, bytesFor(2), call);
      const told = toldTokens(reply, idInName).pairs.map(({ logprob }) => logprob ?? LEAST);
      this.#tells_processed = told.length > 1 && told.filter((logprob) => logprob > LEAST).length === 1;
    }
    return this.#tells_processed;
  }

  async detokenize(tokens: readonly number[], call?: CallOptions): Promise<string> {
    const asked = { model: this.facts.model, tokens };
    return textIn(await this.detokenized(asked, tokens, call), "prompt") ?? "";
  }
}

function isRefusal(error: unknown): error is EngineError {
  return error instanceof EngineError && error.status === 400 && /logprobs/i.test(error.message);
}
