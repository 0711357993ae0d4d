/**
 * Text to token ids and back, with the tokenizer.json that came with the model. Decoding is incremental, so
 * that text can be shown as it comes although a character may be spread over several byte-level tokens.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";

export interface TextCodec {
  encode(text: string): number[];
  decode(token_ids: readonly number[]): string;
}

export async function loadTokenizer(folder: string): Promise<TextCodec> {
  const tokenizer = new Tokenizer(JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8")), {});
  return {
    encode: (text) => tokenizer.encode(text).ids,
    decode: (token_ids) =>
      tokenizer.decode([...token_ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
  };
}

/** What an unfinished character decodes to until its last byte has come. */
const REPLACEMENT = "\uFFFD";

/**
 * A function that takes token ids one by one and answers the text that each of them completes. It answers
 * "" while a character is unfinished.
 */
export function incrementalDecoder(codec: TextCodec): (token_id: number) => string {
  const token_ids: number[] = [];
  let shown = 0;
  return (token_id) => {
    token_ids.push(token_id);
    const text = codec.decode(token_ids);
    if (text.endsWith(REPLACEMENT)) return "";
    const fresh = text.slice(shown);
    shown = text.length;
    return fresh;
  };
}
