/**
 * Special tokens in grammars of rules: <[128010]> by id, <[128000-128255,7]> any of several, <|python_tag|> by name.
 * The vocabulary gives the ids of names; they are looked up before the grammar is compiled.
 */
import { Problem, show } from "../errors.ts";
import { TOKEN_MARK } from "../vocabulary/spelling.ts";
import { TOKEN_ID_MAX } from "../vocabulary/vocabulary.ts";
import { choiceNode } from "./choices.ts";
import type { Nodes } from "./nodes.ts";

/** The special tokens that a grammar uses. */
export interface TokenNames {
  /** the id of the special token with this name, brackets included; undefined when there is none */
  idOf(name: string): number | undefined;
  /** notes a token that the grammar names */
  note(token_id: number): void;
}

const IDS_MAX = 4096;
/** A name in angle brackets. */
export const TOKEN = /^<(?:\[([^\]<>]*)\]|[^<>\s]+)>/;

/** The ids of a token in a grammar's notation, brackets included. Throws a Problem for an unknown token. */
export function idsOfToken(text: string, names: TokenNames): readonly number[] {
  const list = TOKEN.exec(text)?.[1];
  const ids = list === undefined ? namedIds(text, names) : listedIds(list, text);
  for (const id of ids) names.note(id);
  return ids;
}

function namedIds(name: string, names: TokenNames): readonly number[] {
  const id = names.idOf(name);
  if (id !== undefined) return [id];
  throw new Problem("grammar_invalid", `the vocabulary has no special token ${show(name)}`);
}

function listedIds(list: string, text: string): readonly number[] {
  const ids: number[] = [];
  for (const range of list.split(",")) {
    const [, low, high] = /^\s*(\d{1,8})(?:\s*-\s*(\d{1,8}))?\s*$/.exec(range) ?? [];
    if (low === undefined)
      throw new Problem(
        "grammar_unsupported",
        `tokens are named by ids and ranges, <[7]> or <[7-9,11]>, got ${show(text)}`,
      );
    const [from, to] = [Number(low), Number(high ?? low)];
    if (to < from || to > TOKEN_ID_MAX || ids.length + to - from >= IDS_MAX)
      throw new Problem(
        "grammar_invalid",
        `a list of tokens must hold 1 to ${IDS_MAX} ids up to ${TOKEN_ID_MAX}, in order, got ${show(text)}`,
      );
    for (let id = from; id <= to; id++) ids.push(id);
  }
  return ids;
}

/** One of the tokens. */
export function* tokenNode(nodes: Nodes, ids: readonly number[]): Generator<undefined, number> {
  const numbers = yield* choiceNode(nodes, [...new Set(ids)].map(String));
  return nodes.word(nodes.range(TOKEN_MARK, TOKEN_MARK), nodes.text("["), numbers, nodes.text("]"));
}
