/**
 * The schema of a logit-bias map: token ids as decimal keys, biases as numbers. It is checked in one plain loop
 * and comes out as two parallel arrays, ready for the hot loop.
 */

import * as z from "zod";
import { show } from "../../errors.ts";
import { TOKEN_ID_MAX } from "../../vocabulary/vocabulary.ts";

export interface Bias {
  readonly token_ids: Int32Array;
  /** finite, or −Infinity for a banned token */
  readonly biases: Float64Array;
  /** 1 more than the largest id; 0 without any */
  readonly id_end: number;
}

/** `{"50256": -100, "11": 2.5, "13": null}`: any finite number; `"-inf"` or null bans. */
export function logitBias() {
  return z
    .unknown()
    .transform((value, context): Bias => parseBias(value, context))
    .describe(
      'Bias by token id, as in OpenAI\'s API: any finite number is added to the score (OpenAI: -100 to 100); `"-inf"` or null bans the token.',
    )
    .meta({
      type: "object",
      propertyNames: { pattern: "^(0|[1-9][0-9]*)$" },
      additionalProperties: {
        anyOf: [{ type: "number" }, { enum: ["-inf", "-Infinity"] }, { type: "null" }],
      },
      examples: [{ "50256": -100, "11": 2.5, "13": "-inf" }],
    });
}

const EMPTY: Bias = { token_ids: new Int32Array(0), biases: new Float64Array(0), id_end: 0 };

function parseBias(value: unknown, context: z.core.$RefinementCtx): Bias {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    context.addIssue({ code: "custom", message: `must be an object of token id → bias, got ${show(value)}` });
    return EMPTY;
  }
  const keys = Object.keys(value);
  const token_ids = new Int32Array(keys.length);
  const biases = new Float64Array(keys.length);
  let id_end = 0;
  for (const [i, key] of keys.entries()) {
    const entry: unknown = (value as Record<string, unknown>)[key];
    const message = faultOf(key, entry);
    if (message !== undefined) {
      context.addIssue({ code: "custom", path: [key], message });
      return EMPTY;
    }
    token_ids[i] = Number(key);
    biases[i] = biasOf(entry);
    id_end = Math.max(id_end, Number(key) + 1);
  }
  return { token_ids, biases, id_end };
}

function faultOf(key: string, entry: unknown): string | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(key) || Number(key) > TOKEN_ID_MAX)
    return `must have token ids (0, 1, 2, …) as keys, got ${show(key)}`;
  if (isBias(entry)) return undefined;
  return `must be a finite number, "-inf" or null, got ${show(entry)}`;
}

/** A finite number, or `"-inf"`, `"-Infinity"` or null for a ban. */
export function isBias(entry: unknown): entry is number | "-inf" | "-Infinity" | null {
  return Number.isFinite(entry) || entry === null || entry === "-inf" || entry === "-Infinity";
}

/** The number that a bias adds: −Infinity for a ban. */
export function biasOf(entry: unknown): number {
  return typeof entry === "number" ? entry : Number.NEGATIVE_INFINITY;
}
