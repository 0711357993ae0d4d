/**
 * grammar: keeps the tokens that continue the text as a JSON schema, a regular expression or another grammar requires.
 */
import * as z from "zod";
import { Problem } from "../../errors.ts";
import { bounded } from "../../grammar/bounded.ts";
import { canonicalBehind } from "../../grammar/canonical.ts";
import { OUT_OF_REACH } from "../../grammar/completion.ts";
import type { Matcher, MatcherOptions } from "../../grammar/matcher.ts";
import { EMPTY } from "../../grammar/nodes.ts";
import { sentenceOf } from "../../grammar/notes.ts";
import type { GrammarSource } from "../../grammar/source.ts";
import { withTokens } from "../../grammar/special-tokens.ts";
import { isWaiting } from "../../grammar/waiting.ts";
import { wholeCharacters } from "../../vocabulary/text.ts";
import type { Vocabulary } from "../../vocabulary/vocabulary.ts";
import { allowedAlone, countAllowed } from "../candidates/mask.ts";
import { requireVocabulary, type StepText } from "../history/step-text.ts";
import { idsOf, inAnyRow, type TokenName } from "../history/token-names.ts";
import { type GrammarOptions, grammarField } from "../options/grammar-field.ts";
import type { Stage, Told } from "../stage.ts";

/** Maximum number of forced tokens in a report. */
const FORCED_MAX = 16;
/** Maximum number of bytes of forced text in a report. */
const FORCED_BYTES_MAX = 1024;

/** Name of the value in a step's context and in the reply. */
const LOGMASS = "grammar_logmass";

const options = z.strictObject({
  stage: z.literal("grammar"),
  grammar: grammarField().describe(
    'The grammar of the generated text: {"json_schema": {…}}, or regex, choice, gbnf, tools, json; see docs/structured.md. Needs a vocabulary.',
  ),
});

export const grammar: Stage<z.infer<typeof options>> = {
  name: "grammar",
  summary:
    "Keeps the tokens that continue the generated text as a grammar requires, and end tokens where the text is complete. Runs first in every preset.",
  formula: "keep i ⇔ the generated text and the bytes of i begin a text of the grammar; an end ⇔ it is one",
  source: {
    title: "Willard & Louf, Efficient Guided Generation for Large Language Models, 2023",
    url: "https://arxiv.org/abs/2307.09702",
  },
  options,
  example: { grammar: { regex: "( [a-z]+){4,9}\\." } },
  keepsArgmax: false,
  comesFirst: true,
  readsText: true,
  isNeutral: ({ grammar }) => grammar.is_free,
  isPrepared({ grammar }, text) {
    return within(() => {
      const matcher = ready(grammar, text);
      if (matcher?.isReady(text.history, text.prompt_length) !== true) return false;
      if (grammar.complete_within === undefined) return true;
      const state = matcher.stateBehind(text.history, text.prompt_length);
      return isWaiting(state) || matcher.budget.has(state);
    });
  },
  *prepare({ grammar }, text) {
    yield* withinPieces(prepared(grammar, text));
  },
  apply(candidates, { grammar }, context) {
    const { vocab_size } = context;
    const { matcher, state } = placeOf(grammar, context);
    const before = candidates.is_whole ? candidates.logSumExp() : undefined;
    if (isWaiting(state)) {
      for (const id of matcher.bannedIn(state))
        if (id < vocab_size) candidates.setScore(id, Number.NEGATIVE_INFINITY);
    } else {
      const left = leftOf(grammar, context);
      const mask = within(() => matcher.maskOf(state, left));
      if (countAllowed(mask, vocab_size) === 0)
        throw (left !== undefined && outOfReach(matcher, state, left)) || unspellable(matcher, state);
      candidates.keepMask(mask);
    }
    if (before !== undefined) context.found.set(LOGMASS, Math.min(candidates.logSumExp() - before, 0));
  },
  tells({ grammar }, context, token_id) {
    const { matcher, state } = placeOf(grammar, context);
    const { history, prompt_length, vocabulary, grammars, vocab_size } = context;
    const { notes } = matcher.grammar;
    const logmass = context.found.get(LOGMASS);
    const also: Told = {
      ...(logmass !== undefined && { grammar_logmass: logmass }),
      ...(history.length === prompt_length && notes.length > 0 && { warnings: notes.map(sentenceOf) }),
    };
    const brief = within(() =>
      matcher.briefly(() => briefAccount(matcher, state, grammar.forced !== false, token_id)),
    );
    if (brief !== undefined) return { ...brief, ...also };
    const text = { history: [...history, token_id], prompt_length, vocabulary, grammars };
    return withinPieces(accountOf(grammar, text, vocab_size, also));
  },
};

function ready(grammar: GrammarOptions, text: StepText): Matcher | undefined {
  const vocabulary = requireVocabulary(text, "grammar");
  if (grammar.forced === "canonical") requireTokenizer(vocabulary);
  const { source, options } = matcherOptions(grammar, vocabulary);
  return text.grammars.ready(source, vocabulary, options);
}

function requireTokenizer({ name, tokenizer }: Vocabulary): void {
  if (typeof tokenizer === "string")
    throw new Problem(
      "grammar_unsupported",
      `forced: "canonical" needs the tokenizer of vocabulary "${name}": ${tokenizer}`,
      "/grammar/forced",
    );
}

/** Matchers by the options of a step, so that each is made once. */
const MATCHER_OPTIONS = new WeakMap<
  GrammarOptions,
  { readonly vocabulary: Vocabulary; readonly source: GrammarSource; readonly options: MatcherOptions }
>();

/** The source with its special tokens, and the `after` and end tokens, as ids. */
export function matcherOptions(grammar: GrammarOptions, vocabulary: Vocabulary) {
  const known = MATCHER_OPTIONS.get(grammar);
  if (known?.vocabulary === vocabulary) return known;
  const { after, end_ids } = grammar;
  const ids = (names: readonly TokenName[], pointer: string) =>
    idsOf(names, inAnyRow({ vocabulary }), pointer);
  const options = {
    after:
      after !== undefined && "token_ids" in after
        ? { token_ids: ids(after.token_ids, "/grammar/after/token_ids") }
        : after,
    end_ids: end_ids && ids(end_ids, "/grammar/end_ids"),
  };
  const made = { vocabulary, source: withTokens(grammar.source, vocabulary), options };
  MATCHER_OPTIONS.set(grammar, made);
  return made;
}

/** Works on the compiled grammar, with the state after the history. */
function worked<Result>(
  grammar: GrammarOptions,
  text: StepText,
  work: (matcher: Matcher, state: number) => Generator<undefined, Result>,
): Generator<undefined, Result> {
  const vocabulary = requireVocabulary(text, "grammar");
  const { source, options } = matcherOptions(grammar, vocabulary);
  return text.grammars.work(source, vocabulary, options, function* (matcher) {
    const state = yield* matcher.follow(text.history, text.prompt_length);
    return yield* work(matcher, state);
  });
}

/** Prepares everything that the step needs. */
function prepared(grammar: GrammarOptions, text: StepText): Generator<undefined, void> {
  return worked(grammar, text, function* (matcher, state) {
    yield* matcher.make(state);
    if (grammar.complete_within !== undefined && !isWaiting(state)) yield* matcher.budget.make(state);
  });
}

/** The report about the last token of the history, together with `also`. */
function accountOf(
  grammar: GrammarOptions,
  text: StepText,
  vocab_size: number,
  also: Told,
): Generator<undefined, Told> {
  return worked(grammar, text, function* (matcher, state) {
    if (state === EMPTY) return { finish_reason: "grammar", ...also };
    const forced =
      grammar.forced === false
        ? NOTHING
        : yield* forcedBehind(matcher, state, vocab_size, text, grammar.forced);
    return { ...forced, ...also };
  });
}

/** The report about a token drawn in this state when no mask must be computed: empty or undefined. */
function briefAccount(matcher: Matcher, state: number, forced: boolean, token_id: number): Told | undefined {
  const next = matcher.advance(state, token_id);
  if (next === EMPTY) return { finish_reason: "grammar" };
  return forced ? undefined : NOTHING;
}

const NOTHING: Told = {};

function placeOf(
  grammar: GrammarOptions,
  text: StepText,
): { readonly matcher: Matcher; readonly state: number } {
  return within(() => {
    const matcher = ready(grammar, text);
    if (matcher === undefined)
      throw new Problem(
        "grammar_too_large",
        "the grammars of one chain must fit together into the bytes that grammars may take (grammar_bytes_max)",
      );
    return { matcher, state: matcher.stateBehind(text.history, text.prompt_length) };
  });
}

/**
 * The tokens that are each the only allowed one, in order, and the text that must follow. `canonical`: before them the tokens by
 * which the vocabulary's tokenizer writes that text.
 */
function* forcedBehind(
  matcher: Matcher,
  state: number,
  vocab_size: number,
  text: StepText,
  mode: true | "canonical",
): Generator<undefined, Told> {
  if (isWaiting(state)) return {};
  const { automaton } = matcher.grammar;
  const bytes = yield* automaton.nodes.effort.again(() => automaton.forcedBytes(state, FORCED_BYTES_MAX));
  const whole = wholeCharacters(bytes) ?? "";
  const written =
    mode === "canonical" ? yield* canonicalBehind(matcher, state, whole, text.history, vocab_size) : [];
  let behind = state;
  for (const token_id of written) behind = yield* matcher.advanced(behind, token_id);
  const forced = [...written, ...(yield* aloneBehind(matcher, behind, vocab_size))];
  return { ...(forced.length > 0 && { forced }), ...(whole !== "" && { forced_text: whole }) };
}

function* aloneBehind(matcher: Matcher, from: number, vocab_size: number): Generator<undefined, number[]> {
  const forced: number[] = [];
  for (let state = from; forced.length < FORCED_MAX && !isWaiting(state); ) {
    yield* matcher.make(state);
    const token_id = allowedAlone(matcher.maskOf(state), vocab_size);
    if (token_id === undefined) break;
    forced.push(token_id);
    state = yield* matcher.advanced(state, token_id);
    if (state === EMPTY) break;
  }
  return forced;
}

/** How many tokens may follow the next one; undefined when there is no bound. */
function leftOf(
  { complete_within }: GrammarOptions,
  { history, prompt_length }: StepText,
): number | undefined {
  return complete_within === undefined ? undefined : complete_within - (history.length - prompt_length) - 1;
}

/**
 * The Problem of a text that this number of tokens cannot complete; undefined when more tokens would not
 * help.
 */
function outOfReach(matcher: Matcher, state: number, left: number): Problem | undefined {
  const needed = matcher.budget.needed(state);
  if (needed <= left + 1 || needed === OUT_OF_REACH) return undefined;
  return new Problem(
    "grammar_out_of_reach",
    `the text must be complete within complete_within tokens: it needs ${needed} more, and ${Math.max(left + 1, 0)} are left`,
    "/grammar/complete_within",
  );
}

function unspellable(matcher: Matcher, state: number): Problem {
  const { name } = matcher.vocabulary;
  return state === EMPTY
    ? new Problem(
        "grammar_unspellable",
        `the text is complete, and vocabulary "${name}" has no token that ends one below the row's length: name some as end_ids`,
        "/grammar",
      )
    : new Problem(
        "grammar_unspellable",
        `no token of vocabulary "${name}" below the row's length goes on with the text as the grammar wants it`,
        "/grammar",
      );
}

/** The same for work in pieces. */
function* withinPieces<Result>(pieces: Generator<undefined, Result>): Generator<undefined, Result> {
  for (;;) {
    const next = within(() => pieces.next());
    if (next.done === true) return next.value;
    yield;
  }
}

/** The problems of grammars, with pointers relative to the step; those of the history stay. */
function within<T>(work: () => T): T {
  try {
    return bounded(work);
  } catch (error) {
    const is_own = error instanceof Problem && !/^\/(?:history|grammar|vocabulary)/.test(error.pointer);
    throw is_own ? error.within("/grammar") : error;
  }
}
