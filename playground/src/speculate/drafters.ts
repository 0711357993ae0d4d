/** The drafters of a text: the text itself, or the model's first layers, from whose rows the service draws. */
import { draftFromHistory } from "../../../examples/model-host/ngram.ts";
import { postSample } from "../api/client.ts";
import { rowOfLogits } from "../rows/row.ts";
import { type Place, placeOf } from "../write/draw-next.ts";
import type { ModelClient } from "../write/model-client.ts";
import type { DrafterName } from "./speculation.ts";

export interface Draft {
  readonly token_ids: readonly number[];
  /** the rows from which the tokens were drawn; absent when no token was drawn */
  readonly rows: readonly Float32Array<ArrayBuffer>[];
}

type Drafter = (client: ModelClient, place: Place, count: number) => Promise<Draft>;

export const DRAFT_BY: Readonly<Record<DrafterName, Drafter>> = {
  ngram: async (_, { row }, count) => ({ token_ids: draftFromHistory(row.history, count), rows: [] }),
  async early(client, { row: { history: before, prompt_length }, state_before, ...drawn_with }, count) {
    const token_ids: number[] = [];
    const rows: Float32Array<ArrayBuffer>[] = [];
    let state = state_before;
    while (token_ids.length < count) {
      const history = [...before, ...token_ids];
      const logits = await client.earlyLogitsAfter(history, prompt_length);
      const row = { ...rowOfLogits(logits), history, prompt_length };
      const step = history.length - prompt_length;
      const drawn = await postSample(row, placeOf({ ...drawn_with, row, state_before: state }, step));
      token_ids.push(drawn.token_id);
      rows.push(logits);
      state = drawn.state ?? state;
    }
    return { token_ids, rows };
  },
};
