/**
 * The alternatives of tokens in a server's reply: OpenAI's chat and completions, vLLM, llama.cpp, TGI, Ollama, SGLang,
 * Gemini, and this service. No reply is recognised as a whole. A list of alternatives is recognised by its entries,
 * which all have a token and a log-probability, and by the usual names of such lists.
 */
import { RowError } from "../row.ts";
import { type Candidate, LABEL_NAMES, massOf, type Unit, VALUE_NAMES } from "./candidate.ts";
import type { Branch, Tree } from "./literal.ts";

/** One token of a reply: the drawn token and its alternatives. */
export interface Position {
  readonly drawn: string | undefined;
  readonly unit: Unit;
  readonly alternatives: readonly Candidate[];
}

/** Names of lists of alternatives, inside of a token or of a reply. */
const LISTS = ["top_logprobs", "top_probs", "top_tokens", "probs", "candidates", "output_top_logprobs"];

/** Probabilities of alternatives add up to at most 1; a little more is rounding. */
const MASS_MAX = 1.02;

export function isBranch(tree: Tree | undefined): tree is Branch {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/**
 * The positions of a reply, in order. Of several lists it takes the one with the most alternatives. Empty when there
 * are none.
 */
export function positionsIn(tree: Tree): readonly Position[] {
  const found = allListsIn(tree).sort((a, b) => weightOf(b) - weightOf(a));
  const [best] = found;
  if (best === undefined) {
    if (hasEmptyList(tree))
      throw new RowError(
        "The reply holds the drawn tokens only; ask for their alternatives, as with top_logprobs: 20.",
      );
    return [];
  }
  const [first] = best;
  const mass = best.length === 1 && first !== undefined ? massOf(first.alternatives, first.unit) : 0;
  if (first?.unit !== "logit" && mass > MASS_MAX)
    throw new RowError(
      `The probabilities add up to ${(100 * mass).toFixed(0)} %: these look like tokens one after another, not the alternatives of one. Ask for alternatives, as with top_logprobs: 20.`,
    );
  return best;
}

function weightOf(positions: readonly Position[]): number {
  return positions.reduce((sum, { alternatives }) => sum + alternatives.length, 0) / positions.length;
}

/** Every list of positions; the pieces of a stream, side by side at the top level, form one list. */
function allListsIn(tree: Tree): (readonly Position[])[] {
  const pieces =
    Array.isArray(tree) && positionsOf(tree) === undefined ? tree.filter(isBranch).map(listsIn) : [];
  const is_streamed = pieces.length > 1 && pieces.every((lists) => lists.length <= 1);
  const streamed = is_streamed ? pieces.flatMap(([list]) => list ?? []) : [];
  return streamed.length > 0 ? [streamed] : listsIn(tree);
}

function listsIn(tree: Tree): (readonly Position[])[] {
  const here = positionsOf(tree);
  if (here !== undefined) return [here];
  return childrenOf(tree).flatMap(([name, child]) => {
    const named = LISTS.includes(name) ? positionsOf(asPositions(child)) : undefined;
    if (named !== undefined) return [withDrawn(named, tree)];
    return listsIn(child);
  });
}

function childrenOf(tree: Tree): (readonly [string, Tree])[] {
  if (Array.isArray(tree)) return tree.map((child) => ["", child]);
  return isBranch(tree) ? [...tree.entries, ...tree.list.map((child) => ["", child] as const)] : [];
}

/** A list of alternatives is one position; a list of lists is several. */
function asPositions(tree: Tree): Tree {
  return alternativesOf(tree) === undefined ? tree : [tree];
}

/** The texts of the drawn tokens are beside the lists, under `tokens` or `chosen…`. */
function withDrawn(positions: readonly Position[], beside: Tree): readonly Position[] {
  const tokens = isBranch(beside) ? beside.entries.get("tokens") : undefined;
  if (!Array.isArray(tokens) || tokens.length !== positions.length) return positions;
  return positions.map((position, i) => ({ ...position, drawn: labelOf(tokens[i] ?? null) }));
}

/** Tokens with alternatives of their own, or lists of alternatives, or alternatives of one token. */
function positionsOf(tree: Tree): readonly Position[] | undefined {
  if (!Array.isArray(tree) || tree.length === 0) return undefined;
  const nested = tree.map(nestedIn);
  if (nested.some((position) => position !== undefined))
    return nested.filter((position) => position !== undefined);
  const lists = tree.filter((item) => item !== null).map(alternativesOf);
  if (lists.length > 0 && lists.every((list) => list !== undefined))
    return lists.map((list) => ({ ...list, drawn: undefined }));
  const own = isAlternatives(tree) ? alternativesOf(tree) : undefined;
  return own && [{ ...own, drawn: undefined }];
}

/** `{token, logprob, top_logprobs: [...]}`: the drawn token joins its alternatives when it is not among them. */
function nestedIn(tree: Tree): Position | undefined {
  if (!isBranch(tree)) return undefined;
  const list = LISTS.map((name) => tree.entries.get(name)).find((child) => child !== undefined);
  const read = list === undefined ? undefined : alternativesOf(list);
  if (read === undefined) return undefined;
  const drawn = labelOf(tree);
  const own = valueIn(tree);
  const is_missing =
    own?.unit === read.unit && drawn !== undefined && !read.alternatives.some(({ label }) => label === drawn);
  const alternatives = is_missing
    ? [...read.alternatives, { label: drawn, value: own.value }]
    : read.alternatives;
  return { drawn: drawn ?? read.alternatives[0]?.label, unit: read.unit, alternatives };
}

function isAlternatives(tree: Tree): boolean {
  return Array.isArray(tree) && tree.length > 0 && tree.every((item) => candidateIn(item) !== undefined);
}

interface Alternatives {
  readonly unit: Unit;
  readonly alternatives: readonly Candidate[];
}

/** A list of tokens with values, or an object from tokens to values. */
function alternativesOf(tree: Tree): Alternatives | undefined {
  const read = Array.isArray(tree) ? tree.map(candidateIn) : isBranch(tree) ? entriesOf(tree) : [];
  const unit = read[0]?.unit;
  if (unit === undefined || read.some((each) => each?.unit !== unit)) return undefined;
  return { unit, alternatives: read.filter((each) => each !== undefined) };
}

type Valued = Candidate & { readonly unit: Unit };

/** `{" sea": -0.3}`, and vLLM's `{2649: Logprob(logprob=-0.3, rank=1, decoded_token=' sea')}`. */
function entriesOf({ entries }: Branch): (Valued | undefined)[] {
  return [...entries].map(([label, child]) => {
    if (typeof child === "number") return { label, value: child, unit: "logprob" };
    const inner = isBranch(child) ? valueIn(child) : undefined;
    return inner && { ...inner, label: isBranch(child) ? (labelOf(child) ?? label) : label };
  });
}

/** An object with a token and a value, or SGLang's [log-probability, id, text]. */
function candidateIn(tree: Tree): Valued | undefined {
  if (Array.isArray(tree)) {
    const [value, id, text] = tree;
    if (tree.length !== 3 || typeof value !== "number" || typeof id !== "number") return undefined;
    return { label: typeof text === "string" ? text : String(id), value, unit: "logprob" };
  }
  // an entry that has its own alternatives is a drawn token, not an alternative, even when their list is empty
  const is_drawn = isBranch(tree) && LISTS.some((name) => tree.entries.has(name));
  const valued = isBranch(tree) && !is_drawn ? valueIn(tree) : undefined;
  const label = labelOf(tree);
  return valued === undefined || label === undefined ? undefined : { ...valued, label };
}

const UNITS: readonly Unit[] = ["logprob", "probability", "logit"];

function valueIn({ entries }: Branch): { value: number; unit: Unit } | undefined {
  const named = new Map([...entries].map(([name, child]) => [name.toLowerCase(), child]));
  for (const unit of UNITS)
    for (const name of VALUE_NAMES[unit]) {
      const value = named.get(name);
      if (typeof value === "number") return { value, unit };
      // this service writes −Infinity as null, others write it as a text
      if (value === null || value === "-inf" || value === "-Infinity")
        return { value: Number.NEGATIVE_INFINITY, unit };
    }
  return undefined;
}

function labelOf(tree: Tree): string | undefined {
  if (typeof tree === "string") return tree;
  if (!isBranch(tree)) return undefined;
  const named = new Map([...tree.entries].map(([name, child]) => [name.toLowerCase(), child]));
  for (const name of LABEL_NAMES) {
    const label = named.get(name);
    if (typeof label === "string" || typeof label === "number") return String(label);
  }
  return undefined;
}

function hasEmptyList(tree: Tree): boolean {
  return childrenOf(tree).some(
    ([name, child]) =>
      (LISTS.includes(name) && (child === null || (Array.isArray(child) && child.length === 0))) ||
      hasEmptyList(child),
  );
}
