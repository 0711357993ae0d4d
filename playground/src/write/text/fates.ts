/** What the chain that drew a token made of the likeliest tokens there: asked for once somebody looks. */
import { signal } from "@preact/signals";
import { postSample, Refusal } from "../../api/client.ts";
import type { Fate } from "../../api/wire.ts";
import { placeOf, type Written } from "../draw-next.ts";

/** A token's chances at a place: by the model, and by the chain or the stage that removed it. */
export interface Chance {
  readonly token_id: number;
  readonly raw: number;
  /** undefined as long as it is not known */
  readonly processed: number | undefined;
  readonly removed_by: string | undefined;
}

/** By token, so that what was asked for goes with the text; the signal counts how often there was news. */
const known = new WeakMap<Written, readonly Fate[]>();
const news = signal(0);

/** Asks for the token at `step`; what the service refuses leaves the model's own chances. */
export async function fates(token: Written, step: number): Promise<void> {
  if (known.has(token)) return;
  try {
    const sampled = await postSample(token.row, {
      ...placeOf(token, step),
      trace: true,
      logprobs: true,
      logprob_token_ids: idsOf(token),
    });
    known.set(token, sampled.fates ?? []);
    news.value += 1;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** The likeliest, with the token itself last where it is not one of them. */
export function chancesOf(token: Written): readonly Chance[] {
  const found = news.value > 0 ? known.get(token) : undefined;
  return idsOf(token).map((token_id, i) => {
    const fate = found?.[i];
    const logprob = token.likeliest[i]?.logprob;
    return {
      token_id,
      raw: i < token.likeliest.length ? Math.exp(logprob ?? Number.NEGATIVE_INFINITY) : token.probability,
      processed: fate?.removed_by === null ? fate.probability : undefined,
      removed_by: fate?.removed_by ?? undefined,
    };
  });
}

function idsOf({ likeliest, token_id }: Written): readonly number[] {
  const ids = likeliest.map((each) => each.token_id);
  return ids.includes(token_id) ? ids : [...ids, token_id];
}
