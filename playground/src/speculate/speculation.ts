/**
 * Speculative decoding of a text: the verification method and the drafter. It is stored beside the chain and the seed,
 * so that the address and both sides contain it. It is not an option of a step.
 */
import type { Extras } from "../state/extras.ts";

/**
 * The drafters and their labels: the model's first layers, or the continuation of the last tokens earlier in the text.
 */
export const DRAFTERS = {
  early: "early layers",
  ngram: "n-grams",
} as const;

export type DrafterName = keyof typeof DRAFTERS;

export interface Speculation {
  /** one of the service's verify_methods */
  readonly method: string;
  readonly drafter: DrafterName;
}

export function speculationIn({ speculate }: Extras): Speculation | undefined {
  if (typeof speculate !== "object" || speculate === null) return undefined;
  const { method, drafter } = speculate as Partial<Speculation>; // the service judges the method
  if (typeof method !== "string" || drafter === undefined || !Object.hasOwn(DRAFTERS, drafter))
    return undefined;
  return { method, drafter };
}

/** The part of it that is sent to the service with a step. */
export function ofStep({ speculate: _, ...options }: Extras): Extras {
  return options;
}

/** The result of a draft at a position of the text. */
export interface Drafted {
  /** `drawn`: no token was drafted here, or the draft had ended */
  readonly fate: "accepted" | "corrected" | "drawn";
  /** the drafted token, when another token replaced it */
  readonly rejected?: number;
  /** number of drafted tokens, at the first position of a call */
  readonly drafted?: number;
}
