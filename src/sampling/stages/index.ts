/**
 * The list of all stages, in the order of the catalogue and of the default preset. To add a sampler: its file,
 * one line here, its test, then `npm run generate`.
 */
import type { Stage } from "../stage.ts";
import { adaptive_p } from "./adaptive-p.ts";
import { allowed_token_ids } from "./allowed-token-ids.ts";
import { bad_words } from "./bad-words.ts";
import { bad_words_ids } from "./bad-words-ids.ts";
import { banned_strings } from "./banned-strings.ts";
import { begin_suppress_tokens } from "./begin-suppress-tokens.ts";
import { calibration } from "./calibration.ts";
import { dry } from "./dry.ts";
import { dynatemp } from "./dynatemp.ts";
import { edt } from "./edt.ts";
import { ees } from "./ees.ts";
import { encoder_no_repeat_ngram_size } from "./encoder-no-repeat-ngram-size.ts";
import { encoder_repetition_penalty } from "./encoder-repetition-penalty.ts";
import { epsilon_cutoff } from "./epsilon-cutoff.ts";
import { eta_cutoff } from "./eta-cutoff.ts";
import { exponential_decay_length_penalty } from "./exponential-decay-length-penalty.ts";
import { forced_token_ids } from "./forced-token-ids.ts";
import { frequency_penalty } from "./frequency-penalty.ts";
import { grammar } from "./grammar.ts";
import { logit_bias } from "./logit-bias.ts";
import { min_k } from "./min-k.ts";
import { min_p } from "./min-p.ts";
import { min_tokens } from "./min-tokens.ts";
import { mirostat } from "./mirostat.ts";
import { no_repeat_ngram_size } from "./no-repeat-ngram-size.ts";
import { p_less } from "./p-less.ts";
import { p_step } from "./p-step.ts";
import { presence_penalty } from "./presence-penalty.ts";
import { reasoning_budget } from "./reasoning-budget.ts";
import { repetition_penalty } from "./repetition-penalty.ts";
import { sequence_bias } from "./sequence-bias.ts";
import { skew } from "./skew.ts";
import { smoothing } from "./smoothing.ts";
import { temperature } from "./temperature.ts";
import { tfs } from "./tfs.ts";
import { token_bitmask } from "./token-bitmask.ts";
import { top_a } from "./top-a.ts";
import { top_h } from "./top-h.ts";
import { top_k } from "./top-k.ts";
import { top_n_sigma } from "./top-n-sigma.ts";
import { top_p } from "./top-p.ts";
import { top_p_decay } from "./top-p-decay.ts";
import { typical_p } from "./typical-p.ts";
import { xtc } from "./xtc.ts";

export const STAGES: readonly Stage[] = [
  calibration,
  grammar,
  banned_strings,
  allowed_token_ids,
  token_bitmask,
  logit_bias,
  sequence_bias,
  bad_words_ids,
  bad_words,
  encoder_no_repeat_ngram_size,
  no_repeat_ngram_size,
  begin_suppress_tokens,
  min_tokens,
  exponential_decay_length_penalty,
  encoder_repetition_penalty,
  repetition_penalty,
  presence_penalty,
  frequency_penalty,
  dry,
  reasoning_budget,
  forced_token_ids,
  dynatemp,
  edt,
  temperature,
  smoothing,
  top_n_sigma,
  min_k,
  top_h,
  top_k,
  top_a,
  tfs,
  top_p_decay,
  top_p,
  min_p,
  typical_p,
  epsilon_cutoff,
  eta_cutoff,
  p_less,
  p_step,
  ees,
  skew,
  xtc,
  mirostat,
  adaptive_p,
];
