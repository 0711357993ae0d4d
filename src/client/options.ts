/**
 * The options of a step, and the element types of rows, generated from the schemas by `npm run generate`:
 * change those, not this file. The service checks every field and refuses what it does not know.
 */

/** Bytes of one element, by the element type of a dense row. */
export const DTYPE_BYTES = { f32: 4, f16: 2, bf16: 2 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** Options of one step, as on the wire. All are optional. */
export interface StepRequestOptions {
  /** Stage order, defaults and rules of a host: default, openai, llama.cpp, vllm, transformers, sglang, koboldcpp, exllamav3, transformers.js, web-llm, ollama, mlx-lm, lmdeploy, mistral.rs, tensorrt-llm, onnxruntime-genai, text-generation-webui, aphrodite. */
  readonly preset?: "default" | "openai" | "llama.cpp" | "vllm" | "transformers" | "sglang" | "koboldcpp" | "exllamav3" | "transformers.js" | "web-llm" | "ollama" | "mlx-lm" | "lmdeploy" | "mistral.rs" | "tensorrt-llm" | "onnxruntime-genai" | "text-generation-webui" | "aphrodite";
  /** Variant of the preset, for hosts with several code paths: pytorch (vllm), triton (vllm), flashinfer (vllm), pytorch (sglang), flashinfer (sglang), fused (exllamav3), steps (exllamav3), llama-server (ollama), mlx (ollama), flashinfer (tensorrt-llm), pytorch (tensorrt-llm), cpp (tensorrt-llm), pytorch (aphrodite), triton (aphrodite), flashinfer (aphrodite). Default the preset's first. */
  readonly variant?: "pytorch" | "triton" | "flashinfer" | "fused" | "steps" | "llama-server" | "mlx" | "cpp";
  /** Stages in the order in which they run, instead of the short options: [{"stage": "top_k", "top_k": 40}, …]. */
  readonly chain?: readonly { readonly stage: string; readonly [name: string]: unknown }[];
  /** Rule that combines the rows of several sources into one before the chain: {"rule": "guidance", "guidance_scale": 1.5}. Rules: guidance, contrastive, context_aware, proxy, dola, product, mixture. */
  readonly combine?: { readonly rule: "guidance" | "contrastive" | "context_aware" | "proxy" | "dola" | "product" | "mixture"; readonly [name: string]: unknown };
  /** Options of each combined source, in the order of the rows. */
  readonly sources?: readonly { readonly temperature?: number }[];
  /** Size of the real vocabulary when rows are padded: ids from it on are never drawn. At least 1. */
  readonly vocab_size?: number;
  /** Vocabulary of the token ids: a name from GET /v1/vocabularies. Replies then contain texts. Default the service's, if it has one. */
  readonly vocabulary?: string;
  /** Token ids so far, prompt first. Penalties look at them. Ids without a logit in the row, such as an image's, and -1 for a token without an id are context: they count in lengths and match nothing. */
  readonly history?: readonly number[];
  /** How many ids of `history` are the prompt; the rest was generated. Default 0. At least 0. */
  readonly prompt_length?: number;
  /** Seed of the randomness, 64 bits, as an integer or a decimal string. Without one a random seed is used and returned. */
  readonly seed?: string | number;
  /** Position of this step in its sequence; each has its own randomness. Default 0. At least 0. */
  readonly step?: number;
  /** The `state` of the previous step's reply, for samplers and stops that carry one (mirostat, adaptive_p, entropy). null or absent: a first step. */
  readonly state?: Readonly<Record<string, unknown>> | null;
  /** How many tokens to draw from this row; reported in `draws`. Default: 1 draw, without `draws` in the reply. At least 1. */
  readonly n?: number;
  /** Whether the n draws may repeat a token. Default true; false draws without replacement, as Gumbel top-k does. */
  readonly replacement?: boolean;
  /** How a token is drawn. Default inverse_cdf. GET /v1/samplers lists the rules. */
  readonly draw?: { readonly rule: "inverse_cdf" | "gumbel"; readonly variant?: "own" | "vllm" };
  /** Draws the token with a watermark that the owner of the key can detect. Needs history and prompt_length; not greedy, one draw. GET /v1/samplers lists the schemes. */
  readonly watermark?: { readonly scheme: "gumbel" | "dual_key_gumbel" | "green_list" | "synthid"; readonly key: string; readonly context_width?: number; readonly repeated_contexts?: "single_turn" | "all" | "none"; readonly look_back?: number; readonly expected?: boolean; readonly alpha?: number; readonly gamma?: number; readonly delta?: number; readonly seeding?: "philox" | "lefthash" | "selfhash"; readonly ngram_len?: number; readonly layers?: number; readonly sampling_table_size?: number; readonly sampling_table_seed?: number };
  /** Draw without the server's default watermark (WATERMARK_DEFAULT), if the API key is allowed to. Default false. */
  readonly unmarked?: boolean;
  /** Report what each stage did. `timed` adds microseconds, which vary between calls. Default false. */
  readonly trace?: boolean | "timed";
  /** Report the ids of all tokens that the chain kept. Default false. */
  readonly kept_token_ids?: boolean;
  /** Maximum number of kept_token_ids to report, at least n: the drawn tokens first, then the most likely of the others. With more kept tokens the reply has kept_truncated. At least 1. */
  readonly kept_max?: number;
  /** What happens when the chain keeps more than kept_max tokens: `bounded` (default) reports some of them, `exact` is an error. (SGLang's modes of a sampling mask.) */
  readonly kept_mode?: "bounded" | "exact";
  /** Report logprob, processed_logprob, rank and kept_mass. Default false. */
  readonly logprobs?: boolean;
  /** Report the n most likely tokens with their log-probabilities. Default 0. At least 0. */
  readonly top_logprobs?: number;
  /** What top_logprobs and named_logprobs report: `raw` (default but with the preset sglang), ln softmax of the logits as sent (of several sources, the first), or `processed`, after every stage. With `combined` it is that of the combined row, with `before_temperature` (SGLang at temperature 0, and vLLM's processed_logprobs there) and `behind_temperature` (SGLang) that of the scores where temperature finds and leaves them, and so are logprob, rank and kept_mass. */
  readonly logprobs_mode?: "raw" | "combined" | "processed" | "before_temperature" | "behind_temperature";
  /** The rank of a token among equal ones: `by_id` (default except with the preset vllm), equal tokens with lower ids rank before it; `counted`, all equal tokens do (vLLM). */
  readonly rank_ties?: "by_id" | "counted";
  /** Report the log-probabilities of these tokens as named_logprobs. */
  readonly logprob_token_ids?: readonly number[];
  /** Report entropy, varentropy, margin and confidence, of the row as sent and of the distribution after the chain. Default false. */
  readonly uncertainty?: boolean;
  /** Number of most likely tokens over which confidence is the mean. Default 20. In [1, 4096]. */
  readonly confidence_top_k?: number;
  /** Conditions that end the text. The reply names the one that applies as `finish_reason`, or null. The service stops nothing by itself. */
  readonly stop?: { readonly token_ids?: readonly (number | string)[]; readonly sequences?: readonly (readonly (number | string)[] | string)[]; readonly strings?: readonly string[]; readonly max_tokens?: number; readonly loop?: { readonly max_pattern_size: number; readonly min_pattern_size?: number; readonly min_count: number }; readonly entropy?: { readonly below?: number; readonly above?: number; readonly window?: number }; readonly confidence?: { readonly below: number; readonly window?: number; readonly top_k?: number } };
  /** Report hashes of the row and of the options, for audits. Default false. */
  readonly receipt?: boolean;
  /** For sparse rows: fail with need_more_tokens unless the reply is proven exact. Default false. */
  readonly require_exact?: boolean;
  /** A calibration from a reply of /v1/calibrate. */
  readonly calibration?: { readonly method: "temperature_scaling" | "bias_scaling" | "vector_scaling"; readonly temperature?: number; readonly weights?: readonly number[]; readonly biases?: readonly number[] };
  /** The grammar of the generated text: {"json_schema": {…}}, or regex, choice, gbnf, tools, json; see docs/structured.md. Needs a vocabulary. */
  readonly grammar?: Readonly<Record<string, unknown>>;
  /** Strings that the generated text must not have. Needs a `vocabulary`. When a token completes one, the reply says in `rewind` how many tokens to take back, including this one. Then repeat the step of the first of them. A stream rewinds by itself. */
  readonly banned_strings?: readonly string[];
  /** Ignore the case of ASCII letters, as koboldcpp does. Default false. */
  readonly banned_ignore_case?: boolean;
  /** The only tokens that may be drawn. */
  readonly allowed_token_ids?: readonly (number | string)[];
  /** Base64 of 32-bit little-endian words: token i may be drawn when bit i mod 32 of word i div 32 is set, as xgrammar and llguidance write it. Tokens past the end of the mask may not be drawn; bits past the end of the vocabulary mean nothing. */
  readonly token_bitmask?: string;
  /** Bias by token id, as in OpenAI's API: any finite number is added to the score (OpenAI: -100 to 100); `"-inf"` or null bans the token. A key that is not a whole number is the text of a token. */
  readonly logit_bias?: Readonly<Record<string, number | "-inf" | "-Infinity" | null>>;
  /** Sequences of tokens, each with a bias for its last token, which applies when the other tokens are at the end of the history: any finite number; `"-inf"` or null bans. Biases of several sequences add up. A text is found in any tokenization. */
  readonly sequence_bias?: readonly { readonly token_ids: readonly (number | string)[] | string; readonly bias: number | "-inf" | "-Infinity" | null }[];
  /** `history`: the beginning of a sequence may stand in the prompt (transformers); `generated`: only tokens after `prompt_length` count (vLLM). Default "history". */
  readonly sequence_scope?: "history" | "generated";
  /** How long the history must be for a sequence of n tokens: `prefix`, n − 1 (vLLM, transformers.js); `sequence`, n, so that it can never be the very first one (transformers). Single tokens always count. Default "prefix". */
  readonly sequence_min_history?: "prefix" | "sequence";
  /** Sequences of tokens that must not occur: the last token is banned when the other tokens stand at the end of the history. A text is found in any tokenization. A word may occur with and without a leading blank. */
  readonly bad_words_ids?: readonly (readonly (number | string)[] | string)[];
  /** Tokens that a sequence of one token does not ban; longer sequences may still end in them. transformers spares the tokens that end a text. Default none. */
  readonly bad_words_spared_ids?: readonly (number | string)[];
  /** Words that must not occur, in any tokenization that begins and ends at token borders: the token that would complete one is banned. Needs a `vocabulary`. */
  readonly bad_words?: readonly string[];
  /** Length n of the runs that may not be repeated from encoder_input_ids. 0 is off, 1 bans every token of them. Usual: 3 to 5. In [0, 1000000]. */
  readonly encoder_no_repeat_ngram_size?: number;
  /** The tokens that the model's encoder has read, or those of a text to which the output should stay close. */
  readonly encoder_input_ids?: readonly number[];
  /** Length n of the runs of tokens that may occur only once, prompt included. 0 is off, 1 bans every token of the history. Usual: 2 to 4; 20 to 35 against loops in tables. In [0, 1000000]. */
  readonly no_repeat_ngram_size?: number;
  /** Only runs that begin among this number of last tokens count; -1: all of them, 0: none, which switches it off (DeepSeek-OCR, vLLM and SGLang: window_size, 90). At least -1. Default -1. */
  readonly no_repeat_ngram_window?: number;
  /** `history`: runs may stand in the prompt (transformers, SGLang); `generated`: only tokens after `prompt_length` count (vLLM). Default "history". */
  readonly no_repeat_ngram_scope?: "history" | "generated";
  /** Tokens that are never banned, such as the tags of a table or those that end a text (DeepSeek-OCR, vLLM and SGLang: whitelist_token_ids). Default none. */
  readonly no_repeat_ngram_spared_ids?: readonly (number | string)[];
  /** The tokens that are banned at this position. */
  readonly begin_suppress_tokens?: readonly (number | string)[];
  /** The position among the generated tokens, from 0: 1 where a token at 0 is forced (transformers, behind forced_bos_token_id). At least 0. Default 0. */
  readonly begin_suppress_index?: number;
  /** How many tokens must have been generated before one of stop_token_ids may be drawn. 0 is off. At least 0. */
  readonly min_tokens?: number;
  /** The tokens that end a text. */
  readonly stop_token_ids?: readonly (number | string)[];
  /** `generated`: tokens after `prompt_length` count (vLLM, transformers' min_new_tokens); `history`: the prompt counts too (transformers' min_length). Default "generated". */
  readonly min_tokens_scope?: "generated" | "history";
  /** [start, factor]: from the token after the first `start` generated ones on, the scores of stop_token_ids grow by the factor with every step. 1 as factor is off. Usual: [100, 1.01]; [15, 1.6], in transformers' documentation, shows how strong it can be. */
  readonly exponential_decay_length_penalty?: readonly [number, number];
  /** Positive scores of the tokens in encoder_input_ids are multiplied by it and others divided, once for each distinct token. Above 1 keeps the output close to the source, below 1 moves it away, 1 is off. Usual: 1.05 to 1.5. In (0, 100]. */
  readonly encoder_repetition_penalty?: number;
  /** Positive scores are divided by it and others multiplied, once for each distinct token. Above 1 discourages repetition, below 1 encourages it, 1 is off. Usual: 1.05 to 1.3. In (0, 100]. */
  readonly repetition_penalty?: number;
  /** Measure scores relative to ln Σ exp s, which is above all of them. A constant added to all logits then changes nothing (transformers #48642). Default false. */
  readonly repetition_penalty_normalize?: boolean;
  /** Only the last n tokens count; -1: all of them, 0: none, which switches the penalty off (llama.cpp) unless penalty_decay_range lets older ones count. At least -1. Default -1. */
  readonly penalty_last_n?: number;
  /** Number of tokens before the last penalty_last_n over which the penalty fades linearly: the token k before them counts 1 − k / penalty_decay_range. 0: no fading (ExLlamaV3's decay range). At least 0. Default 0. */
  readonly penalty_decay_range?: number;
  /** `history`: prompt and generated tokens count; `generated`: only those after `prompt_length`. Default "generated". */
  readonly penalty_scope?: "history" | "generated";
  /** Subtracted once from the score of each token seen before. Positive discourages repetition, negative encourages it, 0 is off. OpenAI's range: -2 to 2. In [-100, 100]. */
  readonly presence_penalty?: number;
  /** Subtracted from the score of each token once for every time it was seen. Positive discourages repetition, negative encourages it, 0 is off. OpenAI's range: -2 to 2. In [-100, 100]. */
  readonly frequency_penalty?: number;
  /** Penalty for continuing a run of exactly dry_allowed_length tokens. 0 is off. Usual: 0.8. In [0, 100]. */
  readonly dry_multiplier?: number;
  /** Factor by which the penalty grows with every further token of the run. In [1, 100]. Default 1.75. */
  readonly dry_base?: number;
  /** Shortest run that is penalised, in tokens before the new one. In [0, 1000000]. Default 2. */
  readonly dry_allowed_length?: number;
  /** Only the last n tokens of the history count; -1: all of them, 0: none, which switches it off. At least -1. Default -1. */
  readonly dry_penalty_last_n?: number;
  /** Sequences at which a run stops, such as the tokens of a line break; a text, such as "\n", is found wherever it begins and ends in tokens. Default none. */
  readonly dry_sequence_breakers?: readonly (readonly (number | string)[] | string)[];
  /** Treatment of breakers: `spare`, a token that is a breaker by itself is never penalised (llama.cpp); `cut`, it is treated like any token, and a run must have more than dry_allowed_length tokens after a breaker (koboldcpp). Default "spare". */
  readonly dry_breaker_rule?: "spare" | "cut";
  /** How many tokens a block of reasoning may hold. 0 ends each as soon as it begins, -1 is off. At least -1. */
  readonly reasoning_budget?: number;
  /** The tokens that begin a block, such as that of <think>. Each occurrence begins a block with the whole budget. */
  readonly reasoning_start_ids?: readonly (number | string)[] | string;
  /** The tokens with which a block ends by itself, such as that of </think>. */
  readonly reasoning_end_ids?: readonly (number | string)[] | string;
  /** The tokens that are forced one after another when the budget is spent: a message and the end. Default reasoning_end_ids, unless those are a text of several tokens. */
  readonly reasoning_forced_ids?: readonly (number | string)[];
  /** `history`: a block may begin in the prompt; `generated`: only tokens after `prompt_length` count. Default "history". */
  readonly reasoning_scope?: "history" | "generated";
  /** Position among the generated tokens, from 0 → the token that must stand there. If that token is also banned, no token is left, which is an error unless forced_over_bans is true. */
  readonly forced_token_ids?: Readonly<Record<string, number | string>>;
  /** Draw a forced token even if the row or an earlier stage banned it (transformers). Default false. */
  readonly forced_over_bans?: boolean;
  /** Divides every score. Below 1 sharpens, above 1 flattens, 1 changes nothing; 0 is greedy: the most likely token, the lowest id among equals. Usual: 0.2 to 1.5. In [0, 1000]. */
  readonly temperature?: number;
  /** Maximum distance of the temperature from the middle, on either side; it never falls below 0. 0: the plain temperature. In [0, 1000]. */
  readonly dynatemp_range?: number;
  /** Exponent of the curve from the lowest temperature (no entropy) to the highest (equal probabilities). In [0, 100]. Default 1. */
  readonly dynatemp_exponent?: number;
  /** The number n in ln n: `kept`, the tokens that can be drawn; `listed`, also banned tokens that no later cut has removed from the list (llama.cpp). Default "kept". */
  readonly dynatemp_tokens?: "kept" | "listed";
  /** How fast the temperature falls with the entropy; at 0 it is T₀. Usual: 0.1 to 1. In [0, 100]. */
  readonly edt_theta?: number;
  /** Base of the power θ/H; default 0.8, as in the paper. 1: the temperature is T₀. In (0, 1]. Default 0.8. */
  readonly edt_base?: number;
  /** Temperatures between 0 and this are raised to it (vLLM: 0.01). In [0, 1]. Default 0. */
  readonly temperature_floor?: number;
  /** Temperatures below this are greedy, like 0 (SGLang: 1e-6). In [0, 1]. Default 0. */
  readonly temperature_greedy_below?: number;
  /** f: how strongly the distance to the largest score counts, squared. 0 is off. Usual: 0.2 to 0.3. In [0, 100]. */
  readonly smoothing_factor?: number;
  /** Shares the weight between the square and the cube of the distance: 1 is all square, 3 all cube. Beyond 3 scores near the largest may overtake it. In [1, 10]. Default 1. */
  readonly smoothing_curve?: number;
  /** How many standard deviations below the largest score a token may lie. 0 or less is off. Usual: 1. In [-1, 1000]. */
  readonly top_n_sigma?: number;
  /** What the squared deviations are divided by: `n` tokens, or `n-1` (text-generation-webui, Aphrodite). Default "n". */
  readonly top_n_sigma_divisor?: "n" | "n-1";
  /** Never keep fewer than this many tokens. At least 1. Default 1. */
  readonly min_keep?: number;
  /** Switches the cut on; the scores decide where it lies. false is off. */
  readonly min_k?: boolean;
  /** τ: where all scores lie within τ / 2 of each other, at least τ / (max s − min s) tokens are kept. 0 never keeps more than the drop allows. Usual: 1 to 10. In [0, 1000]. Default 3. */
  readonly min_k_tau?: number;
  /** Tokens whose score equals that of the last one kept: `cut` ranks lower ids first (the paper), `keep` keeps them all (vLLM #48142). Default "cut". */
  readonly min_k_ties?: "cut" | "keep";
  /** The share of the entropy that the kept tokens may hold. 1 keeps all top_h_tokens. Usual: 0.4. In (0, 1]. */
  readonly top_h?: number;
  /** Number of most likely tokens to consider; the entropy is of these (transformers: 100). At least 1. Default 100. */
  readonly top_h_top_n?: number;
  /** How many of the most likely tokens to keep; 0 is off. Usual: 20 to 100. At least 0. */
  readonly top_k?: number;
  /** Tokens whose score equals that of the last one kept: `cut` keeps exactly k, lower ids first (llama.cpp, SGLang); `keep` keeps them all (transformers, vLLM). Default "cut". */
  readonly ties?: "cut" | "keep";
  /** Factor of the squared largest probability; the product is the smallest probability that is kept. 0 is off. Usual: 0.1 to 0.3. In [0, 1]. */
  readonly top_a?: number;
  /** z: the share of the curvature before the tail begins (llama.cpp called it `tfs_z`). 1 is off. Usual: 0.9 to 0.99. In [0, 1]. */
  readonly tfs?: number;
  /** Position of the cut at the second difference that exceeds z: `centre` keeps its middle token and always drops the last token (KoboldAI, text-generation-webui); `before` keeps one token less, drops the last only past a second difference above 0, and treats all as equal when all are 0 (koboldcpp). Default "centre". */
  readonly tfs_edge?: "centre" | "before";
  /** Factor of top_p for every token generated since the last of top_p_reset_ids. 1 is off. Usual: 0.9 to 0.99. In (0, 1]. */
  readonly top_p_decay?: number;
  /** The minimum of the shrunken top_p. In (0, 1]. Default 0.000001. */
  readonly top_p_min?: number;
  /** Tokens after which top_p has its initial value again, such as a line break. Default none. */
  readonly top_p_reset_ids?: readonly (number | string)[];
  /** The mass to keep: the smallest descending prefix whose probabilities reach it. The mass is relative to the kept tokens: after top_k, to the k tokens. SGLang takes it of all tokens, which is top_p before top_k. 1 is off, 0 keeps one token. Usual: 0.8 to 0.98. In [0, 1]. */
  readonly top_p?: number;
  /** Also keep a token when the mass before it exactly equals p (SGLang's rule). Default false. */
  readonly top_p_inclusive?: boolean;
  /** Tokens whose score equals that of the last one kept: `cut` ranks lower ids first, `highest` higher ones (transformers, vLLM's PyTorch path), `keep` keeps them all (FlashInfer). Default "cut". */
  readonly top_p_ties?: "cut" | "keep" | "highest";
  /** The token with which the mass exceeds p: `keep` it, or `drop` it and its equals, so that at most p is kept (ExLlamaV3 before version 1). The most likely token and its equals always stay. Default "keep". */
  readonly top_p_crossing?: "keep" | "drop";
  /** The least share of the most likely token's probability that a token must have. 0 is off, 1 keeps only the most likely token and those whose score is within 1e-6 of it: every comparison has that slack for the rounding of float32. Usual: 0.02 to 0.1. In [0, 1]. */
  readonly min_p?: number;
  /** The mass to keep, the most typical tokens first. 1 is off, 0 keeps one token. Usual: 0.2 to 0.95. In [0, 1]. */
  readonly typical_p?: number;
  /** Also keep a token when the mass before it exactly equals p (llama.cpp's rule). Default false. */
  readonly typical_p_inclusive?: boolean;
  /** Tokens exactly as typical as the last one kept: `cut` takes the more likely first and lower ids first, `keep` keeps them all (transformers). Default "cut". */
  readonly typical_p_ties?: "cut" | "keep";
  /** The smallest probability that is kept. When no token has it, the most likely token and its equals stay. 0 is off. Usual: 3e-4 to 9e-4. (text-generation-webui counts it in units of 1e-4.) In [0, 1). */
  readonly epsilon_cutoff?: number;
  /** ε of the rule: the cutoff is the smaller of ε and √ε · exp(−entropy). 0 is off. Usual: 3e-4 to 4e-3. (text-generation-webui counts it in units of 1e-4.) In [0, 1). */
  readonly eta_cutoff?: number;
  /** Switches the cut on; the threshold has no parameter. false is off. */
  readonly p_less?: boolean;
  /** Lower the threshold by the probability that two draws differ, divided by the other tokens of the vocabulary: p-less-norm, which keeps more. Default false. */
  readonly p_less_norm?: boolean;
  /** The smallest ratio of a token's probability to that of the token ranked before it. The list ends before the first token below it. 0 is off. Usual: 0.1 to 0.5. In [0, 1]. */
  readonly p_step?: number;
  /** true keeps the tokens before evenness and mass meet; false is off. */
  readonly ees?: boolean;
  /** Below 0 the first tokens of the order gain, above 0 the last ones; 0 is off. Usual: -1 to 1. In [-10, 10]. */
  readonly skew?: number;
  /** The order: `rank`, the most likely first (ExLlamaV2); `id`, by token id, as they lie in the row (Aphrodite). Default "rank". */
  readonly skew_order?: "rank" | "id";
  /** Probability with which a step excludes its top choices. 0 is off, 1 always excludes. Usual: 0.5. In [0, 1]. */
  readonly xtc_probability?: number;
  /** Minimum probability of a top choice. Above 0.5 there is at most one top choice, so the stage is off. In [0, 1]. Default 0.1. */
  readonly xtc_threshold?: number;
  /** `draw`: each step decides by its own random number; `average`: no random number, and the probabilities are the average of both outcomes. This gives the same distribution of samples, and greedy decoding has one result (ExLlamaV3). Default "draw". */
  readonly xtc_outcome?: "draw" | "average";
  /** Tokens that are never excluded, such as a line break and those that end a text. Default none. */
  readonly xtc_spared_ids?: readonly (number | string)[];
  /** Treatment of xtc_spared_ids: `aside`, they do not count as top choices (ExLlamaV3); `stay`, they count, and stay (mlx-lm); `refuse`, nothing is excluded in a step in which one of them would be (text-generation-webui). Default "aside". */
  readonly xtc_spared_rule?: "aside" | "stay" | "refuse";
  /** Top choices exactly as likely as the least of them: `cut` keeps the highest id, `keep` keeps them all (mlx-lm). Default "cut". */
  readonly xtc_ties?: "cut" | "keep";
  /** Version: 1 cuts at a rank that follows from a fit of Zipf's law, 2 at a surprise of µ bits. 0 is off. In [0, 2]. */
  readonly mirostat?: number;
  /** Target surprise of the drawn tokens, in bits. Usual: 3 to 5. In [0, 100]. Default 5. */
  readonly mirostat_tau?: number;
  /** How fast µ follows the error. Usual: 0.1. In [0, 10]. Default 0.1. */
  readonly mirostat_eta?: number;
  /** Target for the average probability of the drawn tokens. Negative is off. Usual: 0.3 to 0.8. In [-1, 1]. */
  readonly adaptive_target?: number;
  /** How slowly the average forgets: about 1 / (1 − decay) tokens count. In [0, 0.99]. Default 0.9. */
  readonly adaptive_decay?: number;
}

/** The options of a draft, as on the wire. */
export interface VerifyFields {
  /** The drafted tokens, 0 to 16, or with `parents` up to 256: k tokens need k + 1 rows of the target, the first after the history and one after each token. */
  readonly draft_token_ids: readonly number[];
  /** A tree of drafts: for each drafted token the index of its parent, -1 for a token directly after the history. A parent comes before its children; no path is longer than 16. Default: each token follows the one before it. */
  readonly parents?: readonly number[];
  /** How the draft is verified. Default strict. */
  readonly method?: "strict" | "rejection" | "block" | "typical" | "ensemble";
  /** The rows after those of the target: `none` (default), when each drafted token counts as certain, or the rows from which the draft was drawn, `logits` or `probabilities`: one for the root and one for each token with children, in order. */
  readonly draft_rows?: "none" | "logits" | "probabilities";
  /** How tokens with one parent were drawn from their row: `independent` (default), or `without_replacement`, in the order of the draft. */
  readonly draft_siblings?: "independent" | "without_replacement";
  /** The drafter's vocabulary, when it differs from the target's: a name from GET /v1/vocabularies. Then `draft_token_ids` are its ids, and the drafter's rows have its length. */
  readonly draft_vocabulary?: string;
  /** How tokens of `draft_vocabulary` become those of the target: `tokens` (default), the target's token with the same bytes; the drafter's distribution is restricted to tokens that both have, and the drafter must draw from that distribution. `text`: the draft's text is spelled in tokens of the target, and the rows follow those. */
  readonly draft_match?: "tokens" | "text";
  /** How the draft was drawn from its rows of logits: options of stages, `chain`, `preset`. Default: plain softmax. */
  readonly draft_options?: Readonly<Record<string, unknown>>;
  /** Maximum of the threshold: a token with a larger probability is always accepted. Usual: 0.09. In [0, 1]. Default 0.09. */
  readonly epsilon?: number;
  /** The threshold as a fraction of e^−H, which falls as the target becomes unsure. Usual: 0.3. In [0, 1]. Default 0.3. */
  readonly delta?: number;
  /** w, the weight of the target in the mixture; 1 is method rejection. Default 0.5. In (0, 1]. Default 0.5. */
  readonly ensemble_weight?: number;
}
