/**
 * Hugging Face's `tokenizer.json` → tokens as bytes. The decoder in the file says how to read a token's letters:
 * byte-level (GPT-2's table), `▁` for a blank with byte fallback (SentencePiece), or `##` for the continuation of a
 * word (WordPiece). A WordPiece word gets a blank before it, because the decoder puts one there.
 */
import { byteLevelBytes } from "./byte-level.ts";
import { mergedTokens } from "./encoding.ts";
import { endIdsAmong } from "./end-tokens.ts";
import { type PretokenizerPart, pretokensWritten } from "./pretoken-families.ts";
import type { Tokenizer } from "./pretokens.ts";
import { requiredId, type TokenList } from "./vocabulary.ts";

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
}

interface Component extends PretokenizerPart {
  readonly decoders?: readonly Component[];
  readonly pretokenizers?: readonly Component[];
  readonly normalizers?: readonly Component[];
  readonly content?: string;
}

interface TokenizerFile {
  readonly added_tokens?: readonly AddedToken[];
  readonly decoder?: Component | null;
  readonly pre_tokenizer?: Component | null;
  readonly normalizer?: Component | null;
  readonly model?: {
    readonly type?: string;
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
    readonly merges?: readonly (string | readonly [string, string])[];
    readonly ignore_merges?: boolean;
    readonly dropout?: number | null;
    readonly byte_fallback?: boolean;
    readonly continuing_subword_prefix?: string | null;
    readonly end_of_word_suffix?: string | null;
  };
}

/** How the letters of a token become bytes. */
type Spelling = (token: string) => Uint8Array;

const UTF8 = new TextEncoder();
const BLANK = "▁";
/** A token of one byte: `<0x0A>`. */
const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;

/** Throws an Error that says what is missing. `end_ids`: the end tokens in the model's configuration, if known. */
export function tokensOfTokenizerJson(text: string, end_ids?: readonly number[]): TokenList {
  const file = JSON.parse(text) as TokenizerFile; // each field is looked at before it is used
  const vocab = file.model?.vocab;
  if (typeof vocab !== "object" || vocab === null)
    throw new Error("a tokenizer.json needs model.vocab, got none");
  const spelling = spellingOf(file);
  const tokens: (Uint8Array | undefined)[] = [];
  const entries = Array.isArray(vocab)
    ? vocab.map(([token], id) => [token, id] as const)
    : Object.entries(vocab as Readonly<Record<string, number>>);
  for (const [token, id] of entries) tokens[requiredId(id)] = spelling(token);
  const special = new Map<number, string>();
  for (const { id, content, special: is_special } of file.added_tokens ?? []) {
    // The decoder applies to added tokens as well: Gemma's runs of blanks are added tokens of as many ▁.
    tokens[requiredId(id)] = spelling(content);
    if (is_special) special.set(id, content);
  }
  return {
    tokens: Array.from(tokens, (token) => token),
    special,
    end_ids: end_ids ?? endIdsAmong(special),
    tokenizer: tokenizerOf(file, entries, tokens.length),
  };
}

/** The tokenizer of the file, or an error message about the unknown part. */
function tokenizerOf(
  { model, decoder, normalizer, pre_tokenizer, added_tokens = [] }: TokenizerFile,
  entries: readonly (readonly [string, number])[],
  size: number,
): Tokenizer | string {
  const { type = "none", merges, ignore_merges = false, dropout = null } = model ?? {};
  if (type !== "BPE" || merges === undefined || !has(decoder, "ByteLevel"))
    return `its tokenizer is ${type} without byte-level merges: only byte-level BPE is known`;
  if (dropout !== null) return "its merges have a dropout";
  const steps = partsOf(normalizer).filter((part) => part.type !== "Sequence");
  const strange = steps.find((part) => part.type !== "NFC");
  if (strange !== undefined)
    return `its normalizer ${strange.type ?? "without a type"} is not one of those that are known`;
  const pretokens = pretokensWritten(pre_tokenizer);
  if (typeof pretokens === "string") return pretokens;
  const texts = mergeTexts(merges);
  const merged = mergedTokens(texts, new Map(entries), size);
  if (typeof merged === "string") return merged;
  const added = added_tokens.map(({ content }) => content);
  return { pretokens, is_whole_first: ignore_merges, is_nfc: steps.length > 0, merged, added };
}

function* mergeTexts(merges: readonly (string | readonly [string, string])[]): Generator<string> {
  for (const merge of merges) yield typeof merge === "string" ? merge : `${merge[0]} ${merge[1]}`;
}

function spellingOf(file: TokenizerFile): Spelling {
  const { model, decoder, pre_tokenizer, normalizer } = file;
  if (has(decoder, "ByteLevel") || has(pre_tokenizer, "ByteLevel"))
    return (token) => byteLevelBytes(token) ?? UTF8.encode(token);
  if (model?.type === "WordPiece") return wordPiece(model.continuing_subword_prefix ?? "##");
  const blanks =
    has(decoder, "Metaspace") ||
    has(pre_tokenizer, "Metaspace") ||
    replacesBlanks(decoder) ||
    replacesBlanks(normalizer);
  const bytes = model?.byte_fallback === true || has(decoder, "ByteFallback");
  const suffix = model?.end_of_word_suffix ?? "";
  return (token) => {
    const byte = bytes ? BYTE.exec(token)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    const spelt = blanks ? token.replaceAll(BLANK, " ") : token;
    return UTF8.encode(
      suffix !== "" && spelt.endsWith(suffix) ? `${spelt.slice(0, -suffix.length)} ` : spelt,
    );
  };
}

function wordPiece(prefix: string): Spelling {
  return (token) => UTF8.encode(token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`);
}

function partsOf(component: Component | null | undefined): readonly Component[] {
  if (component === null || component === undefined) return [];
  const { decoders = [], pretokenizers = [], normalizers = [] } = component;
  return [component, ...[...decoders, ...pretokenizers, ...normalizers].flatMap(partsOf)];
}

function has(component: Component | null | undefined, type: string): boolean {
  return partsOf(component).some((part) => part.type === type);
}

/** A decoder that turns `▁` into a blank, or a normaliser that turns a blank into `▁`. */
function replacesBlanks(component: Component | null | undefined): boolean {
  return partsOf(component).some(
    ({ type, pattern, content }) =>
      type === "Replace" && (pattern?.String === BLANK || (pattern?.String === " " && content === BLANK)),
  );
}
