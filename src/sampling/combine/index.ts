/**
 * The list of all combination rules, in the order of the catalogue. To add a combination: its file, one line here,
 * its test, then `npm run generate`.
 */
import type { Rule } from "./rule.ts";
import { context_aware } from "./rules/context-aware.ts";
import { contrastive } from "./rules/contrastive.ts";
import { dola } from "./rules/dola.ts";
import { guidance } from "./rules/guidance.ts";
import { mixture } from "./rules/mixture.ts";
import { product } from "./rules/product.ts";
import { proxy } from "./rules/proxy.ts";

export const RULES: readonly Rule[] = [guidance, contrastive, context_aware, proxy, dola, product, mixture];
