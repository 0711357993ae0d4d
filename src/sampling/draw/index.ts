/** The list of draw rules, the default first. To add one: its file, its line here, its test. */
import type { DrawRule } from "./draw-rule.ts";
import { gumbel } from "./gumbel.ts";
import { inverse_cdf } from "./inverse-cdf.ts";

const LIST = [inverse_cdf, gumbel] as const;

/** Each only receives options that its own schema parsed: a choice keeps both together. */
export const DRAW_RULES = LIST as unknown as readonly DrawRule[];
