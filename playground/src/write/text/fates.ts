/** The effect of a token's chain on the likeliest tokens at its position. Requested when it is first shown. */
import { signal } from "@preact/signals";
import { postSample, Refusal } from "../../api/client.ts";
import type { Fate, TokenLogprob } from "../../api/wire.ts";
import { placeOf, type Written } from "../draw-next.ts";

/** Number of kept tokens to show. */
const LEFT = 4;

/** A token's chances at a position: by the model, and by the chain, or the stage that removed it. */
export interface Chance {
  readonly token_id: number;
  /** undefined for a token that the chain raised from a low rank */
  readonly raw: number | undefined;
  /** undefined while it is unknown */
  readonly processed: number | undefined;
  readonly removed_by: string | undefined;
}

interface Known {
  readonly fates: readonly Fate[];
  /** the likeliest tokens after the chain */
  readonly left: readonly TokenLogprob[];
}

/** Stored by token, so the answers disappear with the text. The signal counts changes. */
const known = new WeakMap<Written, Known>();
const news = signal(0);

/** Requests the effect on the tokens at `step`. When the service refuses, the model's own probabilities stay. */
export async function fates(token: Written, step: number): Promise<void> {
  if (known.has(token)) return;
  try {
    const sampled = await postSample(token.row, {
      ...placeOf(token, step),
      trace: true,
      logprobs: true,
      logprobs_mode: "processed",
      top_logprobs: LEFT,
      logprob_token_ids: idsOf(token),
    });
    known.set(token, { fates: sampled.fates ?? [], left: sampled.top_logprobs ?? [] });
    news.value += 1;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** The likeliest tokens by the model, then those that the chain raised. */
export function chancesOf(token: Written): readonly Chance[] {
  const found = news.value > 0 ? known.get(token) : undefined;
  const listed = idsOf(token);
  const risen = (found?.left ?? [])
    .filter(({ token_id, logprob }) => logprob !== null && !listed.includes(token_id))
    .map(({ token_id, logprob }) => ({
      token_id,
      raw: undefined,
      processed: Math.exp(logprob ?? Number.NEGATIVE_INFINITY),
      removed_by: undefined,
    }));
  const likeliest = listed.map((token_id, i) => {
    const fate = found?.fates[i];
    const logprob = token.likeliest[i]?.logprob;
    return {
      token_id,
      raw: i < token.likeliest.length ? Math.exp(logprob ?? Number.NEGATIVE_INFINITY) : token.probability,
      processed: fate?.removed_by === null ? fate.probability : undefined,
      removed_by: fate?.removed_by ?? undefined,
    };
  });
  return [...likeliest, ...risen];
}

function idsOf({ likeliest, token_id }: Written): readonly number[] {
  const ids = likeliest.map((each) => each.token_id);
  return ids.includes(token_id) ? ids : [...ids, token_id];
}
