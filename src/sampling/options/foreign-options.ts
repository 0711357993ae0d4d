/**
 * Option names of other services that clients try here, with advice for each. They are options of hosts, which
 * produce text; this service sees one row of logits at a time and draws from it.
 */

const TEXT = "this service takes logits, not text: the host runs the model and the tokenizer";
const LENGTH = 'one request draws one token; {"stop": {"max_tokens": …}} tells when a text is long enough';
const STOPS =
  'they go into stop: {"stop": {"strings": ["\\n\\n"]}}, or as token ids: {"stop": {"token_ids": [2]}}';
const GREEDY = "temperature 0 is greedy; any other draws";
const BEAMS = "texts of one model are compared by the host; n draws several tokens from one row";
const GRAMMAR =
  'it goes into grammar: {"grammar": {"json_schema": {…}}}; what an engine of your own allows, as token_bitmask or allowed_token_ids';
const CHAIN = "the order of the samplers is that of preset, or of chain";

const renamed = (name: string) => `it is called ${name} here`;

const INSTEAD: Readonly<Record<string, string>> = {
  model: TEXT,
  messages: TEXT,
  prompt: TEXT,
  input_ids: "the token ids so far are called history",
  tools: TEXT,
  max_tokens: LENGTH,
  max_completion_tokens: LENGTH,
  max_new_tokens: LENGTH,
  max_length: LENGTH,
  n_predict: LENGTH,
  min_new_tokens: renamed("min_tokens"),
  stop_strings: STOPS,
  stop_sequences: STOPS,
  eos_token_id: renamed("stop_token_ids"),
  ignore_eos: 'logit_bias bans a token: {"<its id>": "-inf"}',
  suppress_tokens: 'logit_bias bans a token: {"<its id>": "-inf"}',
  do_sample: GREEDY,
  greedy: GREEDY,
  num_beams: BEAMS,
  num_beam_groups: BEAMS,
  use_beam_search: BEAMS,
  beam_width: BEAMS,
  beam_size: BEAMS,
  early_stopping: BEAMS,
  best_of: BEAMS,
  stream: "POST /v1/stream takes a row after the other on one connection",
  echo: "POST /v1/score tells the log-probabilities of tokens that came",
  prompt_logprobs: "POST /v1/score tells the log-probabilities of tokens that came",
  json_schema: GRAMMAR,
  response_format: GRAMMAR,
  guided_json: GRAMMAR,
  presets: "preset names one; POST /v1/compare takes several as compare",
  samplers: CHAIN,
  sampler_order: CHAIN,
  sampler_priority: CHAIN,
  temp: renamed("temperature"),
  repeat_penalty: renamed("repetition_penalty"),
  rep_pen: renamed("repetition_penalty"),
  repeat_last_n: renamed("penalty_last_n"),
  rep_pen_range: renamed("penalty_last_n"),
  typical: renamed("typical_p"),
  n_probs: renamed("top_logprobs"),
  num_logprobs: renamed("top_logprobs"),
  random_seed: renamed("seed"),
  sampling_seed: renamed("seed"),
};

/** The advice for such a name; undefined for any other name. */
export function insteadOf(name: string): string | undefined {
  return Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
}
