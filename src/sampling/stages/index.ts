/**
 * Every stage there is, in the order in which the catalogue lists them. To add a sampler: its file, one line
 * here, its test, then `npm run generate`.
 */
import type { Stage } from "../stage.ts";
import { frequency_penalty } from "./frequency-penalty.ts";
import { logit_bias } from "./logit-bias.ts";
import { min_p } from "./min-p.ts";
import { presence_penalty } from "./presence-penalty.ts";
import { repetition_penalty } from "./repetition-penalty.ts";
import { temperature } from "./temperature.ts";
import { top_k } from "./top-k.ts";
import { top_p } from "./top-p.ts";

export const STAGES: readonly Stage[] = [
  logit_bias,
  repetition_penalty,
  presence_penalty,
  frequency_penalty,
  temperature,
  top_k,
  top_p,
  min_p,
];
