/**
 * Every stage there is, in the order in which the catalogue lists them. To add a sampler: its file, one line
 * here, its test, then `npm run generate`.
 */
import type { Stage } from "../stage.ts";
import { dynatemp } from "./dynatemp.ts";
import { epsilon_cutoff } from "./epsilon-cutoff.ts";
import { eta_cutoff } from "./eta-cutoff.ts";
import { frequency_penalty } from "./frequency-penalty.ts";
import { logit_bias } from "./logit-bias.ts";
import { min_p } from "./min-p.ts";
import { p_less } from "./p-less.ts";
import { presence_penalty } from "./presence-penalty.ts";
import { repetition_penalty } from "./repetition-penalty.ts";
import { smoothing } from "./smoothing.ts";
import { temperature } from "./temperature.ts";
import { tfs } from "./tfs.ts";
import { top_a } from "./top-a.ts";
import { top_h } from "./top-h.ts";
import { top_k } from "./top-k.ts";
import { top_n_sigma } from "./top-n-sigma.ts";
import { top_p } from "./top-p.ts";
import { typical_p } from "./typical-p.ts";
import { xtc } from "./xtc.ts";

export const STAGES: readonly Stage[] = [
  logit_bias,
  repetition_penalty,
  presence_penalty,
  frequency_penalty,
  dynatemp,
  temperature,
  smoothing,
  top_n_sigma,
  top_h,
  top_k,
  top_a,
  tfs,
  top_p,
  min_p,
  typical_p,
  epsilon_cutoff,
  eta_cutoff,
  p_less,
  xtc,
];
