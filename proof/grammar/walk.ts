/** Seeded texts of a grammar: each token is drawn from the mask; in a long text, tokens that end it are preferred. */
import type { Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { bytesOf, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";

export interface Walked {
  readonly token_ids: readonly number[];
  readonly text: string;
  /** whether the text was complete before the tokens ran out */
  readonly is_complete: boolean;
}

/** Tokens whose bytes help to end a JSON text. */
const ENDING = /^["}\]\s]*$/;

const KNOWN = new WeakMap<Vocabulary, Uint8Array>();

/** By id: 1 for tokens that help to end a text. */
function endingOf(vocabulary: Vocabulary): Uint8Array {
  let ends = KNOWN.get(vocabulary);
  if (ends === undefined) {
    ends = Uint8Array.from({ length: vocabulary.size }, (_, id) =>
      ENDING.test(latin(bytesOf(vocabulary, id))) ? 1 : 0,
    );
    KNOWN.set(vocabulary, ends);
  }
  return ends;
}

export function walk(
  grammar: Grammar,
  vocabulary: Vocabulary,
  random: () => number,
  tokens_max: number,
  wanted: number,
): Walked {
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  const ends = endingOf(vocabulary);
  const token_ids: number[] = [];
  let state = grammar.start;
  while (token_ids.length < tokens_max) {
    const mask = matcher.masks.of(state);
    const allowed = idsOf(mask);
    const may_end = grammar.automaton.nullable(state);
    if (allowed.length === 0) break;
    const is_long = token_ids.length >= wanted;
    if (may_end && (is_long || random() < 0.1)) break;
    const ending = is_long ? allowed.filter((id) => ends[id] === 1) : [];
    const among = ending.length > 0 && random() < 0.7 ? ending : allowed;
    const token_id = among[Math.floor(random() * among.length)]!;
    token_ids.push(token_id);
    state = matcher.advance(state, token_id);
  }
  return { token_ids, text: textOf(vocabulary, token_ids), is_complete: grammar.automaton.nullable(state) };
}

export function idsOf(mask: Uint32Array): number[] {
  const ids: number[] = [];
  for (let i = 0; i < mask.length; i++)
    for (let word = mask[i]!; word !== 0; word &= word - 1) ids.push(32 * i + 31 - Math.clz32(word & -word));
  return ids;
}

function textOf(vocabulary: Vocabulary, token_ids: readonly number[]): string {
  return Buffer.concat(token_ids.map((id) => bytesOf(vocabulary, id))).toString("utf8");
}

export function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
