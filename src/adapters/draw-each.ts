/**
 * The loop of adapters whose host makes one step at a time: the host gives a row, and a stream gives its
 * token.
 */
import type { ClientStream, Logits } from "../client/index.ts";

export interface Loop {
  /** opened with the prompt as its history */
  readonly stream: Pick<ClientStream, "next">;
  readonly max_new_tokens: number;
  /** tokens that end the sequence; they are not returned */
  readonly end_token_ids: readonly number[];
  /** Lets the model process its new tokens, the last of which was just drawn. */
  rowAfter(token_id: number | undefined): Promise<Logits>;
}

/** The tokens of one sequence, as they are drawn, until a grammar or a stop ends it. */
export async function* drawEach(loop: Loop): AsyncGenerator<number> {
  let last: number | undefined;
  for (let step = 0; step < loop.max_new_tokens; step++) {
    const { token_id, finish_reason, rewind } = await loop.stream.next(await loop.rowAfter(last));
    if (rewind !== undefined)
      throw new Error("the model of this host does not go back: banned_strings cannot take tokens back here");
    if (loop.end_token_ids.includes(token_id)) return;
    last = token_id;
    yield token_id;
    if (typeof finish_reason === "string") return;
  }
}
