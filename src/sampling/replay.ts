/**
 * Replays steps that a host claims to have taken. It checks whether the claimed token is the one that the row, options,
 * seed and step give, and by how much it misses. A host whose logits differ in their last bits misses some tokens by
 * little.
 */
import * as z from "zod";
import { Problem } from "../errors.ts";
import type { Held } from "./draw/draw-rule.ts";
import { contextOf } from "./draw/watermark/context-window.ts";
import { requireKey } from "./draw/watermark/keys.ts";
import { SYSTEM_FINGERPRINT } from "./fingerprint.ts";
import { finite, optionalEach, whole } from "./options/fields.ts";
import type { OptionLimits } from "./options/option-limits.ts";
import { parseWith } from "./options/parse.ts";
import { type ReceiptOptions, receiptOptions } from "./options/receipt-options.ts";
import { parseStepOptions } from "./options/step-options.ts";
import { receiptOf } from "./receipt.ts";
import type { Left } from "./sampler.ts";
import type { StepOptions } from "./step.ts";

const HASH = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");

export const CLAIM_FIELDS = optionalEach({
  token_id: whole({ min: 0 }).describe("The token that the host claims to have drawn."),
  claimed: z
    .strictObject({
      row: HASH.optional(),
      options: HASH.optional(),
      system_fingerprint: z.string().optional(),
    })
    .describe(
      "The receipt that came with the token, and optionally the fingerprint. Both are compared with the recomputed step.",
    ),
  tolerance: finite({ min: 0 }).describe(
    "Tolerance within which a token agrees: in probability for inverse_cdf, in score for gumbel. Default 0.",
  ),
  divergence_max: finite({ min: 0, openMin: true }).describe(
    "Maximum that one miss adds to the mean. Default 10.",
  ),
});

const CLAIM = z.strictObject(CLAIM_FIELDS);
type Claim = z.infer<typeof CLAIM>;

/** A step, and the result that was claimed for it. */
export interface ReplayOptions extends StepOptions {
  readonly receipt: ReceiptOptions;
  readonly claim: Claim;
}

export interface Replayed {
  /** the token that the step draws */
  readonly token_id: number;
  readonly match: boolean;
  /** true when the claimed token misses by at most the tolerance */
  readonly agrees: boolean;
  /**
   * see Held; null for a token that was not kept, for a single kept token, and for a scheme without a margin
   */
  readonly margin: number | null;
  readonly uniform?: number;
  readonly from?: number;
  readonly to?: number;
  /** with a receipt: the fields of it that differ */
  readonly receipt_differs?: readonly string[];
}

export function parseReplay(fields: Readonly<Record<string, unknown>>, limits: OptionLimits): ReplayOptions {
  const given = Object.entries(fields);
  const claim = parseWith(CLAIM, Object.fromEntries(given.filter(([name]) => name in CLAIM_FIELDS)), "");
  const asked = Object.fromEntries(given.filter(([name]) => !(name in CLAIM_FIELDS)));
  const step = parseStepOptions(asked, limits);
  if (step.n !== undefined)
    throw new Problem("option_conflict", `a claim is of one draw: n must not be given, got ${step.n}`, "/n");
  return { claim, ...step, receipt: receiptOptions(asked) };
}

/** The result for the claim of a step, once its chain has run. */
export function replay(left: Left, options: ReplayOptions): Replayed {
  const { claim, seed } = options;
  const { token_id, tolerance = 0 } = claim;
  if (token_id === undefined)
    throw new Problem("invalid_option", "a replay needs the token that was claimed, got none", "/token_id");
  if (seed === undefined && left.candidates.count() > 1)
    throw new Problem("invalid_option", "a replay needs the seed of the step, got none", "/seed");
  if (token_id >= left.context.vocab_size)
    throw new Problem(
      "token_id_out_of_range",
      `token ids must be below ${left.context.vocab_size}, got ${token_id}`,
      "/token_id",
    );
  const { token_id: drawn, margin, ...where } = heldIn(left, options, token_id);
  const match = drawn === token_id;
  return {
    token_id: drawn,
    match,
    agrees: match || (margin !== undefined && margin >= -tolerance),
    margin: margin === undefined || !Number.isFinite(margin) ? null : margin,
    ...where,
    ...(claim.claimed !== undefined && { receipt_differs: differences(left, options, claim.claimed) }),
  };
}

type MaybeHeld = Omit<Held, "margin"> & { readonly margin: number | undefined };

/** The relation of the token to the step's draw rule or watermark. */
function heldIn(
  { candidates, context, keys }: Left,
  { draw, watermark }: StepOptions,
  token_id: number,
): MaybeHeld {
  if (watermark === undefined) return draw.rule.hold(candidates, token_id, draw.options, context);
  const { scheme, options } = watermark;
  const key = requireKey(keys, options.key, "/watermark/key");
  const window = contextOf(context, scheme.context(options), options);
  if (window === undefined) return draw.rule.hold(candidates, token_id, draw.options, context);
  const step = { context: window, step: context };
  if (scheme.hold !== undefined) return scheme.hold(candidates, token_id, options, key, step);
  return { token_id: scheme.draw(candidates, options, key, step), margin: undefined };
}

function differences(
  { candidates, rows, digest }: Left,
  options: ReplayOptions,
  claimed: NonNullable<Claim["claimed"]>,
): string[] {
  candidates.restoreRow();
  const receipt = { ...receiptOf(rows, options, digest), system_fingerprint: SYSTEM_FINGERPRINT };
  return Object.entries(claimed)
    .filter(([name, value]) => value !== receipt[name as keyof typeof receipt])
    .map(([name]) => name);
}

/** The contribution of a step to the mean: the distance by which its token misses, bounded by the claim. */
export function divergenceOf({ match, margin }: Replayed, { divergence_max = 10 }: Claim): number {
  if (match) return 0;
  return margin === null ? divergence_max : Math.min(divergence_max, Math.max(0, -margin));
}

/** The combined result of many replayed steps. */
export class ReplayTotals {
  #rows = 0;
  #matches = 0;
  #agreeing = 0;
  #divergence = 0;

  add(replayed: Replayed, claim: Claim): void {
    this.#rows += 1;
    if (replayed.match) this.#matches += 1;
    if (replayed.agrees) this.#agreeing += 1;
    this.#divergence += divergenceOf(replayed, claim);
  }

  get told() {
    const rows = this.#rows;
    return {
      rows,
      matches: this.#matches,
      agreeing: this.#agreeing,
      mean_divergence: rows === 0 ? 0 : this.#divergence / rows,
    };
  }
}
