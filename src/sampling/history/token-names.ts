/**
 * Tokens as a request names them: by id, or by their text. The vocabulary of the step resolves a text to a token, so
 * options keep the names, and stages ask for the ids.
 */
import { Problem, show } from "../../errors.ts";
import { tokenNamed } from "../../vocabulary/lookup.ts";
import type { Vocabulary } from "../../vocabulary/vocabulary.ts";
import { requireBelow } from "../vocab-size.ts";
import { requireVocabulary } from "./step-text.ts";

export type TokenName = number | string;

/** The parts of a step on which the names in its options depend. */
export interface NamedIn {
  readonly vocabulary: Vocabulary | undefined;
  /** every id must be below this */
  readonly vocab_size: number;
}

/** For options that only compare ids, the length of the row does not matter. */
export function inAnyRow({ vocabulary }: Pick<NamedIn, "vocabulary">): NamedIn {
  return { vocabulary, vocab_size: Number.POSITIVE_INFINITY };
}

/** The id of a token. The pointer of a Problem leads to its name. */
export function idOf(name: TokenName, { vocabulary, vocab_size }: NamedIn, pointer: string): number {
  const id = typeof name === "string" ? idOfText(name, vocabulary, pointer) : name;
  if (id >= vocab_size) requireBelow(vocab_size, id, pointer);
  return id;
}

/** The ids of a list, in its order; the list itself when all names are ids. */
export function idsOf(names: readonly TokenName[], named_in: NamedIn, pointer: string): readonly number[] {
  const { vocab_size } = named_in;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (typeof name === "string") return idsOfTexts(names, named_in, pointer);
    if (name >= vocab_size) requireBelow(vocab_size, name, `${pointer}/${i}`);
  }
  return names as readonly number[]; // all names were checked to be ids
}

/** Lists whose texts were resolved; the steps of a stream or a batch share them. */
const LATELY = new WeakMap<
  readonly TokenName[],
  { readonly vocabulary: Vocabulary; readonly vocab_size: number; readonly ids: readonly number[] }
>();

function idsOfTexts(names: readonly TokenName[], named_in: NamedIn, pointer: string): readonly number[] {
  const { vocab_size, vocabulary } = named_in;
  const lately = LATELY.get(names);
  if (lately !== undefined && lately.vocabulary === vocabulary && lately.vocab_size === vocab_size)
    return lately.ids;
  const ids = names.map((name, i) => idOf(name, named_in, `${pointer}/${i}`));
  if (vocabulary !== undefined) LATELY.set(names, { vocabulary, vocab_size, ids });
  return ids;
}

function idOfText(name: string, known: Vocabulary | undefined, pointer: string): number {
  const vocabulary = requireVocabulary({ vocabulary: known }, `the token ${show(name)}`, pointer);
  const id = tokenNamed(vocabulary, name);
  if (id !== undefined) return id;
  throw new Problem(
    "invalid_option",
    `a text must be one token of vocabulary "${vocabulary.name}", got ${show(name)}, which is none${hintFor(name, vocabulary)}`,
    pointer,
  );
}

/** Most words are tokens with a leading blank, or without one. */
function hintFor(name: string, vocabulary: Vocabulary): string {
  const other = name.startsWith(" ") ? name.slice(1) : ` ${name}`;
  return tokenNamed(vocabulary, other) === undefined ? "" : `; ${show(other)} is one`;
}
