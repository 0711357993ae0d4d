/** SGLang's server: POST /generate takes token ids and returns pairs of ln p and id. */
import type {
  CallOptions,
  Count,
  EngineFacts,
  EngineKind,
  EngineOptions,
  NextRow,
  OwnStep,
} from "./engine.ts";
import { idsIn, listIn, numberIn, textIn } from "./json.ts";
import { bytesFor, type Pair, rowOf } from "./next-row.ts";
import { ServedEngine } from "./served.ts";
import { type Spelling, seedField, spelledFor } from "./spelling.ts";

const LOGSUMEXP_ERROR = 2e-5;

const SPELLING: Spelling = {
  temperature: "temperature",
  top_k: "top_k",
  top_p: "top_p",
  min_p: "min_p",
  repetition_penalty: "repetition_penalty",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
  logit_bias: "logit_bias",
  min_tokens: "min_new_tokens",
  seed: (seed) => ({ sampling_seed: (seedField(53)(seed) as { readonly seed: number }).seed }),
};

export const sglang: EngineKind = {
  name: "sglang",
  about:
    "SGLang's server: any number of log-probabilities by id, taken at temperature 1. It tells no text of single tokens.",
  async open(server) {
    if (server.owner !== "sglang") return undefined;
    const info = await server.get("/server_info");
    const facts: EngineFacts = {
      model: server.model ?? "",
      version: textIn(info, "version"),
      vocab_size: server.vocab_size,
      context_tokens_max: numberIn(server.card, "max_model_len"),
      end_ids: [],
    };
    return new Sglang(server, facts);
  },
};

class Sglang extends ServedEngine {
  readonly kind = sglang.name;
  readonly preset = "sglang";

  /**
   * A request for more tokens than the model has would end SGLang's scheduler (torch.topk), so the number stays below a
   * size that is certain.
   */
  async next(prompt: readonly number[], count: Count, call?: CallOptions): Promise<NextRow> {
    const { vocab_size } = this.facts;
    const wanted = Math.min(count === "whole" ? Number.POSITIVE_INFINITY : count, vocab_size ?? MOST);
    const asked = {
      input_ids: prompt,
      sampling_params: { max_new_tokens: 1, temperature: 1 },
      return_logprob: true,
      logprob_start_len: -1,
      top_logprobs_num: wanted,
      return_text_in_logprobs: false,
    };
    const reply = await this.server.post("/generate", asked, bytesFor(wanted), call);
    return rowOf(listIn(reply, "meta_info", "output_top_logprobs", 0).map(pairOf), {
      url: this.url,
      asked: wanted,
      vocab_size,
      logsumexp_error: LOGSUMEXP_ERROR,
      is_most: count === "whole" || wanted < count,
    });
  }

  async own(prompt: readonly number[], options: EngineOptions, call?: CallOptions): Promise<OwnStep> {
    const fields = spelledFor(this.kind, SPELLING, options);
    const asked = {
      input_ids: prompt,
      sampling_params: { ...fields, max_new_tokens: 1 },
      return_logprob: true,
      logprob_start_len: -1,
    };
    const reply = await this.server.post("/generate", asked, bytesFor(0), call);
    const told =
      idsIn(reply, "output_ids")?.[0] ?? numberIn(reply, "meta_info", "output_token_logprobs", 0, 1);
    return { token_id: this.drawn(told), processed: undefined };
  }

  async detokenize(tokens: readonly number[], call?: CallOptions): Promise<string> {
    const asked = { model: this.facts.model, tokens, skip_special_tokens: false };
    return textIn(await this.detokenized(asked, tokens, call), "text") ?? "";
  }
}

/** The number to request when the size of the vocabulary is unknown: every model has at least this many tokens. */
const MOST = 1000;

function pairOf(told: unknown): Pair {
  return { id: numberIn(told, 1) ?? -1, logprob: numberIn(told, 0) ?? null };
}
