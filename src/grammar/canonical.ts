/**
 * The tokens by which a vocabulary's own tokenizer writes text that a grammar forces, as far as they are certain: whatever
 * the grammar lets follow, the tokenizer writes the whole text with these tokens in these places. For example, behind
 * `{"na` a schema forces `me":`; `me` is certain, `":` is not where a string may follow, since `":"` is a token.
 *
 * A piece of the tokenizer's division is certain when what stands behind it is known. Of the last piece, the tokens before
 * each place are certain where a longer token could begin, found by a search in the tree of tokens beside the automaton
 * (llguidance's chop_tokens, over all such places).
 */
import { type BytePairs, bytePairsOf, PIECE_BYTES_MAX } from "../vocabulary/byte-pairs.ts";
import { nodeOf, triesOf } from "../vocabulary/lookup.ts";
import { divided, type Tokenizer } from "../vocabulary/pretokens.ts";
import { tokensOf } from "../vocabulary/tokens.ts";
import type { Trie } from "../vocabulary/trie.ts";
import { bytesOf } from "../vocabulary/vocabulary.ts";
import type { Automaton } from "./automaton.ts";
import type { Matcher } from "./matcher.ts";
import { EMPTY, NEVER } from "./nodes.ts";

/** Most tokens that are told. */
const TOKENS_MAX = 128;
/** Bytes of the text before the forced one that are looked at. */
const CONTEXT_BYTES = 192;
/** `'re`: a tokenizer looks so many characters ahead at an apostrophe. */
const CONTRACTION_LENGTH = 3;

const UTF8 = new TextEncoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What may stand behind the known text. */
interface Ahead {
  /** the text ends there, and no other way is left */
  readonly ends: boolean;
  /** whether a token that begins with these last bytes of the known text goes on as the grammar allows */
  extends(bytes: Uint8Array): boolean;
}

/** `text`: what the grammar forces in `state`; `history`: the tokens before it. None where nothing is certain. */
export function* canonicalBehind(
  matcher: Matcher,
  state: number,
  text: string,
  history: readonly number[],
  vocab_size: number,
): Generator<undefined, readonly number[]> {
  const { tokenizer } = matcher.vocabulary;
  if (text === "" || typeof tokenizer === "string") return [];
  const { effort } = matcher.grammar.automaton.nodes;
  const pairs = bytePairsOf(matcher.vocabulary, tokenizer);
  const context = contextOf(matcher, history, text);
  if (context === undefined) return [];
  const ids = yield* effort.again(() => {
    const ahead = aheadOf(matcher, matcher.grammar.advance(state, UTF8.encode(text)));
    effort.spend(16 * (context.length + text.length));
    return certainBehind(
      context,
      text,
      tokenizer,
      pairs,
      ahead,
      (id) => bytesOf(matcher.vocabulary, id).length,
    );
  });
  const beyond = ids.findIndex((id) => id >= vocab_size);
  return ids.slice(0, Math.min(beyond < 0 ? TOKENS_MAX : beyond, TOKENS_MAX));
}

/** The certain tokens behind the context; where a token of the tokenizer's lies across its end, those of the text alone. */
function certainBehind(
  context: string,
  text: string,
  tokenizer: Tokenizer,
  pairs: BytePairs,
  ahead: Ahead,
  lengthOf: (token_id: number) => number,
): readonly number[] {
  const ids = certainIds(context + text, tokenizer, pairs, ahead);
  const before = UTF8.encode(context).length;
  let end = 0;
  let at = 0;
  while (end < before && at < ids.length) end += lengthOf(ids[at++]!);
  if (end < before) return [];
  return end === before ? ids.slice(at) : certainIds(text, tokenizer, pairs, ahead);
}

/** The tokens with which the tokenizer writes each text that begins with this one. */
function certainIds(known: string, tokenizer: Tokenizer, pairs: BytePairs, ahead: Ahead): readonly number[] {
  if (tokenizer.is_nfc && known.normalize("NFC") !== known) return [];
  if (tokenizer.added.some((added) => known.includes(added))) return [];
  const ids: number[] = [];
  const blank_from = known.length - (/\p{White_Space}+$/u.exec(known)?.[0].length ?? 0);
  let end = 0;
  for (const piece of divided(known, tokenizer.pretokens)) {
    end += piece.length;
    const is_contracted = known[end] === "'" && known.length - end < CONTRACTION_LENGTH;
    const is_certain = ahead.ends || (end < known.length && end <= blank_from && !is_contracted);
    if (!is_certain) {
      if (end === known.length && blank_from === known.length)
        ids.push(...certainInLast(UTF8.encode(piece), pairs, ahead));
      return ids;
    }
    const own = pairs.encode(UTF8.encode(piece), true);
    if (own === undefined) return ids;
    ids.push(...own);
  }
  return ids;
}

/** The tokens of a piece that may go on: those before each place where a token could begin that reaches past its end. */
function certainInLast(piece: Uint8Array, pairs: BytePairs, ahead: Ahead): readonly number[] {
  if (piece.length > PIECE_BYTES_MAX) return [];
  let certain = pairs.encode(piece, true) ?? [];
  for (let at = 0; at < piece.length && certain.length > 0; at++) {
    if (!ahead.extends(piece.subarray(at))) continue;
    const others = pairs.encode(piece.subarray(0, at), false) ?? [];
    let shared = 0;
    while (shared < certain.length && certain[shared] === others[shared]) shared++;
    certain = certain.slice(0, shared);
  }
  return certain;
}

function aheadOf(matcher: Matcher, state: number): Ahead {
  const { automaton } = matcher.grammar;
  const tries = triesOf(tokensOf(matcher.vocabulary));
  return {
    ends: state === EMPTY,
    extends: (bytes) => tries.some((trie) => goesOn(trie, nodeOf(trie, bytes), automaton, state)),
  };
}

/** Whether a token below the node goes on as the automaton does from a state. */
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
 * The text before, from a place on where every tokenizer that is known divides: a text or a special token begins there, a blank
 * stands behind what is none, or punctuation behind a letter. undefined where there is no such place.
 */
function contextOf(matcher: Matcher, history: readonly number[], text: string): string | undefined {
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
