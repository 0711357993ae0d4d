/** The loop of adapters whose host makes one step at a time: a row from the host, its token from a stream. */
import type { ClientStream, Logits } from "../client/index.ts";

export interface Loop {
  /** opened with the prompt as its history */
  readonly stream: Pick<ClientStream, "next">;
  readonly max_new_tokens: number;
  /** tokens that end the sequence; they are not given out */
  readonly end_token_ids: readonly number[];
  /** Lets the model read what it has not read yet, which ends with the token that was drawn last. */
  rowAfter(token_id: number | undefined): Promise<Logits>;
}

/** The tokens of one sequence, as they are drawn, up to the one that a grammar or a stop ends it with. */
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
