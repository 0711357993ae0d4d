/**
 * The tokens by which a vocabulary's own tokenizer writes text that a grammar forces, as far as they are certain:
 * whatever the grammar lets follow, the tokenizer writes the whole text with these tokens in these places. For example,
 * after `{"na` a schema forces `me":`; `me` is certain. `":` is not certain when a string may follow, because `":"` is
 * a token.
 *
 * The tokenizer divides a text into pieces. A piece is certain when the text after it is known. In the last piece, the
 * tokens before every position where a longer token could begin are certain. These positions are found by a search
 * through the token tree and the automaton (llguidance's chop_tokens, over all such positions).
 */
import { encodePiece, PIECE_BYTES_MAX } from "../vocabulary/encoding.ts";
import { nodeOf, triesOf } from "../vocabulary/lookup.ts";
import { divided, type Tokenizer } from "../vocabulary/pretokens.ts";
import { tokensOf } from "../vocabulary/tokens.ts";
import type { Trie } from "../vocabulary/trie.ts";
import { bytesOf, type TokenIds, type Vocabulary } from "../vocabulary/vocabulary.ts";
import type { Automaton } from "./automaton.ts";
import type { Effort } from "./effort.ts";
import type { Matcher } from "./matcher.ts";
import { EMPTY, NEVER } from "./nodes.ts";

/** Maximum number of tokens listed. */
export const CANONICAL_MAX = 128;
/** Bytes of the text before the forced one that are read. */
const CONTEXT_BYTES = 192;
/** `'re`: the number of characters that a tokenizer reads after an apostrophe, including it. */
const CONTRACTION_LENGTH = 3;
/**
 * Maximum number of places in the last piece where a longer token could begin; above it, none of the piece's tokens is
 * listed.
 */
const EXTENSIONS_MAX = 16;
/** Units of work to find a token by its bytes, and maximum lookups for each byte of a piece. */
const LOOKUP_UNITS = 32;
const LOOKUPS_PER_BYTE = 4;

const UTF8 = new TextEncoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Finds the certain tokens of one forced text. */
interface Writer {
  readonly vocabulary: Vocabulary;
  readonly tokenizer: Tokenizer;
  readonly effort: Effort;
  readonly automaton: Automaton;
  /** the state after the forced text */
  readonly state: number;
  /** number of tokens that are enough, including those of the context */
  readonly tokens_max: number;
}

/**
 * The certain tokens of `text`, which the grammar forces in `state`, at most CANONICAL_MAX; `history`: the tokens
 * before it. Empty when no token is certain.
 */
export function* canonicalBehind(
  matcher: Matcher,
  state: number,
  text: string,
  history: TokenIds,
  vocab_size: number,
): Generator<undefined, readonly number[]> {
  const { vocabulary, grammar } = matcher;
  const { tokenizer } = vocabulary;
  if (text === "" || typeof tokenizer === "string") return [];
  const { automaton } = grammar;
  const { effort } = automaton.nodes;
  const context = contextOf(matcher, history, text);
  if (context === undefined) return [];
  const after = yield* effort.again(() => grammar.advance(state, UTF8.encode(text)));
  const tokens_max = CANONICAL_MAX + context.length;
  const writer = { vocabulary, tokenizer, effort, automaton, state: after, tokens_max };
  const ids = yield* certainBehind(writer, context, text);
  const beyond = ids.findIndex((id) => id >= vocab_size);
  return ids.slice(0, Math.min(beyond < 0 ? CANONICAL_MAX : beyond, CANONICAL_MAX));
}

/**
 * The certain tokens after the context; when one of the tokenizer's tokens crosses the end of the context, the tokens
 * of the text alone.
 */
function* certainBehind(
  writer: Writer,
  context: string,
  text: string,
): Generator<undefined, readonly number[]> {
  const ids = yield* certainIds(writer, context + text);
  const before = UTF8.encode(context).length;
  let end = 0;
  let at = 0;
  while (end < before && at < ids.length) end += bytesOf(writer.vocabulary, ids[at++]!).length;
  if (end < before) return [];
  return end === before ? ids.slice(at) : yield* certainIds(writer, text);
}

/** The tokens with which the tokenizer writes each text that begins with this one. */
function* certainIds(writer: Writer, known: string): Generator<undefined, readonly number[]> {
  const { tokenizer, vocabulary, effort, state, tokens_max } = writer;
  effort.spend(known.length);
  if (tokenizer.is_nfc && known.normalize("NFC") !== known) return [];
  if (mayBeAdded(tokenizer, known)) return [];
  const ends = state === EMPTY;
  const ids: number[] = [];
  const blank_from = known.length - (/\p{White_Space}+$/u.exec(known)?.[0].length ?? 0);
  let end = 0;
  for (const piece of divided(known, tokenizer.pretokens)) {
    end += piece.length;
    if (ids.length > tokens_max) return ids;
    const is_contracted = known[end] === "'" && known.length - end < CONTRACTION_LENGTH;
    const is_certain = ends || (end < known.length && end <= blank_from && !is_contracted);
    if (effort.isDue()) yield;
    if (!is_certain) {
      if (end === known.length && blank_from === known.length)
        ids.push(...(yield* certainInLast(writer, piece)));
      return ids;
    }
    const bytes = UTF8.encode(piece);
    spendOn(effort, bytes);
    const own = encodePiece(vocabulary, tokenizer, bytes, true);
    if (own === undefined) return ids;
    ids.push(...own);
  }
  return ids;
}

/**
 * The certain tokens of an unfinished piece: those before each position where a token that extends past its end could
 * begin.
 */
function* certainInLast(writer: Writer, text: string): Generator<undefined, readonly number[]> {
  const { vocabulary, tokenizer, effort } = writer;
  const piece = UTF8.encode(text);
  if (piece.length > PIECE_BYTES_MAX) return [];
  if (tokenizer.is_nfc && isComposed(text) && (yield* effort.again(() => takesLetters(writer)))) return [];
  spendOn(effort, piece);
  const places: number[] = [];
  for (let at = 0; at < piece.length; at++) {
    if (effort.isDue()) yield;
    if (yield* effort.again(() => extend(writer, piece.subarray(at)))) places.push(at);
    if (places[0] === 0 || places.length > EXTENSIONS_MAX) return [];
  }
  let certain = encodePiece(vocabulary, tokenizer, piece, true) ?? [];
  for (const at of places) {
    spendOn(effort, piece.subarray(0, at));
    if (effort.isDue()) yield;
    const others = encodePiece(vocabulary, tokenizer, piece.subarray(0, at), false) ?? [];
    let shared = 0;
    while (shared < certain.length && certain[shared] === others[shared]) shared++;
    certain = certain.slice(0, shared);
  }
  return certain;
}

function spendOn(effort: Effort, piece: Uint8Array): void {
  effort.spend(LOOKUP_UNITS * LOOKUPS_PER_BYTE * Math.min(piece.length, PIECE_BYTES_MAX));
}

/** True when the last character may become another one with a mark after it, in Unicode's form C. */
function isComposed(text: string): boolean {
  return !/[ -;?@[-`{-~]$/.test(text);
}

/** True when a character beyond ASCII may follow. */
function takesLetters({ automaton, state }: Writer): boolean {
  for (let byte = 0x80; byte <= 0xff; byte++) if (automaton.step(state, byte) !== NEVER) return true;
  return false;
}

const FIRST = new WeakMap<Tokenizer, ReadonlySet<string>>();

/** True when the text contains one of the texts that are cut out, or one may begin at its end. */
function mayBeAdded(tokenizer: Tokenizer, known: string): boolean {
  const { added } = tokenizer;
  let first = FIRST.get(tokenizer);
  if (first === undefined) {
    first = new Set(added.map((text) => text[0] ?? ""));
    FIRST.set(tokenizer, first);
  }
  for (let at = 0; at < known.length; at++)
    if (first.has(known[at]!) && added.some((text) => beginsAt(known, at, text))) return true;
  return false;
}

function beginsAt(known: string, at: number, text: string): boolean {
  return known.startsWith(text.slice(0, known.length - at), at);
}

/** True when a token that begins with these last bytes of the known text continues as the grammar allows. */
function extend({ vocabulary, automaton, state }: Writer, bytes: Uint8Array): boolean {
  return (
    state !== EMPTY &&
    triesOf(tokensOf(vocabulary)).some((trie) => goesOn(trie, nodeOf(trie, bytes), automaton, state))
  );
}

/** True when a token below the node continues as the automaton does from a state. */
function goesOn(
  { byte, depth, skip, first }: Trie,
  top: number,
  automaton: Automaton,
  state: number,
): boolean {
  if (top < 0) return false;
  const states = [state];
  for (let node = top + 1; node < skip[top]!; ) {
    const level = depth[node]! - depth[top]!;
    const next = automaton.step(states[level - 1]!, byte[node]!);
    automaton.nodes.effort.units++;
    if (next !== NEVER && first[node]! < first[node + 1]!) return true;
    states[level] = next;
    node = next === NEVER ? skip[node]! : node + 1;
  }
  return false;
}

/**
 * The end of the earlier text, from a position at which every known tokenizer splits: after a special token, before a
 * blank that follows another character, or before punctuation that follows a letter. undefined when there is no such
 * position.
 */
function contextOf(matcher: Matcher, history: TokenIds, text: string): string | undefined {
  const parts: Uint8Array[] = [];
  let length = 0;
  let at = history.length;
  for (; at > 0 && length < CONTEXT_BYTES; at--) {
    const bytes = bytesOf(matcher.vocabulary, history[at - 1]!);
    if (bytes.length === 0) break;
    parts.unshift(bytes);
    length += bytes.length;
  }
  const is_whole = at === 0 || length < CONTEXT_BYTES;
  const bytes = new Uint8Array(length + 1);
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  bytes[length] = UTF8.encode(text)[0]!;
  let from = length;
  while (from > 0 && !isDivided(bytes[from - 1]!, bytes[from]!)) from--;
  if (from === 0 && !is_whole) return undefined;
  try {
    return STRICT.decode(bytes.subarray(from, length));
  } catch {
    return undefined;
  }
}

const BLANK = 0x20;
const APOSTROPHE = 0x27;

function isDivided(before: number, next: number): boolean {
  if (next === BLANK) return before > BLANK && before < 0x7f;
  return (
    isLetter(before) &&
    next > BLANK &&
    next < 0x7f &&
    next !== APOSTROPHE &&
    !isLetter(next) &&
    !isDigit(next)
  );
}

function isLetter(byte: number): boolean {
  return (byte | BLANK) >= 0x61 && (byte | BLANK) <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
