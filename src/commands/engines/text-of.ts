/** The text of tokens as they come, in whole characters. The texts come from a vocabulary or from the engine. */
import type { Engine, NextRow } from "../../engines/index.ts";
import { bytesOf, type Vocabulary } from "../../vocabulary/vocabulary.ts";

/** Number of earlier tokens in a request for a token's text, so that the engine puts blanks in the right places. */
const CONTEXT = 8;
const UNFINISHED = "\uFFFD";

export class TextOf {
  readonly #engine: Engine;
  readonly #vocabulary: Vocabulary | undefined;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #token_ids: number[];
  /** indices into `#token_ids`: the text of the tokens between them was shown last */
  #from: number;
  #shown: number;

  /** `vocabulary`: the one that the caller named; without it the engine is asked. */
  constructor(engine: Engine, vocabulary: Vocabulary | undefined, prompt: readonly number[]) {
    this.#engine = engine;
    this.#vocabulary = vocabulary;
    this.#token_ids = [...prompt];
    this.#shown = prompt.length;
    this.#from = Math.max(0, prompt.length - CONTEXT);
  }

  /** The text that the token adds; "" while a character is incomplete. `row` is the row from which it was drawn. */
  async add(token_id: number, row: NextRow, signal: AbortSignal): Promise<string> {
    this.#token_ids.push(token_id);
    const bytes =
      this.#vocabulary === undefined
        ? row.bytes?.[row.token_ids.indexOf(token_id)]
        : bytesOf(this.#vocabulary, token_id);
    if (bytes !== undefined) return this.#decoder.decode(bytes, { stream: true });
    const tell = (end?: number) =>
      this.#engine.detokenize(this.#token_ids.slice(this.#from, end), { signal });
    const [before, after] = await Promise.all([this.#shown > this.#from ? tell(this.#shown) : "", tell()]);
    if (after.endsWith(UNFINISHED)) return "";
    this.#from = this.#shown;
    this.#shown = this.#token_ids.length;
    return after.slice(before.length);
  }
}
