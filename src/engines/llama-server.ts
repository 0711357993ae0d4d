/** llama.cpp's `llama-server`: POST /completion takes token ids and returns ids, text as bytes and ln p. */

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
  type Server,
  type TokenBytes,
} from "./engine.ts";
import { idsIn, listIn, numberIn, textIn } from "./json.ts";
import { bytesFor, type Pair, rowOf } from "./next-row.ts";
import { ServedEngine } from "./served.ts";
import { type Spelling, seedField, spelledFor } from "./spelling.ts";

const PRESET = "llama.cpp";
/**
 * It adds the exponentials of a row in float32, one after the other: an error of 1.9e-5 was measured at 8,192 tokens.
 */
const LOGSUMEXP_ERROR = 2e-4;

/** No sampler and no penalty; the prefix stays in the cache. */
const BARE = {
  n_predict: 1,
  samplers: [],
  temperature: 1,
  cache_prompt: true,
  return_tokens: true,
} as const;

const SPELLING: Spelling = {
  temperature: "temperature",
  dynatemp_range: "dynatemp_range",
  dynatemp_exponent: "dynatemp_exponent",
  top_k: "top_k",
  top_p: "top_p",
  min_p: "min_p",
  min_keep: "min_keep",
  typical_p: "typical_p",
  top_n_sigma: "top_n_sigma",
  xtc_probability: "xtc_probability",
  xtc_threshold: "xtc_threshold",
  repetition_penalty: "repeat_penalty",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
  penalty_last_n: "repeat_last_n",
  dry_multiplier: "dry_multiplier",
  dry_base: "dry_base",
  dry_allowed_length: "dry_allowed_length",
  dry_penalty_last_n: "dry_penalty_last_n",
  mirostat: "mirostat",
  mirostat_tau: "mirostat_tau",
  mirostat_eta: "mirostat_eta",
  logit_bias: (bias) => ({
    logit_bias: Object.entries(bias as object).map(([id, value]) => [Number(id), value]),
  }),
  seed: seedField(32),
};

export const llamaServer: EngineKind = {
  name: "llama-server",
  about:
    "llama.cpp's own server: any number of log-probabilities, text of every token, and the distribution behind its own sampler.",
  async open(server) {
    if (server.owner !== "llamacpp") return undefined;
    const props = await server.get("/props");
    const facts: EngineFacts = {
      model: server.model ?? "",
      version: textIn(props, "build_info"),
      vocab_size: numberIn(server.card, "meta", "n_vocab"),
      context_tokens_max: numberIn(props, "default_generation_settings", "n_ctx"),
      end_ids: await endIds(server, textIn(props, "eos_token")),
    };
    return new LlamaServer(server, facts);
  },
};

async function endIds(server: Server, eos: string | undefined): Promise<readonly number[]> {
  if (eos === undefined || eos === "") return [];
  const asked = { content: eos, add_special: false, parse_special: true };
  const ids = idsIn(await server.post("/tokenize", asked, bytesFor(0)), "tokens") ?? [];
  return ids.length === 1 ? ids : []; // a text of several tokens is no special token
}

class LlamaServer extends ServedEngine {
  readonly kind = llamaServer.name;
  readonly preset = PRESET;

  async next(prompt: readonly number[], count: Count, call?: CallOptions): Promise<NextRow> {
    const { vocab_size } = this.facts;
    const n_probs = count === "whole" ? (vocab_size ?? 2 ** 24) : count;
    const asked = { ...BARE, prompt, n_probs };
    const reply = await this.server.post("/completion", asked, bytesFor(count, vocab_size), call);
    const pairs = listIn(reply, "completion_probabilities", 0, "top_logprobs").map(pairOf);
    return rowOf(pairs, { url: this.url, asked: count, vocab_size, logsumexp_error: LOGSUMEXP_ERROR });
  }

  async own(prompt: readonly number[], options: EngineOptions, call: OwnCallOptions = {}): Promise<OwnStep> {
    const fields = spelledFor(this.kind, SPELLING, options);
    const { vocab_size = 2 ** 24 } = this.facts;
    const { token_only = false } = call;
    const probabilities = token_only ? {} : { n_probs: vocab_size, post_sampling_probs: true };
    const fixed = { n_predict: 1, cache_prompt: true, return_tokens: true };
    const asked = { ...fields, prompt, ...fixed, ...probabilities };
    const reply = await this.server.post("/completion", asked, bytesFor("whole", vocab_size), call);
    const told = listIn(reply, "completion_probabilities", 0, "top_probs");
    const [token_id] = idsIn(reply, "tokens") ?? [];
    if (token_id === undefined) throw new EngineError(`${this.url} drew a token and did not tell it`);
    if (token_only) return { token_id, processed: undefined };
    return {
      token_id,
      processed: {
        token_ids: Int32Array.from(told, (each) => numberIn(each, "id") ?? -1),
        probabilities: Float64Array.from(told, (each) => numberIn(each, "prob") ?? Number.NaN),
      },
    };
  }

  override tokenize(content: string, call?: CallOptions): Promise<number[]> {
    return this.tokenIdsOf({ content, add_special: true, parse_special: true }, content, call);
  }

  async detokenize(tokens: readonly number[], call?: CallOptions): Promise<string> {
    return textIn(await this.detokenized({ tokens }, tokens, call), "content") ?? "";
  }

  /** A row of all tokens, which come with their text. Special tokens have none. */
  async vocabulary(call?: CallOptions): Promise<TokenBytes> {
    const [begin = 0] = await this.tokenize("a", call);
    const { token_ids, bytes = [] } = await this.next([begin], "whole", call);
    const tokens: (Uint8Array | undefined)[] = [];
    for (const [place, id] of token_ids.entries())
      tokens[id] = bytes[place]?.length ? bytes[place] : undefined;
    return { tokens: Array.from(tokens, (token) => token) };
  }
}

function pairOf(told: unknown): Pair {
  return {
    id: numberIn(told, "id") ?? -1,
    logprob: numberIn(told, "logprob") ?? null,
    bytes: Uint8Array.from(listIn(told, "bytes") as number[]), // what is no byte becomes one
  };
}
