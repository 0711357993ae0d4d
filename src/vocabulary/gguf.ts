/** The metadata at the head of a GGUF file → tokens as bytes. Entries that are not about the tokenizer are skipped. */
import { byteLevelBytes } from "./byte-level.ts";
import { mergedTokens } from "./encoding.ts";
import { pretokensNamed } from "./pretoken-families.ts";
import type { Tokenizer } from "./pretokens.ts";
import type { TokenList } from "./vocabulary.ts";

const MAGIC = 0x46554747; // "GGUF", little-endian
const UTF8 = new TextEncoder();
/** U+FEFF at the beginning of a token is text, not a byte order mark. */
const TEXT = new TextDecoder("utf-8", { ignoreBOM: true });

/** Kinds of values, by their number in the file. */
const STRING = 8;
const ARRAY = 9;
const BYTES_OF_KIND: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const UINT32 = 4;
const INT32 = 5;

/** Kinds of tokens. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;
const BYTE = 6;

const PREFIX = "tokenizer.ggml.";
const END_KEYS = ["eos_token_id", "eot_token_id", "eom_token_id"] as const;
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * `head`: the beginning of the file, at least up to the end of its metadata. Throws an Error that says what is wrong.
 */
export function tokensOfGguf(head: Uint8Array): TokenList {
  const found = metadataOf(new Reader(head));
  const tokens = found.get(`${PREFIX}tokens`);
  if (!Array.isArray(tokens)) throw new Error(`a GGUF vocabulary needs ${PREFIX}tokens, got none`);
  const model = found.get(`${PREFIX}model`);
  const kinds = found.get(`${PREFIX}token_type`);
  const kindOf = (id: number): unknown => (Array.isArray(kinds) ? kinds[id] : undefined);
  const special = new Map<number, string>();
  const spelt = tokens.map((token, id) => {
    const kind = kindOf(id);
    if (kind === CONTROL || kind === UNKNOWN || kind === UNUSED) special.set(id, String(token));
    return special.has(id) ? undefined : spell(String(token), model, kind);
  });
  const end_ids = END_KEYS.map((key) => found.get(PREFIX + key)).filter((id) => typeof id === "number");
  const texts = tokens.map(String);
  const added = texts.filter((_, id) => special.has(id) || kindOf(id) === USER_DEFINED);
  const tokenizer = tokenizerOf(found, texts, added);
  return { tokens: spelt, special, end_ids, tokenizer };
}

function tokenizerOf(
  found: ReadonlyMap<string, unknown>,
  texts: readonly string[],
  added: readonly string[],
): Tokenizer | string {
  const model = found.get(`${PREFIX}model`);
  if (model !== "gpt2") return `its tokenizer is ${String(model)}: only byte-level ones (gpt2) are known`;
  const pre = String(found.get(`${PREFIX}pre`));
  const pretokens = pretokensNamed(pre);
  if (pretokens === undefined) return `its pre-tokenizer ${pre} is not one of those that are known`;
  const merges = found.get(`${PREFIX}merges`);
  if (!Array.isArray(merges)) return "it has no merges";
  const merged = mergedTokens(merges.map(String), new Map(texts.map((text, id) => [text, id])), texts.length);
  return typeof merged === "string"
    ? merged
    : { pretokens, is_whole_first: pre === "llama-bpe" || pre === "tekken", is_nfc: false, merged, added };
}

/** As in llama.cpp's token_to_piece: a token that was added to a vocabulary is literal text. */
function spell(token: string, model: unknown, kind: unknown): Uint8Array {
  if (kind === USER_DEFINED) return UTF8.encode(token);
  if (model === "gpt2") return byteLevelBytes(token) ?? UTF8.encode(token);
  const byte = kind === BYTE ? BYTE_TOKEN.exec(token)?.[1] : undefined;
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  return UTF8.encode(token.replaceAll("▁", " "));
}

function metadataOf(reader: Reader): ReadonlyMap<string, unknown> {
  if (reader.uint32() !== MAGIC) throw new Error("a GGUF file begins with GGUF");
  const version = reader.uint32();
  if (version < 2 || version > 3) throw new Error(`GGUF versions 2 and 3 are read, got ${version}`);
  reader.size(); // of tensors
  const count = reader.size();
  const found = new Map<string, unknown>();
  for (let i = 0; i < count; i++) {
    const key = reader.string();
    const kind = reader.uint32();
    if (key.startsWith(PREFIX)) found.set(key, reader.value(kind));
    else reader.stepOver(kind);
  }
  return found;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A length of 64 bits. No real length needs more than 53. */
  size(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  string(): string {
    const length = this.size();
    const at = this.#take(length);
    return TEXT.decode(this.#bytes.subarray(at, at + length));
  }

  /** Reads a text, a 32-bit integer or a list of these; skips other values. */
  value(kind: number): unknown {
    if (kind === STRING) return this.string();
    if (kind === UINT32) return this.uint32();
    if (kind === INT32) return this.uint32() | 0;
    if (kind !== ARRAY) return this.stepOver(kind);
    const item = this.uint32();
    const length = this.size();
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(this.value(item));
    return values;
  }

  stepOver(kind: number): undefined {
    if (kind === STRING) this.#take(this.size());
    else if (kind === ARRAY) this.#stepOverList();
    else {
      const bytes = BYTES_OF_KIND[kind];
      if (bytes === undefined) throw new Error(`kinds of GGUF values are 0 to 12, got ${kind}`);
      this.#take(bytes);
    }
    return undefined;
  }

  #stepOverList(): void {
    const item = this.uint32();
    const length = this.size();
    const bytes = BYTES_OF_KIND[item];
    if (bytes !== undefined) this.#take(length * bytes);
    else for (let i = 0; i < length; i++) this.stepOver(item);
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (!(bytes <= this.#bytes.length - at))
      throw new Error(`the metadata ends behind the ${this.#bytes.length} bytes that are read of it`);
    this.#at += bytes;
    return at;
  }
}
