/**
 * The schema of a logit-bias map: token ids as decimal keys, or texts that each are one token, with biases as numbers. It
 * is checked in one plain loop, and the result is two parallel arrays for the hot loop.
 */

import * as z from "zod";
import { pointerTo, show } from "../../errors.ts";
import { TOKEN_ID_MAX } from "../../vocabulary/vocabulary.ts";
import { idOf, type NamedIn } from "../history/token-names.ts";
import { requireBelow } from "../vocab-size.ts";

export interface Bias {
  readonly token_ids: Int32Array;
  /** finite, or −Infinity for a banned token */
  readonly biases: Float64Array;
  /** 1 more than the largest id; 0 without any */
  readonly id_end: number;
  /** biases of tokens named by their text; the vocabulary of a step resolves them */
  readonly of_texts: readonly (readonly [text: string, bias: number])[];
}

/** All biases for a step, whose vocabulary must have every named token. */
export function biasesIn(bias: Bias, step: NamedIn): Pick<Bias, "token_ids" | "biases"> {
  const { token_ids, biases, id_end, of_texts } = bias;
  if (id_end > step.vocab_size)
    for (const id of token_ids) requireBelow(step.vocab_size, id, `/logit_bias/${id}`);
  if (of_texts.length === 0) return bias;
  const told = of_texts.map(([text]) => idOf(text, step, `/logit_bias${pointerTo([text])}`));
  return {
    token_ids: Int32Array.from([...token_ids, ...told]),
    biases: Float64Array.from([...biases, ...of_texts.map(([, value]) => value)]),
  };
}

/** `{"50256": -100, "11": 2.5, "13": null}`: any finite number; `"-inf"` or null bans. */
export function logitBias() {
  return z
    .unknown()
    .transform((value, context): Bias => parseBias(value, context))
    .describe(
      'Bias by token id, as in OpenAI\'s API: any finite number is added to the score (OpenAI: -100 to 100); `"-inf"` or null bans the token. A key that is not a whole number is the text of a token.',
    )
    .meta({
      type: "object",
      propertyNames: { pattern: "^(0|[1-9][0-9]*|[\\s\\S]*[^0-9][\\s\\S]*)$" },
      additionalProperties: {
        anyOf: [{ type: "number" }, { enum: ["-inf", "-Infinity"] }, { type: "null" }],
      },
      examples: [{ "50256": -100, "11": 2.5, "13": "-inf" }],
    });
}

const EMPTY: Bias = { token_ids: new Int32Array(0), biases: new Float64Array(0), id_end: 0, of_texts: [] };

function parseBias(value: unknown, context: z.core.$RefinementCtx): Bias {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    context.addIssue({ code: "custom", message: `must be an object of token id → bias, got ${show(value)}` });
    return EMPTY;
  }
  const keys = Object.keys(value);
  const token_ids = new Int32Array(keys.length);
  const biases = new Float64Array(keys.length);
  const of_texts: (readonly [string, number])[] = [];
  let count = 0;
  let id_end = 0;
  for (const key of keys) {
    const entry: unknown = (value as Record<string, unknown>)[key];
    const message = faultOf(key, entry);
    if (message !== undefined) {
      context.addIssue({ code: "custom", path: [key], message });
      return EMPTY;
    }
    if (WHOLE.test(key)) {
      token_ids[count] = Number(key);
      biases[count] = biasOf(entry);
      count++;
      id_end = Math.max(id_end, Number(key) + 1);
    } else of_texts.push([key, biasOf(entry)]);
  }
  return { token_ids: token_ids.subarray(0, count), biases: biases.subarray(0, count), id_end, of_texts };
}

/**
 * A key that looks like a number is an id, never a text: "007" and "-1" are no valid ids, and rarely meant as
 * texts.
 */
const WHOLE = /^-?\d+$/;
const ID = /^(0|[1-9]\d{0,9})$/;

function faultOf(key: string, entry: unknown): string | undefined {
  const is_id = ID.test(key) && Number(key) <= TOKEN_ID_MAX;
  if (key === "" || (WHOLE.test(key) && !is_id))
    return `must have token ids (0, 1, 2, …) or texts of tokens as keys, got ${show(key)}`;
  if (isBias(entry)) return undefined;
  return `must be a finite number, "-inf" or null, got ${show(entry)}`;
}

/** A finite number, or `"-inf"`, `"-Infinity"` or null for a ban. */
export function isBias(entry: unknown): entry is number | "-inf" | "-Infinity" | null {
  return Number.isFinite(entry) || entry === null || entry === "-inf" || entry === "-Infinity";
}

/** The amount that a bias adds: −Infinity for a ban. */
export function biasOf(entry: unknown): number {
  return typeof entry === "number" ? entry : Number.NEGATIVE_INFINITY;
}
