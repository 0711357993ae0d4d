/**
 * What drafts the next tokens of a text cheaply, so that the model may read several in one pass: each kind with one line in
 * DRAFTERS.
 */
import { connect } from "../../src/client/index.ts";
import { loadEarlyModel, MODEL_FOLDER } from "./model.ts";
import { draftFromHistory } from "./ngram.ts";
import type { StepFields } from "./row-formats.ts";

export interface Drafter {
  /** At most `count` tokens that may follow the text so far. */
  draft(history: readonly number[], count: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** The text that is drafted for. */
export interface DraftedText {
  /** of the service */
  readonly url: string;
  readonly prompt_ids: readonly number[];
  /** what its tokens are drawn with, a seed among it */
  readonly sampling: StepFields;
}

export const DRAFTERS: Readonly<Record<string, (text: DraftedText) => Promise<Drafter>>> = {
  ngram: async () => ({
    draft: async (history, count) => draftFromHistory(history, count),
    close: async () => undefined,
  }),
  early: earlyDrafter,
};

/** Of the layers that have an output: after two of them half as many drafted tokens are accepted. */
const LAYERS = 4;

/**
 * Drafts with the model's first layers, token by token, each drawn from their row by the service: with the seed and step that
 * the text's own token there will be drawn with, so that rows that are alike give the same token.
 */
async function earlyDrafter({ url, prompt_ids, sampling }: DraftedText): Promise<Drafter> {
  const model = await loadEarlyModel(MODEL_FOLDER, LAYERS);
  const sequence = model.startSequence();
  const place = { history: [...prompt_ids], prompt_length: prompt_ids.length, step: 0 };
  const stream = await connect(url).stream({ ...sampling, ...place });
  // What the stream has drawn or been told, of which the model has read all but the last.
  let known: readonly number[] = prompt_ids;
  let read = 0;
  return {
    async draft(history, count) {
      if (count === 0) return [];
      const right = commonLength(known, history);
      if (right < known.length) stream.rewind(known.length - right);
      if (right < history.length) stream.accept(history.slice(right));
      const kept = Math.min(read, right, history.length - 1);
      sequence.rewind(read - kept);
      const drafted: number[] = [];
      for (let next = history.slice(kept); drafted.length < count; next = drafted.slice(-1))
        drafted.push((await stream.next(await sequence.step(next))).token_id);
      known = [...history, ...drafted];
      read = known.length - 1;
      return drafted;
    },
    async close() {
      await stream.close();
      await model.close();
    },
  };
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const parting = a.findIndex((token_id, i) => token_id !== b[i]);
  return parting < 0 ? a.length : parting;
}
