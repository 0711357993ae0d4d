"""Options and replies, as types: generated from the schemas by `npm run generate`. Change those, not this file.

The service checks every option and refuses what it does not know. In options, arrays may be those of numpy.
"""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Mapping, Optional, Protocol, Sequence, TypedDict, Union


class Array(Protocol):
    """An array of numpy, or of another library that gives its numbers as a list."""

    def tolist(self) -> Any: ...


Ints = Union[Sequence[int], Array]
Floats = Union[Sequence[float], Array]


class _StepOptionsDraw(TypedDict):
    rule: Literal["inverse_cdf", "gumbel"]


class StepOptionsDraw(_StepOptionsDraw, total=False):
    """How a token is drawn. Default inverse_cdf. GET /v1/samplers lists the rules."""

    variant: Literal["own", "vllm"]
    """Source of the noise: `own`, Philox4x32-10 in float64; `vllm`, that of vLLM's model runner V2 with `step` as its
    position (murmur3, float32). Default "own"."""


class _StepOptionsWatermark(TypedDict):
    scheme: Literal["gumbel", "dual_key_gumbel", "green_list", "synthid"]
    key: str
    """Id of a configured key. The key itself is never sent."""


class StepOptionsWatermark(_StepOptionsWatermark, total=False):
    """Draws the token with a watermark that the owner of the key can detect. Needs history and prompt_length; not
    greedy, one draw. GET /v1/samplers lists the schemes."""

    context_width: int
    """Number of preceding tokens that decide a token's randomness. Default 4. In [1, 64]."""
    repeated_contexts: Literal["single_turn", "all", "none"]
    """A repeated context is drawn without the watermark: `single_turn`, repeated among the generated tokens; `all`,
    also in the prompt; the first context_width tokens are then not marked; `none`, repeats are marked. Default
    "single_turn"."""
    look_back: int
    """Number of last tokens in which repeats are searched. Default 8192. In [1, 1048576]."""
    expected: bool
    """Report the mean value of a token with this probability, marked and unmarked. Default false."""
    alpha: float
    """Share of the tokens that the second key marks. Default 0.1. In [0, 1]."""
    gamma: float
    """Share of the vocabulary that is green. Default 0.25. In (0, 1)."""
    delta: float
    """Bonus for the scores of green tokens. Default 2. In [0, 100]."""
    seeding: Literal["philox", "lefthash", "selfhash"]
    """How the key makes tokens green: `philox`, each token independently; `lefthash`, the first γ of a shuffled
    vocabulary (transformers); `selfhash`, the same with the token's own id in the seed, for the 40 best. Default
    "philox"."""
    ngram_len: int
    """Number of tokens that decide a token's layers: the token and those before it. Default 5. In [2, 65]."""
    layers: int
    """Number of layers derived from a single secret; a key of several secrets has a layer for each. Default 30. In [1,
    32]."""
    sampling_table_size: int
    """Size of the table of random bits. Default 65536. In [2, 65536]."""
    sampling_table_seed: int
    """Seed of that table. Default 0. In [0, 4294967295]."""


class _StepOptionsStopLoop(TypedDict):
    max_pattern_size: int
    """The longest pattern, in tokens. In [1, 256]."""
    min_count: int
    """Number of copies of a pattern that must stand at the end. In [2, 32]."""


class StepOptionsStopLoop(_StepOptionsStopLoop, total=False):
    """The tokens generated end with `min_count` copies of a pattern."""

    min_pattern_size: int
    """The shortest pattern. In [1, 256]. Default 1."""


class StepOptionsStopEntropy(TypedDict, total=False):
    """The mean entropy of the unchanged rows, over the last steps, is below or above a bound."""

    below: float
    """Applies when the mean is below this, in nats. At least 0."""
    above: float
    """Applies when the mean is above this, in nats. At least 0."""
    window: int
    """Number of last steps in the mean. The stop does not apply before this number of steps. In [1, 2048]. Default 16."""


class _StepOptionsStopConfidence(TypedDict):
    below: float
    """Applies when the mean is below this: the model is then less sure. At least 0."""


class StepOptionsStopConfidence(_StepOptionsStopConfidence, total=False):
    """The mean confidence of the unchanged rows, over the last steps, is below a bound."""

    window: int
    """Number of last steps in the mean. The stop does not apply before this number of steps. In [1, 2048]. Default
    2048."""
    top_k: int
    """Number k of most likely tokens in C = −(1/k) Σ ln p. In [1, 4096]. Default 20."""


class StepOptionsStop(TypedDict, total=False):
    """Conditions that end the text. The reply names the one that applies as `finish_reason`, or null. The service stops
    nothing by itself."""

    token_ids: Sequence[Union[int, str]]
    """The text ends with any of these tokens."""
    sequences: Sequence[Union[Sequence[Union[int, str]], str]]
    """The text ends with any of these sequences of tokens; none of their tokens may be in the prompt. A text matches in
    any tokenization that begins and ends at token borders; `strings` matches texts anywhere."""
    strings: Sequence[str]
    """The text ends with any of these strings. Needs a `vocabulary`. The reply's `text` ends where the string begins,
    and `stop_bytes` says how many bytes at the end of the whole text belong to it."""
    max_tokens: int
    """Maximum number of generated tokens after `prompt_length`. At least 1."""
    loop: StepOptionsStopLoop
    """The tokens generated end with `min_count` copies of a pattern."""
    entropy: StepOptionsStopEntropy
    """The mean entropy of the unchanged rows, over the last steps, is below or above a bound."""
    confidence: StepOptionsStopConfidence
    """The mean confidence of the unchanged rows, over the last steps, is below a bound."""


class _StepOptionsCalibration(TypedDict):
    method: Literal["temperature_scaling", "bias_scaling", "vector_scaling"]
    """How the logits are rescaled."""


class StepOptionsCalibration(_StepOptionsCalibration, total=False):
    """A calibration from a reply of /v1/calibrate."""

    temperature: float
    """Every logit is divided by it first; absent for vector_scaling. In [0.000001, 1000000]."""
    weights: Floats
    """For vector_scaling: every logit is multiplied by the weight of its class."""
    biases: Floats
    """For bias_scaling and vector_scaling: added to the logit afterwards, one bias per class."""


class StepOptionsSequenceBias(TypedDict):
    """Part of StepOptionsSequenceBias."""

    token_ids: Union[Sequence[Union[int, str]], str]
    bias: Optional[Union[float, Literal["-inf", "-Infinity"]]]


class _SharedOptions(TypedDict, total=False):
    """Options that every call with steps has."""

    vocab_size: int
    """Size of the real vocabulary when rows are padded: ids from it on are never drawn. At least 1."""
    vocabulary: str
    """Vocabulary of the token ids: a name from GET /v1/vocabularies. Replies then contain texts. Default the service's,
    if it has one."""
    history: Ints
    """Token ids so far, prompt first. Penalties look at them. Ids without a logit in the row, such as an image's, and
    -1 for a token without an id are context: they count in lengths and match nothing."""
    prompt_length: int
    """How many ids of `history` are the prompt; the rest was generated. Default 0. At least 0."""
    seed: Union[int, str]
    """Seed of the randomness, 64 bits, as an integer or a decimal string. Without one a random seed is used and
    returned."""
    step: int
    """Position of this step in its sequence; each has its own randomness. Default 0. At least 0."""
    replacement: bool
    """Whether the n draws may repeat a token. Default true; false draws without replacement, as Gumbel top-k does."""
    draw: StepOptionsDraw
    """How a token is drawn. Default inverse_cdf. GET /v1/samplers lists the rules."""
    watermark: StepOptionsWatermark
    """Draws the token with a watermark that the owner of the key can detect. Needs history and prompt_length; not
    greedy, one draw. GET /v1/samplers lists the schemes."""
    unmarked: bool
    """Draw without the server's default watermark (WATERMARK_DEFAULT), if the API key is allowed to. Default false."""
    trace: Union[bool, Literal["timed"]]
    """Report what each stage did. `timed` adds microseconds, which vary between calls. Default false."""
    kept_token_ids: bool
    """Report the ids of all tokens that the chain kept. Default false."""
    kept_max: int
    """Maximum number of kept_token_ids to report, at least n: the drawn tokens first, then the most likely of the
    others. With more kept tokens the reply has kept_truncated. At least 1."""
    kept_mode: Literal["bounded", "exact"]
    """What happens when the chain keeps more than kept_max tokens: `bounded` (default) reports some of them, `exact` is
    an error. (SGLang's modes of a sampling mask.)"""
    logprobs: bool
    """Report logprob, processed_logprob, rank and kept_mass. Default false."""
    top_logprobs: int
    """Report the n most likely tokens with their log-probabilities. Default 0. At least 0."""
    logprobs_mode: Literal["raw", "combined", "processed", "before_temperature", "behind_temperature"]
    """What top_logprobs and named_logprobs report: `raw` (default but with the preset sglang), ln softmax of the logits
    as sent (of several sources, the first), or `processed`, after every stage. With `combined` it is that of the
    combined row, with `before_temperature` (SGLang at temperature 0, and vLLM's processed_logprobs there) and
    `behind_temperature` (SGLang) that of the scores where temperature finds and leaves them, and so are logprob, rank
    and kept_mass."""
    rank_ties: Literal["by_id", "counted"]
    """The rank of a token among equal ones: `by_id` (default except with the preset vllm), equal tokens with lower ids
    rank before it; `counted`, all equal tokens do (vLLM)."""
    logprob_token_ids: Ints
    """Report the log-probabilities of these tokens as named_logprobs."""
    uncertainty: bool
    """Report entropy, varentropy, margin and confidence, of the row as sent and of the distribution after the chain.
    Default false."""
    confidence_top_k: int
    """Number of most likely tokens over which confidence is the mean. Default 20. In [1, 4096]."""
    stop: StepOptionsStop
    """Conditions that end the text. The reply names the one that applies as `finish_reason`, or null. The service stops
    nothing by itself."""
    receipt: bool
    """Report hashes of the row and of the options, for audits. Default false."""
    require_exact: bool
    """For sparse rows: fail with need_more_tokens unless the reply is proven exact. Default false."""
    calibration: StepOptionsCalibration
    """A calibration from a reply of /v1/calibrate."""
    grammar: Mapping[Any, Any]
    """The grammar of the generated text: {"json_schema": {…}}, or regex, choice, gbnf, tools, json; see
    docs/structured.md. Needs a vocabulary."""
    banned_strings: Sequence[str]
    """Strings that the generated text must not have. Needs a `vocabulary`. When a token completes one, the reply says
    in `rewind` how many tokens to take back, including this one. Then repeat the step of the first of them. A stream
    rewinds by itself."""
    banned_ignore_case: bool
    """Ignore the case of ASCII letters, as koboldcpp does. Default false."""
    allowed_token_ids: Sequence[Union[int, str]]
    """The only tokens that may be drawn."""
    token_bitmask: Union[str, bytes, bytearray, memoryview, Array]
    """Base64 of 32-bit little-endian words: token i may be drawn when bit i mod 32 of word i div 32 is set, as xgrammar
    and llguidance write it. Tokens past the end of the mask may not be drawn; bits past the end of the vocabulary mean
    nothing."""
    logit_bias: Mapping[Any, Optional[Union[float, Literal["-inf", "-Infinity"]]]]
    """Bias by token id, as in OpenAI's API: any finite number is added to the score (OpenAI: -100 to 100); `"-inf"` or
    null bans the token. A key that is not a whole number is the text of a token."""
    sequence_bias: Sequence[StepOptionsSequenceBias]
    """Sequences of tokens, each with a bias for its last token, which applies when the other tokens are at the end of
    the history: any finite number; `"-inf"` or null bans. Biases of several sequences add up. A text is found in any
    tokenization."""
    sequence_scope: Literal["history", "generated"]
    """`history`: the beginning of a sequence may stand in the prompt (transformers); `generated`: only tokens after
    `prompt_length` count (vLLM). Default "history"."""
    sequence_min_history: Literal["prefix", "sequence"]
    """How long the history must be for a sequence of n tokens: `prefix`, n − 1 (vLLM, transformers.js); `sequence`, n,
    so that it can never be the very first one (transformers). Single tokens always count. Default "prefix"."""
    bad_words_ids: Sequence[Union[Sequence[Union[int, str]], str]]
    """Sequences of tokens that must not occur: the last token is banned when the other tokens stand at the end of the
    history. A text is found in any tokenization. A word may occur with and without a leading blank."""
    bad_words_spared_ids: Sequence[Union[int, str]]
    """Tokens that a sequence of one token does not ban; longer sequences may still end in them. transformers spares the
    tokens that end a text. Default none."""
    bad_words: Sequence[str]
    """Words that must not occur, in any tokenization that begins and ends at token borders: the token that would
    complete one is banned. Needs a `vocabulary`."""
    encoder_no_repeat_ngram_size: int
    """Length n of the runs that may not be repeated from encoder_input_ids. 0 is off, 1 bans every token of them.
    Usual: 3 to 5. In [0, 1000000]."""
    encoder_input_ids: Ints
    """The tokens that the model's encoder has read, or those of a text to which the output should stay close."""
    no_repeat_ngram_size: int
    """Length n of the runs of tokens that may occur only once, prompt included. 0 is off, 1 bans every token of the
    history. Usual: 2 to 4; 20 to 35 against loops in tables. In [0, 1000000]."""
    no_repeat_ngram_window: int
    """Only runs that begin among this number of last tokens count; -1: all of them, 0: none, which switches it off
    (DeepSeek-OCR, vLLM and SGLang: window_size, 90). At least -1. Default -1."""
    no_repeat_ngram_scope: Literal["history", "generated"]
    """`history`: runs may stand in the prompt (transformers, SGLang); `generated`: only tokens after `prompt_length`
    count (vLLM). Default "history"."""
    no_repeat_ngram_spared_ids: Sequence[Union[int, str]]
    """Tokens that are never banned, such as the tags of a table or those that end a text (DeepSeek-OCR, vLLM and
    SGLang: whitelist_token_ids). Default none."""
    begin_suppress_tokens: Sequence[Union[int, str]]
    """The tokens that are banned at this position."""
    begin_suppress_index: int
    """The position among the generated tokens, from 0: 1 where a token at 0 is forced (transformers, behind
    forced_bos_token_id). At least 0. Default 0."""
    min_tokens: int
    """How many tokens must have been generated before one of stop_token_ids may be drawn. 0 is off. At least 0."""
    stop_token_ids: Sequence[Union[int, str]]
    """The tokens that end a text."""
    min_tokens_scope: Literal["generated", "history"]
    """`generated`: tokens after `prompt_length` count (vLLM, transformers' min_new_tokens); `history`: the prompt
    counts too (transformers' min_length). Default "generated"."""
    exponential_decay_length_penalty: Floats
    """[start, factor]: from the token after the first `start` generated ones on, the scores of stop_token_ids grow by
    the factor with every step. 1 as factor is off. Usual: [100, 1.01]; [15, 1.6], in transformers' documentation, shows
    how strong it can be."""
    encoder_repetition_penalty: float
    """Positive scores of the tokens in encoder_input_ids are multiplied by it and others divided, once for each
    distinct token. Above 1 keeps the output close to the source, below 1 moves it away, 1 is off. Usual: 1.05 to 1.5.
    In (0, 100]."""
    repetition_penalty: float
    """Positive scores are divided by it and others multiplied, once for each distinct token. Above 1 discourages
    repetition, below 1 encourages it, 1 is off. Usual: 1.05 to 1.3. In (0, 100]."""
    repetition_penalty_normalize: bool
    """Measure scores relative to ln Σ exp s, which is above all of them. A constant added to all logits then changes
    nothing (transformers #48642). Default false."""
    penalty_last_n: int
    """Only the last n tokens count; -1: all of them, 0: none, which switches the penalty off (llama.cpp) unless
    penalty_decay_range lets older ones count. At least -1. Default -1."""
    penalty_decay_range: int
    """Number of tokens before the last penalty_last_n over which the penalty fades linearly: the token k before them
    counts 1 − k / penalty_decay_range. 0: no fading (ExLlamaV3's decay range). At least 0. Default 0."""
    penalty_scope: Literal["history", "generated"]
    """`history`: prompt and generated tokens count; `generated`: only those after `prompt_length`. Default "generated"."""
    presence_penalty: float
    """Subtracted once from the score of each token seen before. Positive discourages repetition, negative encourages
    it, 0 is off. OpenAI's range: -2 to 2. In [-100, 100]."""
    frequency_penalty: float
    """Subtracted from the score of each token once for every time it was seen. Positive discourages repetition,
    negative encourages it, 0 is off. OpenAI's range: -2 to 2. In [-100, 100]."""
    dry_multiplier: float
    """Penalty for continuing a run of exactly dry_allowed_length tokens. 0 is off. Usual: 0.8. In [0, 100]."""
    dry_base: float
    """Factor by which the penalty grows with every further token of the run. In [1, 100]. Default 1.75."""
    dry_allowed_length: int
    """Shortest run that is penalised, in tokens before the new one. In [0, 1000000]. Default 2."""
    dry_penalty_last_n: int
    """Only the last n tokens of the history count; -1: all of them, 0: none, which switches it off. At least -1.
    Default -1."""
    dry_sequence_breakers: Sequence[Union[Sequence[Union[int, str]], str]]
    """Sequences at which a run stops, such as the tokens of a line break; a text, such as "\\n", is found wherever it
    begins and ends in tokens. Default none."""
    dry_breaker_rule: Literal["spare", "cut"]
    """Treatment of breakers: `spare`, a token that is a breaker by itself is never penalised (llama.cpp); `cut`, it is
    treated like any token, and a run must have more than dry_allowed_length tokens after a breaker (koboldcpp). Default
    "spare"."""
    reasoning_budget: int
    """How many tokens a block of reasoning may hold. 0 ends each as soon as it begins, -1 is off. At least -1."""
    reasoning_start_ids: Union[Sequence[Union[int, str]], str]
    """The tokens that begin a block, such as that of <think>. Each occurrence begins a block with the whole budget."""
    reasoning_end_ids: Union[Sequence[Union[int, str]], str]
    """The tokens with which a block ends by itself, such as that of </think>."""
    reasoning_forced_ids: Sequence[Union[int, str]]
    """The tokens that are forced one after another when the budget is spent: a message and the end. Default
    reasoning_end_ids, unless those are a text of several tokens."""
    reasoning_scope: Literal["history", "generated"]
    """`history`: a block may begin in the prompt; `generated`: only tokens after `prompt_length` count. Default
    "history"."""
    forced_token_ids: Mapping[Any, Union[int, str]]
    """Position among the generated tokens, from 0 → the token that must stand there. If that token is also banned, no
    token is left, which is an error unless forced_over_bans is true."""
    forced_over_bans: bool
    """Draw a forced token even if the row or an earlier stage banned it (transformers). Default false."""
    temperature: float
    """Divides every score. Below 1 sharpens, above 1 flattens, 1 changes nothing; 0 is greedy: the most likely token,
    the lowest id among equals. Usual: 0.2 to 1.5. In [0, 1000]."""
    dynatemp_range: float
    """Maximum distance of the temperature from the middle, on either side; it never falls below 0. 0: the plain
    temperature. In [0, 1000]."""
    dynatemp_exponent: float
    """Exponent of the curve from the lowest temperature (no entropy) to the highest (equal probabilities). In [0, 100].
    Default 1."""
    dynatemp_tokens: Literal["kept", "listed"]
    """The number n in ln n: `kept`, the tokens that can be drawn; `listed`, also banned tokens that no later cut has
    removed from the list (llama.cpp). Default "kept"."""
    edt_theta: float
    """How fast the temperature falls with the entropy; at 0 it is T₀. Usual: 0.1 to 1. In [0, 100]."""
    edt_base: float
    """Base of the power θ/H; default 0.8, as in the paper. 1: the temperature is T₀. In (0, 1]. Default 0.8."""
    temperature_floor: float
    """Temperatures between 0 and this are raised to it (vLLM: 0.01). In [0, 1]. Default 0."""
    temperature_greedy_below: float
    """Temperatures below this are greedy, like 0 (SGLang: 1e-6). In [0, 1]. Default 0."""
    smoothing_factor: float
    """f: how strongly the distance to the largest score counts, squared. 0 is off. Usual: 0.2 to 0.3. In [0, 100]."""
    smoothing_curve: float
    """Shares the weight between the square and the cube of the distance: 1 is all square, 3 all cube. Beyond 3 scores
    near the largest may overtake it. In [1, 10]. Default 1."""
    top_n_sigma: float
    """How many standard deviations below the largest score a token may lie. 0 or less is off. Usual: 1. In [-1, 1000]."""
    top_n_sigma_divisor: Literal["n", "n-1"]
    """What the squared deviations are divided by: `n` tokens, or `n-1` (text-generation-webui, Aphrodite). Default "n"."""
    min_keep: int
    """Never keep fewer than this many tokens. At least 1. Default 1."""
    min_k: bool
    """Switches the cut on; the scores decide where it lies. false is off."""
    min_k_tau: float
    """τ: where all scores lie within τ / 2 of each other, at least τ / (max s − min s) tokens are kept. 0 never keeps
    more than the drop allows. Usual: 1 to 10. In [0, 1000]. Default 3."""
    min_k_ties: Literal["cut", "keep"]
    """Tokens whose score equals that of the last one kept: `cut` ranks lower ids first (the paper), `keep` keeps them
    all (vLLM #48142). Default "cut"."""
    top_h: float
    """The share of the entropy that the kept tokens may hold. 1 keeps all top_h_tokens. Usual: 0.4. In (0, 1]."""
    top_h_top_n: int
    """Number of most likely tokens to consider; the entropy is of these (transformers: 100). At least 1. Default 100."""
    top_k: int
    """How many of the most likely tokens to keep; 0 is off. Usual: 20 to 100. At least 0."""
    ties: Literal["cut", "keep"]
    """Tokens whose score equals that of the last one kept: `cut` keeps exactly k, lower ids first (llama.cpp, SGLang);
    `keep` keeps them all (transformers, vLLM). Default "cut"."""
    top_a: float
    """Factor of the squared largest probability; the product is the smallest probability that is kept. 0 is off. Usual:
    0.1 to 0.3. In [0, 1]."""
    tfs: float
    """z: the share of the curvature before the tail begins (llama.cpp called it `tfs_z`). 1 is off. Usual: 0.9 to 0.99.
    In [0, 1]."""
    tfs_edge: Literal["centre", "before"]
    """Position of the cut at the second difference that exceeds z: `centre` keeps its middle token and always drops the
    last token (KoboldAI, text-generation-webui); `before` keeps one token less, drops the last only past a second
    difference above 0, and treats all as equal when all are 0 (koboldcpp). Default "centre"."""
    top_p_decay: float
    """Factor of top_p for every token generated since the last of top_p_reset_ids. 1 is off. Usual: 0.9 to 0.99. In (0,
    1]."""
    top_p_min: float
    """The minimum of the shrunken top_p. In (0, 1]. Default 0.000001."""
    top_p_reset_ids: Sequence[Union[int, str]]
    """Tokens after which top_p has its initial value again, such as a line break. Default none."""
    top_p: float
    """The mass to keep: the smallest descending prefix whose probabilities reach it. The mass is relative to the kept
    tokens: after top_k, to the k tokens. SGLang takes it of all tokens, which is top_p before top_k. 1 is off, 0 keeps
    one token. Usual: 0.8 to 0.98. In [0, 1]."""
    top_p_inclusive: bool
    """Also keep a token when the mass before it exactly equals p (SGLang's rule). Default false."""
    top_p_ties: Literal["cut", "keep", "highest"]
    """Tokens whose score equals that of the last one kept: `cut` ranks lower ids first, `highest` higher ones
    (transformers, vLLM's PyTorch path), `keep` keeps them all (FlashInfer). Default "cut"."""
    top_p_crossing: Literal["keep", "drop"]
    """The token with which the mass exceeds p: `keep` it, or `drop` it and its equals, so that at most p is kept
    (ExLlamaV3 before version 1). The most likely token and its equals always stay. Default "keep"."""
    min_p: float
    """The least share of the most likely token's probability that a token must have. 0 is off, 1 keeps only the most
    likely token and those whose score is within 1e-6 of it: every comparison has that slack for the rounding of
    float32. Usual: 0.02 to 0.1. In [0, 1]."""
    typical_p: float
    """The mass to keep, the most typical tokens first. 1 is off, 0 keeps one token. Usual: 0.2 to 0.95. In [0, 1]."""
    typical_p_inclusive: bool
    """Also keep a token when the mass before it exactly equals p (llama.cpp's rule). Default false."""
    typical_p_ties: Literal["cut", "keep"]
    """Tokens exactly as typical as the last one kept: `cut` takes the more likely first and lower ids first, `keep`
    keeps them all (transformers). Default "cut"."""
    epsilon_cutoff: float
    """The smallest probability that is kept. When no token has it, the most likely token and its equals stay. 0 is off.
    Usual: 3e-4 to 9e-4. (text-generation-webui counts it in units of 1e-4.) In [0, 1)."""
    eta_cutoff: float
    """ε of the rule: the cutoff is the smaller of ε and √ε · exp(−entropy). 0 is off. Usual: 3e-4 to 4e-3.
    (text-generation-webui counts it in units of 1e-4.) In [0, 1)."""
    p_less: bool
    """Switches the cut on; the threshold has no parameter. false is off."""
    p_less_norm: bool
    """Lower the threshold by the probability that two draws differ, divided by the other tokens of the vocabulary:
    p-less-norm, which keeps more. Default false."""
    p_step: float
    """The smallest ratio of a token's probability to that of the token ranked before it. The list ends before the first
    token below it. 0 is off. Usual: 0.1 to 0.5. In [0, 1]."""
    ees: bool
    """true keeps the tokens before evenness and mass meet; false is off."""
    skew: float
    """Below 0 the first tokens of the order gain, above 0 the last ones; 0 is off. Usual: -1 to 1. In [-10, 10]."""
    skew_order: Literal["rank", "id"]
    """The order: `rank`, the most likely first (ExLlamaV2); `id`, by token id, as they lie in the row (Aphrodite).
    Default "rank"."""
    xtc_probability: float
    """Probability with which a step excludes its top choices. 0 is off, 1 always excludes. Usual: 0.5. In [0, 1]."""
    xtc_threshold: float
    """Minimum probability of a top choice. Above 0.5 there is at most one top choice, so the stage is off. In [0, 1].
    Default 0.1."""
    xtc_outcome: Literal["draw", "average"]
    """`draw`: each step decides by its own random number; `average`: no random number, and the probabilities are the
    average of both outcomes. This gives the same distribution of samples, and greedy decoding has one result
    (ExLlamaV3). Default "draw"."""
    xtc_spared_ids: Sequence[Union[int, str]]
    """Tokens that are never excluded, such as a line break and those that end a text. Default none."""
    xtc_spared_rule: Literal["aside", "stay", "refuse"]
    """Treatment of xtc_spared_ids: `aside`, they do not count as top choices (ExLlamaV3); `stay`, they count, and stay
    (mlx-lm); `refuse`, nothing is excluded in a step in which one of them would be (text-generation-webui). Default
    "aside"."""
    xtc_ties: Literal["cut", "keep"]
    """Top choices exactly as likely as the least of them: `cut` keeps the highest id, `keep` keeps them all (mlx-lm).
    Default "cut"."""
    mirostat: int
    """Version: 1 cuts at a rank that follows from a fit of Zipf's law, 2 at a surprise of µ bits. 0 is off. In [0, 2]."""
    mirostat_tau: float
    """Target surprise of the drawn tokens, in bits. Usual: 3 to 5. In [0, 100]. Default 5."""
    mirostat_eta: float
    """How fast µ follows the error. Usual: 0.1. In [0, 10]. Default 0.1."""
    adaptive_target: float
    """Target for the average probability of the drawn tokens. Negative is off. Usual: 0.3 to 0.8. In [-1, 1]."""
    adaptive_decay: float
    """How slowly the average forgets: about 1 / (1 − decay) tokens count. In [0, 0.99]. Default 0.9."""


class StepOptionsSources(TypedDict, total=False):
    """Part of StepOptionsSources."""

    temperature: float
    """Temperature by which the logits of this source are divided before they are combined. Default 1. Above 0."""


class _ChainedOptions(_SharedOptions, total=False):
    """And those that choose a chain."""

    preset: Literal["default", "openai", "llama.cpp", "vllm", "transformers", "sglang", "koboldcpp", "exllamav3", "transformers.js", "web-llm", "ollama", "mlx-lm", "lmdeploy", "mistral.rs", "tensorrt-llm", "onnxruntime-genai", "text-generation-webui", "aphrodite"]
    """Stage order, defaults and rules of a host: default, openai, llama.cpp, vllm, transformers, sglang, koboldcpp,
    exllamav3, transformers.js, web-llm, ollama, mlx-lm, lmdeploy, mistral.rs, tensorrt-llm, onnxruntime-genai,
    text-generation-webui, aphrodite."""
    variant: Literal["pytorch", "triton", "flashinfer", "fused", "steps", "llama-server", "mlx", "cpp"]
    """Variant of the preset, for hosts with several code paths: pytorch (vllm), triton (vllm), flashinfer (vllm),
    pytorch (sglang), flashinfer (sglang), fused (exllamav3), steps (exllamav3), llama-server (ollama), mlx (ollama),
    flashinfer (tensorrt-llm), pytorch (tensorrt-llm), cpp (tensorrt-llm), pytorch (aphrodite), triton (aphrodite),
    flashinfer (aphrodite). Default the preset's first."""
    chain: Sequence[Mapping[Any, Any]]
    """Stages in the order in which they run, instead of the short options: [{"stage": "top_k", "top_k": 40}, …]."""
    state: Optional[Mapping[Any, Any]]
    """The `state` of the previous step's reply, for samplers and stops that carry one (mirostat, adaptive_p, entropy).
    null or absent: a first step."""
    combine: Mapping[Any, Any]
    """Rule that combines the rows of several sources into one before the chain: {"rule": "guidance", "guidance_scale":
    1.5}. Rules: guidance, contrastive, context_aware, proxy, dola, product, mixture."""
    sources: Sequence[StepOptionsSources]
    """Options of each combined source, in the order of the rows."""


class StepOptions(_ChainedOptions, total=False):
    """Options of one step."""

    n: int
    """How many tokens to draw from this row; reported in `draws`. Default: 1 draw, without `draws` in the reply. At
    least 1."""


class StreamOptions(StepOptions, total=False):
    """Options of a stream."""

    dtype: Literal["f32", "f16", "bf16", "i8"]
    """Element type of the tensor, little-endian. Default f32 in a JSON header; required in a query string."""
    shape: Ints
    """[vocab_size] or [1, vocab_size] for one step, [rows, vocab_size] for a batch."""


class OptionChanges(TypedDict, total=False):
    """Options that may change on a stream; None takes one back. Each is as in StepOptions."""

    preset: Optional[Literal["default", "openai", "llama.cpp", "vllm", "transformers", "sglang", "koboldcpp", "exllamav3", "transformers.js", "web-llm", "ollama", "mlx-lm", "lmdeploy", "mistral.rs", "tensorrt-llm", "onnxruntime-genai", "text-generation-webui", "aphrodite"]]
    variant: Optional[Literal["pytorch", "triton", "flashinfer", "fused", "steps", "llama-server", "mlx", "cpp"]]
    chain: Optional[Sequence[Mapping[Any, Any]]]
    combine: Optional[Mapping[Any, Any]]
    sources: Optional[Sequence[StepOptionsSources]]
    vocab_size: Optional[int]
    vocabulary: Optional[str]
    seed: Optional[Union[int, str]]
    n: Optional[int]
    replacement: Optional[bool]
    draw: Optional[StepOptionsDraw]
    watermark: Optional[StepOptionsWatermark]
    unmarked: Optional[bool]
    trace: Optional[Union[bool, Literal["timed"]]]
    kept_token_ids: Optional[bool]
    kept_max: Optional[int]
    kept_mode: Optional[Literal["bounded", "exact"]]
    logprobs: Optional[bool]
    top_logprobs: Optional[int]
    logprobs_mode: Optional[Literal["raw", "combined", "processed", "before_temperature", "behind_temperature"]]
    rank_ties: Optional[Literal["by_id", "counted"]]
    logprob_token_ids: Optional[Ints]
    uncertainty: Optional[bool]
    confidence_top_k: Optional[int]
    stop: Optional[StepOptionsStop]
    receipt: Optional[bool]
    require_exact: Optional[bool]
    calibration: Optional[StepOptionsCalibration]
    grammar: Optional[Mapping[Any, Any]]
    banned_strings: Optional[Sequence[str]]
    banned_ignore_case: Optional[bool]
    allowed_token_ids: Optional[Sequence[Union[int, str]]]
    token_bitmask: Optional[Union[str, bytes, bytearray, memoryview, Array]]
    logit_bias: Optional[Mapping[Any, Optional[Union[float, Literal["-inf", "-Infinity"]]]]]
    sequence_bias: Optional[Sequence[StepOptionsSequenceBias]]
    sequence_scope: Optional[Literal["history", "generated"]]
    sequence_min_history: Optional[Literal["prefix", "sequence"]]
    bad_words_ids: Optional[Sequence[Union[Sequence[Union[int, str]], str]]]
    bad_words_spared_ids: Optional[Sequence[Union[int, str]]]
    bad_words: Optional[Sequence[str]]
    encoder_no_repeat_ngram_size: Optional[int]
    encoder_input_ids: Optional[Ints]
    no_repeat_ngram_size: Optional[int]
    no_repeat_ngram_window: Optional[int]
    no_repeat_ngram_scope: Optional[Literal["history", "generated"]]
    no_repeat_ngram_spared_ids: Optional[Sequence[Union[int, str]]]
    begin_suppress_tokens: Optional[Sequence[Union[int, str]]]
    begin_suppress_index: Optional[int]
    min_tokens: Optional[int]
    stop_token_ids: Optional[Sequence[Union[int, str]]]
    min_tokens_scope: Optional[Literal["generated", "history"]]
    exponential_decay_length_penalty: Optional[Floats]
    encoder_repetition_penalty: Optional[float]
    repetition_penalty: Optional[float]
    repetition_penalty_normalize: Optional[bool]
    penalty_last_n: Optional[int]
    penalty_decay_range: Optional[int]
    penalty_scope: Optional[Literal["history", "generated"]]
    presence_penalty: Optional[float]
    frequency_penalty: Optional[float]
    dry_multiplier: Optional[float]
    dry_base: Optional[float]
    dry_allowed_length: Optional[int]
    dry_penalty_last_n: Optional[int]
    dry_sequence_breakers: Optional[Sequence[Union[Sequence[Union[int, str]], str]]]
    dry_breaker_rule: Optional[Literal["spare", "cut"]]
    reasoning_budget: Optional[int]
    reasoning_start_ids: Optional[Union[Sequence[Union[int, str]], str]]
    reasoning_end_ids: Optional[Union[Sequence[Union[int, str]], str]]
    reasoning_forced_ids: Optional[Sequence[Union[int, str]]]
    reasoning_scope: Optional[Literal["history", "generated"]]
    forced_token_ids: Optional[Mapping[Any, Union[int, str]]]
    forced_over_bans: Optional[bool]
    temperature: Optional[float]
    dynatemp_range: Optional[float]
    dynatemp_exponent: Optional[float]
    dynatemp_tokens: Optional[Literal["kept", "listed"]]
    edt_theta: Optional[float]
    edt_base: Optional[float]
    temperature_floor: Optional[float]
    temperature_greedy_below: Optional[float]
    smoothing_factor: Optional[float]
    smoothing_curve: Optional[float]
    top_n_sigma: Optional[float]
    top_n_sigma_divisor: Optional[Literal["n", "n-1"]]
    min_keep: Optional[int]
    min_k: Optional[bool]
    min_k_tau: Optional[float]
    min_k_ties: Optional[Literal["cut", "keep"]]
    top_h: Optional[float]
    top_h_top_n: Optional[int]
    top_k: Optional[int]
    ties: Optional[Literal["cut", "keep"]]
    top_a: Optional[float]
    tfs: Optional[float]
    tfs_edge: Optional[Literal["centre", "before"]]
    top_p_decay: Optional[float]
    top_p_min: Optional[float]
    top_p_reset_ids: Optional[Sequence[Union[int, str]]]
    top_p: Optional[float]
    top_p_inclusive: Optional[bool]
    top_p_ties: Optional[Literal["cut", "keep", "highest"]]
    top_p_crossing: Optional[Literal["keep", "drop"]]
    min_p: Optional[float]
    typical_p: Optional[float]
    typical_p_inclusive: Optional[bool]
    typical_p_ties: Optional[Literal["cut", "keep"]]
    epsilon_cutoff: Optional[float]
    eta_cutoff: Optional[float]
    p_less: Optional[bool]
    p_less_norm: Optional[bool]
    p_step: Optional[float]
    ees: Optional[bool]
    skew: Optional[float]
    skew_order: Optional[Literal["rank", "id"]]
    xtc_probability: Optional[float]
    xtc_threshold: Optional[float]
    xtc_outcome: Optional[Literal["draw", "average"]]
    xtc_spared_ids: Optional[Sequence[Union[int, str]]]
    xtc_spared_rule: Optional[Literal["aside", "stay", "refuse"]]
    xtc_ties: Optional[Literal["cut", "keep"]]
    mirostat: Optional[int]
    mirostat_tau: Optional[float]
    mirostat_eta: Optional[float]
    adaptive_target: Optional[float]
    adaptive_decay: Optional[float]


class DraftOptions(TypedDict, total=False):
    """How a draft is verified."""

    parents: Ints
    """A tree of drafts: for each drafted token the index of its parent, -1 for a token directly after the history. A
    parent comes before its children; no path is longer than 16. Default: each token follows the one before it."""
    method: Literal["strict", "rejection", "block", "typical", "ensemble"]
    """How the draft is verified. Default strict."""
    draft_rows: Literal["none", "logits", "probabilities"]
    """The rows after those of the target: `none` (default), when each drafted token counts as certain, or the rows from
    which the draft was drawn, `logits` or `probabilities`: one for the root and one for each token with children, in
    order."""
    draft_siblings: Literal["independent", "without_replacement"]
    """How tokens with one parent were drawn from their row: `independent` (default), or `without_replacement`, in the
    order of the draft."""
    draft_vocabulary: str
    """The drafter's vocabulary, when it differs from the target's: a name from GET /v1/vocabularies. Then
    `draft_token_ids` are its ids, and the drafter's rows have its length."""
    draft_match: Literal["tokens", "text"]
    """How tokens of `draft_vocabulary` become those of the target: `tokens` (default), the target's token with the same
    bytes; the drafter's distribution is restricted to tokens that both have, and the drafter must draw from that
    distribution. `text`: the draft's text is spelled in tokens of the target, and the rows follow those."""
    draft_options: Mapping[Any, Any]
    """How the draft was drawn from its rows of logits: options of stages, `chain`, `preset`. Default: plain softmax."""
    epsilon: float
    """Maximum of the threshold: a token with a larger probability is always accepted. Usual: 0.09. In [0, 1]. Default
    0.09."""
    delta: float
    """The threshold as a fraction of e^−H, which falls as the target becomes unsure. Usual: 0.3. In [0, 1]. Default
    0.3."""
    ensemble_weight: float
    """w, the weight of the target in the mixture; 1 is method rejection. Default 0.5. In (0, 1]. Default 0.5."""


class VerifyOptions(_ChainedOptions, total=False):
    """Options of a draft and of its steps."""

    parents: Ints
    """A tree of drafts: for each drafted token the index of its parent, -1 for a token directly after the history. A
    parent comes before its children; no path is longer than 16. Default: each token follows the one before it."""
    method: Literal["strict", "rejection", "block", "typical", "ensemble"]
    """How the draft is verified. Default strict."""
    draft_rows: Literal["none", "logits", "probabilities"]
    """The rows after those of the target: `none` (default), when each drafted token counts as certain, or the rows from
    which the draft was drawn, `logits` or `probabilities`: one for the root and one for each token with children, in
    order."""
    draft_siblings: Literal["independent", "without_replacement"]
    """How tokens with one parent were drawn from their row: `independent` (default), or `without_replacement`, in the
    order of the draft."""
    draft_vocabulary: str
    """The drafter's vocabulary, when it differs from the target's: a name from GET /v1/vocabularies. Then
    `draft_token_ids` are its ids, and the drafter's rows have its length."""
    draft_match: Literal["tokens", "text"]
    """How tokens of `draft_vocabulary` become those of the target: `tokens` (default), the target's token with the same
    bytes; the drafter's distribution is restricted to tokens that both have, and the drafter must draw from that
    distribution. `text`: the draft's text is spelled in tokens of the target, and the rows follow those."""
    draft_options: Mapping[Any, Any]
    """How the draft was drawn from its rows of logits: options of stages, `chain`, `preset`. Default: plain softmax."""
    epsilon: float
    """Maximum of the threshold: a token with a larger probability is always accepted. Usual: 0.09. In [0, 1]. Default
    0.09."""
    delta: float
    """The threshold as a fraction of e^−H, which falls as the target becomes unsure. Usual: 0.3. In [0, 1]. Default
    0.3."""
    ensemble_weight: float
    """w, the weight of the target in the mixture; 1 is method rejection. Default 0.5. In (0, 1]. Default 0.5."""


class _Drafted(TypedDict):
    draft_token_ids: Ints
    """The drafted tokens, 0 to 16, or with `parents` up to 256: k tokens need k + 1 rows of the target, the first after
    the history and one after each token."""


class VerifySequence(_Drafted, VerifyOptions):
    """One sequence of a batch of drafts: its draft, and the options of its own."""


class CompareOptionsObserved(TypedDict, total=False):
    """The result of another sampler for the row: {"token_ids": […], "probabilities": […]}, the same with "logprobs",
    the set {"kept": […]}, or the draws {"drawn": […]}. The reply then says which arm gives this result, or which change
    of order, ties, bounds or scope would."""

    kept: Ints
    """The ids of all tokens that could be drawn. Stands alone."""
    drawn: Ints
    """The tokens that it drew from this row, one for each draw; a single token is one draw. Stands alone."""
    token_ids: Ints
    """Tokens whose probabilities follow; the other tokens share the rest of the probability."""
    probabilities: Floats
    """Probabilities of these tokens."""
    logprobs: Sequence[Optional[float]]
    """Natural logarithms, in place of probabilities; null is a probability of 0."""


class CompareOptions(_SharedOptions, total=False):
    """What all arms share."""

    n: int
    """How many tokens to draw from this row; reported in `draws`. Default: 1 draw, without `draws` in the reply. At
    least 1."""
    compare_top: int
    """How many of the most likely tokens to list, of the row and of each arm. Default 20. At least 1."""
    observed: CompareOptionsObserved
    """The result of another sampler for the row: {"token_ids": […], "probabilities": […]}, the same with "logprobs",
    the set {"kept": […]}, or the draws {"drawn": […]}. The reply then says which arm gives this result, or which change
    of order, ties, bounds or scope would."""


class _ProbabilitiesOptionsConformal(TypedDict):
    method: Literal["lac", "aps", "raps"]
    """lac: by probability. aps: by the mass of less likely classes. raps: like aps, with a penalty on later ranks."""
    threshold: Optional[float]
    """Classes with at least this conformity are in the set; null: all classes are."""
    temperature: float
    """The temperature at which it was found. In [0.000001, 1000000]."""
    rows: int
    """Number of rows on which it was found. At least 1."""


class ProbabilitiesOptionsConformal(_ProbabilitiesOptionsConformal, total=False):
    """Asks for a set of classes that contains the true one with the calibrated coverage. Takes the `conformal` of a
    reply of /v1/calibrate."""

    miscoverage: float
    """Share of rows whose class may be missing from the set. In (0, 1). Default 0.1."""
    rank_penalty: float
    """Option of raps: penalty for every rank after `free_ranks`; 0.01 when absent. At least 0."""
    free_ranks: int
    """Option of raps: number of ranks without a penalty; 5 when absent. At least 0."""
    scaling: Literal["temperature_scaling", "bias_scaling", "vector_scaling"]
    """Method that the `calibration` of the request must have, unless it is a single temperature."""


class ProbabilitiesOptions(TypedDict, total=False):
    """Options of probabilities."""

    target: Union[int, str]
    """The true class (token), by id, or with `labels` by its label; 0 or 1 when the row is one logit."""
    targets: Sequence[Union[int, str]]
    """The true class of each row, for `rows`."""
    vocab_size: int
    """Number of real classes when rows are padded: logits past it are not read. At least 1."""
    temperature: float
    """Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]."""
    calibration: StepOptionsCalibration
    """A calibration from a reply of /v1/calibrate."""
    labels: Sequence[str]
    """Names of the classes, by id; for rows of one logit the one name of “yes”."""
    threshold: Union[float, Floats, Mapping[Any, float]]
    """Asks for a decision: the likeliest class that reaches its threshold is predicted, otherwise none. One number for
    all classes, an array by id, or an object by label (a class without a label in it is never predicted)."""
    conformal: ProbabilitiesOptionsConformal
    """Asks for a set of classes that contains the true one with the calibrated coverage. Takes the `conformal` of a
    reply of /v1/calibrate."""


class ScoreOptions(TypedDict, total=False):
    """Options of score."""

    target: Union[int, str]
    """The true class (token), by id, or with `labels` by its label; 0 or 1 when the row is one logit."""
    targets: Sequence[Union[int, str]]
    """The true class of each row, for `rows`."""
    vocab_size: int
    """Number of real classes when rows are padded: logits past it are not read. At least 1."""
    temperature: float
    """Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]."""
    calibration: StepOptionsCalibration
    """A calibration from a reply of /v1/calibrate."""
    labels: Sequence[str]
    """Names of the classes, by id; for rows of one logit those of “no” and “yes”."""
    sampling: Mapping[Any, Any]
    """A chain, as /v1/sample takes it: the options of stages, `preset`, `chain`, `history`. Adds the probability that
    the chain gives each token."""


class DiagnoseOptionsBaselineFeaturesMargin(TypedDict):
    """Part of DiagnoseOptionsBaselineFeaturesMargin."""

    median: float
    deviation: float
    """At least 0."""


class DiagnoseOptionsBaselineFeatures(TypedDict):
    """Part of DiagnoseOptionsBaselineFeatures."""

    margin: DiagnoseOptionsBaselineFeaturesMargin
    ln_entropy: DiagnoseOptionsBaselineFeaturesMargin
    energy: DiagnoseOptionsBaselineFeaturesMargin
    ln_varentropy: DiagnoseOptionsBaselineFeaturesMargin
    logit_deviation: DiagnoseOptionsBaselineFeaturesMargin


class DiagnoseOptionsBaseline(TypedDict):
    """The statistics of clean rows, as /v1/baseline replies them."""

    rows: int
    """Number of clean rows to which it was fitted. At least 1."""
    temperature: float
    """The temperature at which it was fitted. In [0.000001, 1000000]."""
    false_positive_rate: float
    """Share of clean rows that may be flagged. In (0, 0.5]."""
    threshold: float
    """A row is flagged when its suspicion is larger than this."""
    features: DiagnoseOptionsBaselineFeatures


class DiagnoseOptions(TypedDict, total=False):
    """Options of diagnose."""

    target: Union[int, str]
    """The true class (token), by id, or with `labels` by its label; 0 or 1 when the row is one logit."""
    targets: Sequence[Union[int, str]]
    """The true class of each row, for `rows`."""
    vocab_size: int
    """Number of real classes when rows are padded: logits past it are not read. At least 1."""
    temperature: float
    """Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]."""
    calibration: StepOptionsCalibration
    """A calibration from a reply of /v1/calibrate."""
    labels: Sequence[str]
    """Names of the classes, by id; for rows of one logit the one name of “yes”."""
    baseline: DiagnoseOptionsBaseline
    """The statistics of clean rows, as /v1/baseline replies them."""


class _CalibrateOptionsConformal(TypedDict):
    method: Literal["lac", "aps", "raps"]
    """lac: by probability. aps: by the mass of less likely classes. raps: like aps, with a penalty on later ranks."""


class CalibrateOptionsConformal(_CalibrateOptionsConformal, total=False):
    """Finds the threshold of conformal sets, which contain the true class with the wanted coverage, for
    /v1/probabilities."""

    miscoverage: float
    """Share of rows whose class may be missing from the set. In (0, 1). Default 0.1."""
    rank_penalty: float
    """Option of raps: penalty for every rank after `free_ranks`; 0.01 when absent. At least 0."""
    free_ranks: int
    """Option of raps: number of ranks without a penalty; 5 when absent. At least 0."""


class CalibrateOptions(TypedDict, total=False):
    """Options of calibrate."""

    target: Union[int, str]
    """The true class (token), by id, or with `labels` by its label; 0 or 1 when the row is one logit."""
    targets: Sequence[Union[int, str]]
    """The true class of each row, for `rows`."""
    vocab_size: int
    """Number of real classes when rows are padded: logits past it are not read. At least 1."""
    method: Literal["temperature_scaling", "bias_scaling", "vector_scaling"]
    """temperature_scaling: one temperature. bias_scaling: one temperature, and a bias per class. vector_scaling: a
    weight and a bias per class. Default "temperature_scaling"."""
    ridge: float
    """Strength of L2 regularization: the mean loss grows by ridge/2 times the sum of the squares of the biases and of
    (weight − 1/T). In [0, 1000000]. Default 0."""
    bins: int
    """Bins of the reliability diagram and of ECE. In [1, 1000]. Default 15."""
    binning: Literal["equal_width", "equal_mass"]
    """Bins of equal width, or of equally many rows. Default "equal_width"."""
    entropy_bins: int
    """Bins of a second diagram, over relative entropy; 0: none. In [0, 1000]. Default 0."""
    per_class: bool
    """Reports, for each class, how often it was predicted and how often it was the true one, and its calibration error.
    Default false."""
    conformal: CalibrateOptionsConformal
    """Finds the threshold of conformal sets, which contain the true class with the wanted coverage, for
    /v1/probabilities."""
    resamples: int
    """Number of bootstrap resamples for the intervals; 0: no intervals. In [0, 10000]. Default 200."""
    confidence_level: float
    """Share of the resamples inside an interval. In (0, 1). Default 0.95."""
    seed: Union[int, str]
    """Seed of the resamples."""


class BaselineOptions(TypedDict, total=False):
    """Options of baseline."""

    target: Union[int, str]
    """The true class (token), by id, or with `labels` by its label; 0 or 1 when the row is one logit."""
    targets: Sequence[Union[int, str]]
    """The true class of each row, for `rows`."""
    vocab_size: int
    """Number of real classes when rows are padded: logits past it are not read. At least 1."""
    temperature: float
    """Divides every logit before softmax. Default 1. Excludes `calibration`. In [0.000001, 1000000]."""
    calibration: StepOptionsCalibration
    """A calibration from a reply of /v1/calibrate."""
    false_positive_rate: float
    """Share of clean rows that `suspicious` may flag; 0.01 needs at least 99 rows. In (0, 0.5]. Default 0.01."""


class ReplayStepClaimed(TypedDict, total=False):
    """The receipt that came with the token, and optionally the fingerprint. Both are compared with the recomputed step."""

    row: str
    options: str
    system_fingerprint: str


class ReplayStep(StepOptions, total=False):
    """A step with what was claimed of it."""

    token_id: int
    """The token that the host claims to have drawn. At least 0."""
    claimed: ReplayStepClaimed
    """The receipt that came with the token, and optionally the fingerprint. Both are compared with the recomputed step."""
    tolerance: float
    """Tolerance within which a token agrees: in probability for inverse_cdf, in score for gumbel. Default 0. At least
    0."""
    divergence_max: float
    """Maximum that one miss adds to the mean. Default 10. Above 0."""


class DetectOptions(TypedDict, total=False):
    """The mark to look for."""

    prompt_length: int
    """Number of leading ids that are the prompt, which is not marked. Default 0. At least 0."""
    vocab_size: int
    """Size of the vocabulary; ids must be below it. At least 1."""
    values: bool
    """Report the value of each token, null for tokens that do not count. Default false."""
    repeats: Literal["once", "each"]
    """Count a repeated context (for green_list: with its token) once, as p-values require, or each time. Default once."""
    scheme: Literal["gumbel", "dual_key_gumbel", "green_list", "synthid"]
    key: str
    """Id of a configured key. The key itself is never sent."""
    context_width: int
    """Number of preceding tokens that decide a token's randomness. In [1, 64]. Default 4."""
    alpha: float
    """Share of the tokens that the second key marks. In [0, 1]. Default 0.1."""
    gamma: float
    """Share of the vocabulary that is green. In (0, 1). Default 0.25."""
    seeding: Literal["philox", "lefthash", "selfhash"]
    """How the key makes tokens green: `philox`, each token independently; `lefthash`, the first γ of a shuffled
    vocabulary (transformers); `selfhash`, the same with the token's own id in the seed, for the 40 best. Default
    "philox"."""
    ngram_len: int
    """Number of tokens that decide a token's layers: the token and those before it. In [2, 65]. Default 5."""
    layers: int
    """Number of layers derived from a single secret; a key of several secrets has a layer for each. In [1, 32]. Default
    30."""
    sampling_table_size: int
    """Size of the table of random bits. In [2, 65536]. Default 65536."""
    sampling_table_seed: int
    """Seed of that table. In [0, 4294967295]. Default 0."""


class _SampledDraws(TypedDict):
    token_id: int
    """Token id. At least -9007199254740991."""


class SampledDraws(_SampledDraws, total=False):
    """Part of SampledDraws."""

    text: str
    bytes: List[int]
    logprob: Optional[float]
    """ln softmax of the logits as sent. With `logprobs`."""
    processed_logprob: float
    """ln of the probability it was drawn with. With `logprobs`."""
    rank: int
    """1 = the most likely token of the row as sent. With `logprobs`. At least -9007199254740991."""


class _SampledTopLogprobs(TypedDict):
    token_id: int
    """Token id. At least -9007199254740991."""
    logprob: Optional[float]
    """Natural logarithm of the probability; null stands for −∞."""


class SampledTopLogprobs(_SampledTopLogprobs, total=False):
    """Part of SampledTopLogprobs."""

    text: str
    bytes: List[int]


class SampledUncertaintyRaw(TypedDict):
    """Of the row as sent; for a sparse row, of its listed tokens."""

    entropy: float
    """H = −Σ p ln p, in nats."""
    varentropy: float
    """Σ p (−ln p − H)²."""
    margin: float
    """p of the most likely token minus p of the next; 1 when there is only one token."""
    confidence: float
    """−(1/k) Σ ln p over the k = `confidence_top_k` most likely tokens, or all tokens when there are fewer. It is large
    when a few tokens hold most of the probability. Values are comparable for equal k only."""


class SampledUncertainty(TypedDict):
    """Measures of uncertainty; with `uncertainty`."""

    raw: SampledUncertaintyRaw
    """Of the row as sent; for a sparse row, of its listed tokens."""
    processed: SampledUncertaintyRaw
    """Of the distribution after the chain."""


class SampledWatermarkExpected(TypedDict):
    """Mean, over random keys, of the value of a token with this probability; with `expected`."""

    marked: float
    unmarked: float


class _SampledWatermark(TypedDict):
    scheme: str
    marked: bool


class SampledWatermark(_SampledWatermark, total=False):
    """True when the token is marked; with `watermark`. A repeated context is not marked."""

    expected: SampledWatermarkExpected
    """Mean, over random keys, of the value of a token with this probability; with `expected`."""


class SampledReceipt(TypedDict):
    """SHA-256 of the row and of the options; with `receipt`."""

    row: str
    options: str


class _SampledTraceTop(TypedDict):
    token_id: int
    """Token id. At least -9007199254740991."""
    probability: float
    """Probability, 0 … 1."""


class SampledTraceTop(_SampledTraceTop, total=False):
    """Part of SampledTraceTop."""

    text: str
    bytes: List[int]


class _SampledTraceCombination(TypedDict):
    sources: int
    """Number of combined sources. At least -9007199254740991."""


class SampledTraceCombination(_SampledTraceCombination, total=False):
    """In the first entry, for several sources: the values that the rule computed."""

    plausible: int
    """Number of tokens of the first source that the rule finds plausible. At least -9007199254740991."""
    alpha: float
    """The weight, computed in this step or given."""
    divergence: float
    """The Jensen-Shannon divergence from which it follows, in nats."""
    chosen: int
    """Index of the source that was chosen among several. At least -9007199254740991."""


class _SampledTraceKnifeEdge(TypedDict):
    kind: Literal["rank", "mass", "score", "share"]
    """Quantity that the stage limits."""
    limit: float
    """The limit."""
    token_id: int
    """Token id. At least -9007199254740991."""
    distance: float
    """Distance of this token to the limit. No other token is nearer."""


class SampledTraceKnifeEdge(_SampledTraceKnifeEdge, total=False):
    """How close the decision was."""

    limit_probability: float
    """For a limit of scores: the probability, before the stage, of a token at the limit."""
    text: str
    bytes: List[int]


class _SampledTrace(TypedDict):
    stage: str
    """Name of the stage, or of the rule that combines sources."""
    kept_before: int
    """Number of candidates before the stage. At least -9007199254740991."""
    kept_after: int
    """Number of candidates after the stage. At least -9007199254740991."""
    mass_removed: float
    """Total probability, before the stage, of the tokens that it removed."""
    entropy: float
    """Entropy, in nats, of the distribution after the stage."""
    top: List[SampledTraceTop]
    """The most likely tokens after the stage."""
    removed: List[SampledTraceTop]
    """The most likely tokens that the stage removed, with their probability before it."""


class SampledTrace(_SampledTrace, total=False):
    """Part of SampledTrace."""

    combination: SampledTraceCombination
    """In the first entry, for several sources: the values that the rule computed."""
    skipped: Literal["neutral", "greedy"]
    """Why the stage did not run: its options change nothing, or only the argmax matters."""
    knife_edge: SampledTraceKnifeEdge
    """How close the decision was."""
    named: List[float]
    """Probability after the stage of each token of `logprob_token_ids`; 0 for a removed token."""
    us: float
    """Duration of the stage in microseconds; in timed traces only."""


class _SampledFates(TypedDict):
    token_id: int
    """Token id. At least -9007199254740991."""
    removed_by: Optional[str]
    """The stage that removed the token; "the row" when it was never a candidate; null when it was not removed."""
    probability: float
    """Its probability before that stage; at the end when it was not removed."""


class SampledFates(_SampledFates, total=False):
    """Part of SampledFates."""

    text: str
    bytes: List[int]
    reason: str
    """In words."""


SampledInverseCdf = TypedDict("SampledInverseCdf", {"uniform": float, "from": float, "to": float})


class SampledGumbelBest(TypedDict):
    """Part of SampledGumbelBest."""

    token_id: int
    """At least -9007199254740991."""
    total: float


class SampledGumbel(TypedDict):
    """For the draw rule gumbel: the largest scores with their noise; with `trace`."""

    best: List[SampledGumbelBest]


class _Sampled(TypedDict):
    token_id: int
    """The token drawn. At least -9007199254740991."""
    kept: int
    """Number of tokens that the chain kept. At least -9007199254740991."""
    seed: str
    """The seed, as decimal text; a random one when the request has none."""
    step: int
    """The step, as it was sent. At least -9007199254740991."""
    state: Optional[Dict[str, Any]]
    """The `state` that the next step must send back; null when no sampler has one."""
    system_fingerprint: str
    """Identifies everything that decides the bits: the same request with the same fingerprint gives the same reply."""


class Sampled(_Sampled, total=False):
    """The drawn token, and the requested details of the draw."""

    text: str
    bytes: List[int]
    logprob: Optional[float]
    """ln softmax of the logits as sent. With `logprobs`."""
    processed_logprob: float
    """ln of the probability it was drawn with. With `logprobs`."""
    rank: int
    """1 = the most likely token of the row as sent. With `logprobs`. At least -9007199254740991."""
    finish_reason: Optional[Literal["stop_token", "stop_sequence", "length", "loop", "entropy", "confidence", "grammar"]]
    """Why the text ends with this token: the reason of a `stop`, or `grammar` when the grammar allows nothing more;
    null or absent when the text goes on."""
    stop_bytes: int
    """Number of bytes at the end of the generated text that belong to the stop string. At least -9007199254740991."""
    rewind: int
    """Number of tokens to take back, including this one, because it completed one of `banned_strings`. At least
    -9007199254740991."""
    forced: List[int]
    """The tokens that must follow for any logits, because the grammar allows no other token in their places. With
    `forced` in the grammar. When it is `canonical`, they begin with the tokens by which the vocabulary's tokenizer
    writes `forced_text`, whatever text follows: other tokens may spell the same text. At most 128 of those, and 16
    others."""
    forced_text: str
    """The text that must follow, in any tokenization: at most 1,024 bytes, whole characters. With `forced` in the
    grammar."""
    grammar_logmass: float
    """ln of the probability of the tokens that the grammar allows at this step, in the distribution before its mask. 0
    when the mask removed nothing. In every reply of a step with a grammar and a whole row."""
    draws: List[SampledDraws]
    """All draws; with `n`."""
    top_logprobs: List[SampledTopLogprobs]
    """The most likely tokens; with `top_logprobs`."""
    named_logprobs: List[SampledTopLogprobs]
    """The tokens of `logprob_token_ids`."""
    kept_token_ids: List[int]
    """Ids of the kept tokens; with `kept_token_ids`."""
    kept_truncated: Literal[True]
    """True when more than `kept_max` tokens were kept."""
    kept_mass: float
    """Probability of the kept tokens in the row as sent. With `logprobs`."""
    source_logprobs: List[Optional[float]]
    """ln p of the token in each source as sent; with `logprobs`."""
    uncertainty: SampledUncertainty
    """Measures of uncertainty; with `uncertainty`."""
    watermark: SampledWatermark
    """True when the token is marked; with `watermark`. A repeated context is not marked."""
    receipt: SampledReceipt
    """SHA-256 of the row and of the options; with `receipt`."""
    exact: bool
    """For sparse rows: true when the whole row would provably have given the same reply, log-probabilities included."""
    warnings: List[str]
    """Options without effect, such as a penalty without a history. With the first token of a text, also the parts of
    its grammar that the masks do not enforce, with their places. Absent when there are none."""
    trace: List[SampledTrace]
    """What each stage did; with `trace`."""
    fates: List[SampledFates]
    """The fate of each token of `logprob_token_ids`; with `trace`."""
    inverse_cdf: SampledInverseCdf
    """How the random number selected the token; with `trace`."""
    gumbel: SampledGumbel
    """For the draw rule gumbel: the largest scores with their noise; with `trace`."""


class _Verified(TypedDict):
    method: str
    """The method of the request."""
    preserves: Literal["tokens", "distribution", "nothing"]
    """Property that the method keeps, compared with sampling without a draft: the tokens, their distribution, or
    nothing."""
    accepted: int
    """Number of accepted draft tokens. At least -9007199254740991."""
    token_ids: List[int]
    """The accepted tokens, and the token after them."""
    positions: List[Sampled]
    """The reply fields of a step, for each of these tokens."""
    seed: str
    """The seed, as decimal text; a random one when the request has none."""
    step: int
    """Step number of the next token. At least -9007199254740991."""
    state: Optional[Dict[str, Any]]
    """The `state` that the next step must send back; null when no sampler has one."""
    system_fingerprint: str
    """Identifies everything that decides the bits: the same request with the same fingerprint gives the same reply."""


class Verified(_Verified, total=False):
    """The accepted part of a draft, and the token after it."""

    path: List[int]
    """With `parents`: the accepted tokens by their index in the draft."""
    draft_token_ids: List[int]
    """With `draft_vocabulary`: the draft in the ids of the target."""
    draft_accepted: int
    """With `draft_vocabulary`: number of the drafter's own tokens that lie wholly in the accepted text. At least
    -9007199254740991."""
    exact: bool
    """For sparse rows: true when whole rows would provably have given the same reply."""
    warnings: List[str]
    """Options without effect, such as a penalty without a history. With the first token of a text, also the parts of
    its grammar that the masks do not enforce, with their places. Absent when there are none."""


class _ProbabilitiesReplyDecision(TypedDict):
    class_id: Optional[int]
    """The predicted class; null when no class reaches its threshold."""
    probability: float
    """Probability of the predicted class, or of the likeliest class when there is none."""
    threshold: Optional[float]
    """Threshold of that class; null when it has none and is never predicted."""
    threshold_log_odds: Optional[float]
    """The threshold as log-odds; null for a threshold of 1."""


class ProbabilitiesReplyDecision(_ProbabilitiesReplyDecision, total=False):
    """Part of ProbabilitiesReplyDecision."""

    label: Optional[str]
    """Name of the predicted class; with `labels`."""


class _ProbabilitiesReplyResults(TypedDict):
    entropy: float
    """−Σ p ln p, in nats."""


class ProbabilitiesReplyResults(_ProbabilitiesReplyResults, total=False):
    """Part of ProbabilitiesReplyResults."""

    probabilities: List[float]
    """Softmax by class id; absent from tensor replies."""
    log_odds: List[Optional[float]]
    """ln(p / (1 − p)) by class id, exact where p has long been rounded to 1; null for p = 0 and p = 1."""
    top_id: int
    """The most likely class, ties to the lowest id. At least -9007199254740991."""
    decision: ProbabilitiesReplyDecision
    set: List[int]
    """Classes of the conformal set, ascending; with `conformal`."""
    covered: bool
    """True when the set contains the true class; with `target`."""
    probability: float
    """1 / (1 + e⁻ˣ)."""
    complement: float
    """1 − p, computed apart, so that it is exact where p is rounded to 1."""


class ProbabilitiesReplyCoverageInterval(TypedDict):
    """95 % confidence interval of the true share."""

    low: float
    high: float


class ProbabilitiesReplyCoverage(TypedDict):
    """Share of the sets that contain the true class; with `conformal` and targets."""

    rows: int
    """At least -9007199254740991."""
    covered: int
    """At least -9007199254740991."""
    coverage: float
    interval: ProbabilitiesReplyCoverageInterval
    """95 % confidence interval of the true share."""
    set_size: float
    """Mean number of classes in a set."""


class ProbabilitiesReply(TypedDict, total=False):
    """One row's probabilities, or those of each row."""

    probabilities: List[float]
    """Softmax by class id; absent from tensor replies."""
    log_odds: List[Optional[float]]
    """ln(p / (1 − p)) by class id, exact where p has long been rounded to 1; null for p = 0 and p = 1."""
    top_id: int
    """The most likely class, ties to the lowest id. At least -9007199254740991."""
    entropy: float
    """−Σ p ln p, in nats."""
    decision: ProbabilitiesReplyDecision
    set: List[int]
    """Classes of the conformal set, ascending; with `conformal`."""
    covered: bool
    """True when the set contains the true class; with `target`."""
    probability: float
    """1 / (1 + e⁻ˣ)."""
    complement: float
    """1 − p, computed apart, so that it is exact where p is rounded to 1."""
    results: List[ProbabilitiesReplyResults]
    coverage: ProbabilitiesReplyCoverage
    """Share of the sets that contain the true class; with `conformal` and targets."""


class _ScoreReplyResults(TypedDict):
    logprob: Optional[float]
    """ln p of the true class; null stands for −∞."""
    rank: int
    """1 = the most likely class; among equal logits the lower id comes first. At least -9007199254740991."""
    cross_entropy: Optional[float]
    """null stands for ∞."""
    cross_entropy_bits: Optional[float]
    """The same in bits."""


class ScoreReplyResults(_ScoreReplyResults, total=False):
    """Part of ScoreReplyResults."""

    label: str
    """Name of the true class; with `labels`."""
    processed_logprob: Optional[float]
    """ln of the probability with which the chain draws the token; null when it removed it. With `sampling`."""
    is_kept: bool
    """True when the chain kept the token."""
    kept: int
    """Number of tokens that the chain kept. At least -9007199254740991."""
    kept_mass: float
    """Share of the unchanged row's probability that the kept tokens hold."""


class _ScoreReply(TypedDict):
    cross_entropy: Optional[float]
    """null stands for ∞."""
    cross_entropy_bits: Optional[float]
    """The same in bits."""
    perplexity: Optional[float]


class ScoreReply(_ScoreReply, total=False):
    """Scores of the rows against the true classes."""

    label: str
    """Name of the true class; with `labels`."""
    logprob: Optional[float]
    """ln p of the true class; null stands for −∞."""
    rank: int
    """1 = the most likely class; among equal logits the lower id comes first. At least -9007199254740991."""
    processed_logprob: Optional[float]
    """ln of the probability with which the chain draws the token; null when it removed it. With `sampling`."""
    is_kept: bool
    """True when the chain kept the token."""
    kept: int
    """Number of tokens that the chain kept. At least -9007199254740991."""
    kept_mass: float
    """Share of the unchanged row's probability that the kept tokens hold."""
    results: List[ScoreReplyResults]
    rows: int
    """How many rows. At least -9007199254740991."""


class DiagnoseReplyZScores(TypedDict):
    """(figure − median) / deviation of the clean rows; with `baseline`."""

    margin: Optional[float]
    ln_entropy: Optional[float]
    energy: Optional[float]
    ln_varentropy: Optional[float]
    logit_deviation: Optional[float]


class _DiagnoseReplyResults(TypedDict):
    top_id: int
    """The most likely class, ties to the lowest id. At least -9007199254740991."""
    probability: float
    """Its probability."""
    margin: Optional[float]
    """null: no second class."""
    entropy: float
    """−Σ p ln p, in nats."""
    relative_entropy: float
    """Entropy / ln n: 0 = certain, 1 = uniform."""
    varentropy: float
    """Variance of ln p, in nats²."""
    energy: float
    """ln Σ exp(x / T), in nats."""
    logit_variance: float
    """Variance of the logits that are not masked."""
    verdict: Literal["confident", "torn", "unsure"]
    """confident: one class holds 80 % or more. torn: two hold 80 % or more together and neither is small (margin at
    most ln 4). unsure: anything else."""


class DiagnoseReplyResults(_DiagnoseReplyResults, total=False):
    """Part of DiagnoseReplyResults."""

    label: str
    """Name of the most likely class; with `labels`."""
    confidently_wrong: bool
    """True when the verdict is confident and the true class is another one; with `target`."""
    z_scores: DiagnoseReplyZScores
    """(figure − median) / deviation of the clean rows; with `baseline`."""
    suspicion: Optional[float]
    """The largest z-score towards weaker evidence, of margin, entropy and energy; with `baseline`."""
    suspicious: bool
    """The suspicion is above the baseline's threshold: a heuristic; with `baseline`."""


class DiagnoseReply(TypedDict, total=False):
    """One row's diagnosis, or that of each row."""

    top_id: int
    """The most likely class, ties to the lowest id. At least -9007199254740991."""
    probability: float
    """Its probability."""
    margin: Optional[float]
    """null: no second class."""
    entropy: float
    """−Σ p ln p, in nats."""
    relative_entropy: float
    """Entropy / ln n: 0 = certain, 1 = uniform."""
    varentropy: float
    """Variance of ln p, in nats²."""
    energy: float
    """ln Σ exp(x / T), in nats."""
    logit_variance: float
    """Variance of the logits that are not masked."""
    verdict: Literal["confident", "torn", "unsure"]
    """confident: one class holds 80 % or more. torn: two hold 80 % or more together and neither is small (margin at
    most ln 4). unsure: anything else."""
    label: str
    """Name of the most likely class; with `labels`."""
    confidently_wrong: bool
    """True when the verdict is confident and the true class is another one; with `target`."""
    z_scores: DiagnoseReplyZScores
    """(figure − median) / deviation of the clean rows; with `baseline`."""
    suspicion: Optional[float]
    """The largest z-score towards weaker evidence, of margin, entropy and energy; with `baseline`."""
    suspicious: bool
    """The suspicion is above the baseline's threshold: a heuristic; with `baseline`."""
    results: List[DiagnoseReplyResults]


class _CalibrateReplyCalibration(TypedDict):
    method: Literal["temperature_scaling", "bias_scaling", "vector_scaling"]
    """How the logits are rescaled."""


class CalibrateReplyCalibration(_CalibrateReplyCalibration, total=False):
    """A calibration from a reply of /v1/calibrate."""

    temperature: float
    """Every logit is divided by it first; absent for vector_scaling. In [0.000001, 1000000]."""
    weights: List[float]
    """For vector_scaling: every logit is multiplied by the weight of its class."""
    biases: List[float]
    """For bias_scaling and vector_scaling: added to the logit afterwards, one bias per class."""


class CalibrateReplyBeforeBins(TypedDict):
    """Part of CalibrateReplyBeforeBins."""

    lower: float
    upper: float
    """Confidences of (lower, upper]."""
    rows: int
    """At least -9007199254740991."""
    confidence: Optional[float]
    """Mean confidence; null in an empty bin."""
    accuracy: Optional[float]
    """Share that was right; null in an empty bin."""


class CalibrateReplyBeforeClasses(TypedDict):
    """Part of CalibrateReplyBeforeClasses."""

    class_id: int
    """At least -9007199254740991."""
    probability: float
    """Mean over all rows."""
    frequency: float
    """Share of rows in which this class is the true one."""
    ece: float
    """Calibration error of this class."""


class _CalibrateReplyBefore(TypedDict):
    accuracy: float
    """Share of rows whose likeliest class is the true one. A single temperature does not change it."""
    nll: float
    """Mean cross-entropy, in nats."""
    brier: float
    """Mean Σ (p − y)² over all classes, 0 … 2."""
    ece: float
    """Expected calibration error."""
    mce: float
    """Largest calibration gap of a bin."""
    classwise_ece: Optional[float]
    """ECE averaged over all classes, bins of equal width; null: not computed, as over shards."""
    overconfidence: float
    """Mean confidence minus accuracy."""
    bins: List[CalibrateReplyBeforeBins]
    """The reliability diagram."""


class CalibrateReplyBefore(_CalibrateReplyBefore, total=False):
    """Part of CalibrateReplyBefore."""

    entropy_bins: List[CalibrateReplyBeforeBins]
    """A reliability diagram over relative entropy: lower and upper are of entropy / ln n; with `entropy_bins`."""
    classes: List[CalibrateReplyBeforeClasses]
    """Each class; with `per_class`."""


class _CalibrateReplyConformal(TypedDict):
    method: Literal["lac", "aps", "raps"]
    """lac: by probability. aps: by the mass of less likely classes. raps: like aps, with a penalty on later ranks."""
    miscoverage: float
    """Share of rows whose class may be missing from the set. In (0, 1). Default 0.1."""
    threshold: Optional[float]
    """Classes with at least this conformity are in the set; null: all classes are."""
    temperature: float
    """The temperature at which it was found. In [0.000001, 1000000]."""
    rows: int
    """Number of rows on which it was found. At least 1."""


class CalibrateReplyConformal(_CalibrateReplyConformal, total=False):
    """For /v1/probabilities; with `conformal`."""

    rank_penalty: float
    """Option of raps: penalty for every rank after `free_ranks`; 0.01 when absent. At least 0."""
    free_ranks: int
    """Option of raps: number of ranks without a penalty; 5 when absent. At least 0."""
    scaling: Literal["temperature_scaling", "bias_scaling", "vector_scaling"]
    """Method that the `calibration` of the request must have, unless it is a single temperature."""


class _CalibrateReplyIntervals(TypedDict):
    ece_before: ProbabilitiesReplyCoverageInterval
    ece_after: ProbabilitiesReplyCoverageInterval


class CalibrateReplyIntervals(_CalibrateReplyIntervals, total=False):
    """Bootstrap intervals; with `resamples`. The interval of a temperature comes with temperature_scaling only."""

    temperature: ProbabilitiesReplyCoverageInterval


class _CalibrateReply(TypedDict):
    calibration: CalibrateReplyCalibration
    """A calibration from a reply of /v1/calibrate."""
    passes: int
    """Number of passes of the solver over the set. At least -9007199254740991."""
    rows: int
    """How many rows. At least -9007199254740991."""
    before: CalibrateReplyBefore
    after: CalibrateReplyBefore


class CalibrateReply(_CalibrateReply, total=False):
    """The calibration with the smallest cross-entropy, and what it changes."""

    conformal: CalibrateReplyConformal
    """For /v1/probabilities; with `conformal`."""
    intervals: CalibrateReplyIntervals
    """Bootstrap intervals; with `resamples`. The interval of a temperature comes with temperature_scaling only."""


class BaselineReplyBaselineFeaturesMargin(TypedDict):
    """Part of BaselineReplyBaselineFeaturesMargin."""

    median: float
    deviation: float
    """At least 0."""


class BaselineReplyBaselineFeatures(TypedDict):
    """Part of BaselineReplyBaselineFeatures."""

    margin: BaselineReplyBaselineFeaturesMargin
    ln_entropy: BaselineReplyBaselineFeaturesMargin
    energy: BaselineReplyBaselineFeaturesMargin
    ln_varentropy: BaselineReplyBaselineFeaturesMargin
    logit_deviation: BaselineReplyBaselineFeaturesMargin


class BaselineReplyBaseline(TypedDict):
    """The statistics of clean rows, as /v1/baseline replies them."""

    rows: int
    """Number of clean rows to which it was fitted. At least 1."""
    temperature: float
    """The temperature at which it was fitted. In [0.000001, 1000000]."""
    false_positive_rate: float
    """Share of clean rows that may be flagged. In (0, 0.5]."""
    threshold: float
    """A row is flagged when its suspicion is larger than this."""
    features: BaselineReplyBaselineFeatures


class BaselineReply(TypedDict):
    """A baseline for /v1/diagnose."""

    baseline: BaselineReplyBaseline
    """The statistics of clean rows, as /v1/baseline replies them."""


class _CompareReplyArmsChain(TypedDict):
    stage: str


class CompareReplyArmsChain(_CompareReplyArmsChain, total=False):
    """Part of CompareReplyArmsChain."""

    skipped: str


class CompareReplyArmsProblem(TypedDict):
    """The problem of an arm that could not be run."""

    code: str
    detail: str
    pointer: str


class _CompareReplyArms(TypedDict):
    name: str


class CompareReplyArms(_CompareReplyArms, total=False):
    """Part of CompareReplyArms."""

    chain: List[CompareReplyArmsChain]
    token_id: int
    """The token drawn. At least -9007199254740991."""
    kept: int
    """Number of tokens that the chain kept. At least -9007199254740991."""
    kept_mass: float
    """Probability of the kept tokens in the row as sent."""
    problem: CompareReplyArmsProblem
    """The problem of an arm that could not be run."""


class CompareReplyTokensArms(TypedDict):
    """Part of CompareReplyTokensArms."""

    probability: float
    """Probability with which the arm draws it."""
    removed_by: Optional[str]
    """The stage that removed it, or "the row" when it was no candidate from the start."""


class CompareReplyTokens(TypedDict):
    """Part of CompareReplyTokens."""

    token_id: int
    """At least -9007199254740991."""
    logprob: Optional[float]
    """ln of its probability in the row as sent; null for probability 0."""
    arms: List[Optional[CompareReplyTokensArms]]


class _CompareReplyDifferencesMadeBy(TypedDict):
    arm: int
    """The arm that has the stage. At least -9007199254740991."""
    stage: str
    differs: Literal["presence", "options", "place"]
    """`presence`: only this arm has the stage; `options` or `place`: the arms differ in its options or in its place."""
    distance_without: float
    """The distance if this arm had the stage as the other arm has it."""


class CompareReplyDifferencesMadeBy(_CompareReplyDifferencesMadeBy, total=False):
    """Part of CompareReplyDifferencesMadeBy."""

    options: List[str]
    """The options that differ: numbers and rules."""
    across: List[str]
    """The stages that come before it in one arm and after it in the other."""


class CompareReplyDifferences(TypedDict):
    """Part of CompareReplyDifferences."""

    between: List[int]
    """Indices of the two arms in `arms`."""
    distance: float
    """Total variation distance over the listed tokens, with all other tokens as one: 0 for equal, 1 for disjoint
    distributions."""
    only_first: List[int]
    """Listed tokens that only the first arm can draw."""
    only_other: List[int]
    """Listed tokens that only the other arm can draw."""
    made_by: Optional[CompareReplyDifferencesMadeBy]
    """The single difference whose removal brings the two arms nearest; null when none alone brings them nearer."""


class CompareReplyObservedArmsExplanations(TypedDict):
    """Part of CompareReplyObservedArmsExplanations."""

    name: str
    """The known difference; two of them are joined by “and”."""
    kind: Literal["order", "ties", "bound", "scope", "rule", "number", "presence", "greedy"]
    stage: str
    """The stage that makes the difference."""
    says: str
    """“as if top_p came before temperature”"""
    distance: float
    """What the distance comes to with it."""
    agrees: bool


class CompareReplyObservedArms(TypedDict):
    """Part of CompareReplyObservedArms."""

    distance: float
    """From what was observed: total variation, or of sets 1 − |A ∩ B| / |A ∪ B|."""
    agrees: bool
    """The distance is no more than rounding makes it."""
    explanations: List[CompareReplyObservedArmsExplanations]
    """What brings this arm nearer, nearest first; none when an arm agrees as it is."""


class CompareReplyObserved(TypedDict):
    """Which arm gives the observed distribution or set; with `observed`."""

    nearest: int
    """The arm that is nearest as it is, by its place in `arms`. At least -9007199254740991."""
    says: str
    """The answer in one or two sentences."""
    arms: List[Optional[CompareReplyObservedArms]]
    """In the order of `arms`; null for one that could not be taken."""
    is_complete: bool
    """false: the search ended at 1000 steps, or at half of compare_work_max, before everything was tried."""


class _CompareReply(TypedDict):
    arms: List[CompareReplyArms]
    """The result of each arm."""
    tokens: List[CompareReplyTokens]
    """The most likely tokens of the row and of every arm, most likely in the row first."""
    differences: List[CompareReplyDifferences]
    """The first arm that could be run, compared with each later one."""
    seed: str
    """The seed, as decimal text; a random one when the request has none."""
    step: int
    """The step, as it was sent. At least -9007199254740991."""


class CompareReply(_CompareReply, total=False):
    """How the results of several arms agree and differ."""

    observed: CompareReplyObserved
    """Which arm gives the observed distribution or set; with `observed`."""


ReplayReplyResults = TypedDict("ReplayReplyResults", {"token_id": int, "match": bool, "agrees": bool, "margin": Optional[float], "uniform": float, "from": float, "to": float, "receipt_differs": List[str], "type": str, "title": str, "status": int, "detail": str, "code": Literal["malformed_request", "malformed_json", "malformed_header", "malformed_query", "body_missing", "unauthorized", "forbidden", "not_found", "method_not_allowed", "body_timeout", "headers_timeout", "body_too_large", "unsupported_media_type", "upgrade_required", "headers_too_large", "invalid_option", "unknown_option", "unknown_stage", "unknown_key", "unknown_preset", "option_conflict", "invalid_logits", "nan_logit", "length_mismatch", "token_id_out_of_range", "all_tokens_masked", "vocabulary_unknown", "grammar_invalid", "grammar_unsupported", "grammar_refused", "grammar_too_large", "grammar_left", "grammar_out_of_reach", "grammar_unspellable", "need_more_tokens", "cannot_calibrate", "limit_exceeded", "rate_limited", "overloaded", "shutting_down", "internal_error"], "pointer": str, "request_id": str})


class ReplayReplyTotals(TypedDict):
    """Part of ReplayReplyTotals."""

    rows: int
    """At least -9007199254740991."""
    matches: int
    """At least -9007199254740991."""
    agreeing: int
    """At least -9007199254740991."""
    mean_divergence: float
    """Mean of −margin over all rows. A match counts 0, and each row at most divergence_max."""


class ReplayReply(TypedDict):
    """The result for each claim and for all together."""

    results: List[ReplayReplyResults]
    totals: ReplayReplyTotals


class _DetectReplyResults(TypedDict):
    score: float
    """The score that the scheme's test sums."""
    p_value: float
    """Probability that a text without this watermark scores at least as high under a random key. The rate of one fixed
    key can differ."""
    tokens_counted: int
    """Number of scored tokens: those after the prompt, without repeats. At least -9007199254740991."""


class DetectReplyResults(_DetectReplyResults, total=False):
    """Part of DetectReplyResults."""

    p_value_two_moments: float
    """For dual_key_gumbel: computed from a Gamma distribution with the score's mean and variance, as vLLM has it; too
    small by 1.1 to 1.8 times at 1e-4."""
    z_score: float
    """Normal score of green_list and synthid."""
    values: List[Optional[float]]
    """Value of each token; with `values`."""


class DetectReply(TypedDict, total=False):
    """The result of one text, or `results` in the order of `texts`."""

    score: float
    """The score that the scheme's test sums."""
    p_value: float
    """Probability that a text without this watermark scores at least as high under a random key. The rate of one fixed
    key can differ."""
    p_value_two_moments: float
    """For dual_key_gumbel: computed from a Gamma distribution with the score's mean and variance, as vLLM has it; too
    small by 1.1 to 1.8 times at 1e-4."""
    z_score: float
    """Normal score of green_list and synthid."""
    tokens_counted: int
    """Number of scored tokens: those after the prompt, without repeats. At least -9007199254740991."""
    values: List[Optional[float]]
    """Value of each token; with `values`."""
    results: List[DetectReplyResults]


class GrammarReplyNotes(TypedDict):
    """A keyword or a part of the grammar that the masks do not enforce."""

    kind: Literal["ignored", "weakened"]
    """`ignored`: an annotation; `weakened`: the masks allow more than the grammar says."""
    keyword: str
    pointer: str
    """Pointer to its first occurrence in the grammar."""
    detail: str
    count: int
    """Number of occurrences. At least 0."""


class GrammarReplyText(TypedDict):
    """How the text relates to the grammar."""

    is_complete: bool
    """True when the text matches the grammar."""
    is_begun: bool
    """True when the text is a prefix of some text that matches the grammar."""
    left_at: Optional[int]
    """Number of UTF-8 bytes before the first one that the grammar forbids; null when it forbids none."""


class GrammarReplyNext(TypedDict):
    """The tokens that may follow a text."""

    vocabulary: str
    fits: bool
    """True when the vocabulary has a token that may follow."""
    count: int
    """Number of tokens that may follow, including end tokens. At least 0."""
    token_ids: List[int]
    """The ones with the lowest ids."""
    texts: List[Optional[str]]
    """Texts of these tokens; null for a token that is part of a character."""


class GrammarReply(TypedDict):
    """The size of a grammar, the parts that the masks do not enforce, and how a text relates to it."""

    kind: str
    """The kind of grammar: json_schema, regex, choice, gbnf, lark, tools, tags, json."""
    parts: int
    """Number of expressions and states of the compiled grammar. At least 0."""
    bytes: int
    """Memory that the compiled grammar takes, with the mask after the text. At least 0."""
    work: int
    """Units of work to compile it; grammar_work_max bounds them. At least 0."""
    notes: List[GrammarReplyNotes]
    """The parts of the grammar that the masks do not enforce."""
    text: GrammarReplyText
    """How the text relates to the grammar."""
    next: Optional[GrammarReplyNext]
    """The tokens that may follow the text; null without a vocabulary, or when the text does not fit the grammar."""


class _CommonTokensReply(TypedDict):
    vocabulary: str
    draft_vocabulary: str
    count: int
    """How many tokens both have. At least 0."""


class CommonTokensReply(_CommonTokensReply, total=False):
    """The tokens that two vocabularies have in common."""

    token_ids: List[int]
    """The draft in the ids of the target."""
    draft_token_bitmask: str
    """The drafter's tokens that the target has too, as `token_bitmask` takes them: what it must draw from."""
    target_ids: str
    """Base64 of int32, little-endian, by id of the drafter: the target's id, or -1."""


class _BeamReplyBeams(TypedDict):
    parent: int
    """Index of the row that this beam continues. At least -9007199254740991."""
    token_id: int
    """At least -9007199254740991."""
    score: float
    """The score by which sequences are ranked."""
    logprob: Optional[float]
    """Sum of ln p of the tokens under the rows as sent; null for probability 0."""
    chain_logprob: Optional[float]
    """Sum of ln p of the tokens after the chain."""


class BeamReplyBeams(_BeamReplyBeams, total=False):
    """Part of BeamReplyBeams."""

    carry: List[float]
    """Numbers that belong to the rule."""
    state: Optional[Dict[str, Any]]
    """State of the stages that have one. The beam's next row must send it back."""


class _BeamReplyEnded(TypedDict):
    id: int
    """Id of the sequence in `search.ended`. At least -9007199254740991."""
    score: float
    """The score by which sequences are ranked."""
    logprob: Optional[float]
    """Sum of ln p of the tokens under the rows as sent; null for probability 0."""
    chain_logprob: Optional[float]
    """Sum of ln p of the tokens after the chain."""
    length: int
    """Tokens, the end token included. At least -9007199254740991."""
    parent: int
    """Index of the row that this beam continues. At least -9007199254740991."""
    token_id: int
    """At least -9007199254740991."""
    finish_reason: Literal["end_token", "length"]


class BeamReplyEnded(_BeamReplyEnded, total=False):
    """Part of BeamReplyEnded."""

    carry: List[float]
    """Numbers that belong to the rule."""


class _BeamReplySearchBeams(TypedDict):
    score: float
    """The score by which sequences are ranked."""
    logprob: Optional[float]
    """Sum of ln p of the tokens under the unchanged rows; null for probability 0."""
    chain_logprob: Optional[float]
    """Sum of ln p of the tokens after the chain."""


class BeamReplySearchBeams(_BeamReplySearchBeams, total=False):
    """Part of BeamReplySearchBeams."""

    carry: List[float]
    """Numbers that belong to the rule."""


class _BeamReplySearchEnded(TypedDict):
    id: int
    """At least 0."""
    score: float
    """The score by which sequences are ranked."""
    logprob: Optional[float]
    """Sum of ln p of the tokens under the unchanged rows; null for probability 0."""
    chain_logprob: Optional[float]
    """Sum of ln p of the tokens after the chain."""
    length: int
    """In [1, 1048576]."""


class BeamReplySearchEnded(_BeamReplySearchEnded, total=False):
    """Part of BeamReplySearchEnded."""

    carry: List[float]
    """Numbers that belong to the rule."""


class BeamReplySearch(TypedDict):
    """The state of the search. The next request must send it back."""

    rule: str
    """The rule of this search."""
    seed: str
    """Decimal text."""
    step: int
    """Tokens generated so far by each live beam. In [1, 1048576]."""
    beams: List[BeamReplySearchBeams]
    """The live beams. Each takes one row of logits."""
    ended: List[BeamReplySearchEnded]
    """The ended sequences that are kept, best first."""
    next_id: int
    """The id that the next ended sequence gets. At least 0."""
    carry: List[float]
    """Numbers that belong to the rule."""
    finished: bool
    """True when the search is over."""


class _BeamReply(TypedDict):
    beams: List[BeamReplyBeams]
    """The beams that continue. The next step takes their rows in this order."""
    ended: List[BeamReplyEnded]
    """The sequences that ended in this step and are kept."""
    finished: bool
    """True when the search is over. `search.ended` then has its sequences, best first."""
    search: BeamReplySearch
    """The state of the search. The next request must send it back."""
    system_fingerprint: str
    """Identifies everything that decides the bits: the same request with the same fingerprint gives the same reply."""


class BeamReply(_BeamReply, total=False):
    """The result of one step of a beam search."""

    exact: bool
    """For sparse rows: true when whole rows would provably have given the same answer."""
    kappa: Optional[float]
    """stochastic, at the end: the largest perturbed ln p that was not selected; null when all were selected."""
    inclusion: List[float]
    """stochastic, at the end: the inclusion probability of each sequence of `search.ended`, given kappa."""


class ResampleReply(TypedDict):
    """The result of a resampling."""

    parents: List[int]
    """For each of the N continuing sequences, the index of the sequence that it continues; ascending."""
    resampled: bool
    """False when the effective sample size was above the threshold. Each sequence then continues itself."""
    effective_size: float
    """(Σ w)² / Σ w²: 1 to N."""
    log_mean_weight: float
    """ln of the mean weight: the amount to add to the log evidence of a particle filter."""
    log_weights: List[Optional[float]]
    """The ln weights to use from here on: all 0 after a resampling, otherwise the weights as sent; null for −∞."""
    seed: str
    """The seed, as decimal text; a random one when the request has none."""
    step: int
    """At least -9007199254740991."""
