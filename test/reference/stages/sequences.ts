/** Stages that look for sequences of tokens in the history, and those that ban by id and position. */
import fc from "fast-check";
import type { ListedBreakers } from "../../../src/sampling/history/sequence-breakers.ts";
import { bias, bitmask, few_ids, flag, ids, sequence, spared, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, type Options, type Rule, type Token, type World } from "../tokens.ts";

const BANNED = Number.NEGATIVE_INFINITY;

const no_repeat_ngram_size: Rule = (tokens, options, { history, prompt_length }) => {
  const n = number(options, "no_repeat_ngram_size");
  if (n === 0) return tokens;
  const text = options["no_repeat_ngram_scope"] === "generated" ? history.slice(prompt_length) : history;
  const window = number(options, "no_repeat_ngram_window");
  const first = window < 0 ? 0 : text.length - window;
  return tokens.filter(({ id }) => {
    if (has(options["no_repeat_ngram_spared_ids"], id)) return true;
    const gram = [...text.slice(text.length - n + 1), id];
    if (n === 1) gram.splice(0, gram.length - 1);
    return !text.some(
      (_, i) =>
        gram.length === n &&
        i >= first &&
        i + n <= text.length &&
        gram.every((each, j) => text[i + j] === each),
    );
  });
};

/** True when the options list a token; its schema makes a set from the list. */
function has(set: unknown, token_id: number): boolean {
  return (set as { has(id: number): boolean } | undefined)?.has(token_id) === true;
}

const bad_words_ids: Rule = (tokens, options, world) => {
  const sequences = options["bad_words_ids"] as readonly (readonly number[])[]; // as its schema checks
  const banning = sequences.filter(
    (each) => each.length > 1 || !has(options["bad_words_spared_ids"], each[0] as number), // no sequence is empty
  );
  return withBiases(
    tokens,
    banning.map((token_ids) => ({ token_ids, bias: BANNED })),
    options,
    world,
  );
};

interface BiasedSequence {
  readonly token_ids: readonly number[];
  readonly bias: number;
}

const sequence_bias: Rule = (tokens, options, world) =>
  withBiases(tokens, options["sequence_bias"] as readonly BiasedSequence[], options, world); // as its schema checks

/** Each sequence that the token would complete adds its bias. */
function withBiases(
  tokens: readonly Token[],
  sequences: readonly BiasedSequence[],
  options: Options,
  { history, prompt_length }: World,
): readonly Token[] {
  const text = options["sequence_scope"] === "generated" ? history.slice(prompt_length) : history;
  const completed = sequences.filter(({ token_ids }) => {
    const needed = options["sequence_min_history"] === "sequence" ? token_ids.length : token_ids.length - 1;
    const end = text.slice(Math.max(0, text.length - (token_ids.length - 1)));
    if (token_ids.length === 1) return true;
    return text.length >= needed && end.join() === token_ids.slice(0, -1).join();
  });
  return rescored(tokens, ({ id, score }) =>
    completed.filter(({ token_ids }) => token_ids.at(-1) === id).reduce((sum, { bias }) => sum + bias, score),
  );
}

const dry: Rule = (tokens, options, world) => {
  const last_n = number(options, "dry_penalty_last_n");
  const multiplier = number(options, "dry_multiplier");
  if (multiplier === 0 || last_n === 0) return tokens;
  const text = last_n < 0 ? world.history : world.history.slice(-last_n);
  const listed = options["dry_sequence_breakers"] as ListedBreakers | undefined; // as its schema makes them
  const breakers: Breakers = listed?.in(WITHOUT_TEXT, "") ?? NO_BREAKERS;
  const behind = breakers.tokensSince(text, 0, text.length);
  const allowed = number(options, "dry_allowed_length");
  const spares = options["dry_breaker_rule"] === "spare";
  return rescored(tokens, ({ id, score }) => {
    // the first token of the text has no token before it
    const run = Math.max(-1, ...text.map((past, i) => (i > 0 && past === id ? commonEnd(text, i) : -1)));
    const length = Math.min(run, behind);
    const is_free = spares ? breakers.has(id) : behind <= allowed;
    if (run < 0 || length < allowed || is_free) return score;
    return score - multiplier * number(options, "dry_base") ** (length - allowed);
  });
};

interface Breakers {
  has(token_id: number): boolean;
  tokensSince(history: readonly number[], first: number, end: number): number;
}

const WITHOUT_TEXT = { vocabulary: undefined };

const NO_BREAKERS: Breakers = { has: () => false, tokensSince: (_, first, end) => end - first };

/** The number of tokens before text[i] that equal those at the end of the text. */
function commonEnd(text: readonly number[], i: number): number {
  let length = 0;
  while (length < i && text[i - 1 - length] === text[text.length - 1 - length]) length++;
  return length;
}

const min_tokens: Rule = (tokens, options, world) => {
  const stops = options["stop_token_ids"] as readonly number[]; // as its schema checks
  const length = options["min_tokens_scope"] === "generated" ? generated(world) : world.history.length;
  return length < number(options, "min_tokens") ? tokens.filter(({ id }) => !stops.includes(id)) : tokens;
};

const exponential_decay_length_penalty: Rule = (tokens, options, world) => {
  const [start, factor] = options["exponential_decay_length_penalty"] as readonly [number, number]; // as above
  const stops = options["stop_token_ids"] as readonly number[];
  const past = generated(world) - start;
  if (past <= 0) return tokens;
  return rescored(tokens, ({ id, score }) =>
    stops.includes(id) ? score + Math.abs(score) * (factor ** past - 1) : score,
  );
};

const allowed_token_ids: Rule = (tokens, options) => {
  const allowed = options["allowed_token_ids"] as readonly number[]; // as its schema checks
  return tokens.filter(({ id }) => allowed.includes(id));
};

const token_bitmask: Rule = (tokens, options) => {
  const words = options["token_bitmask"] as Uint32Array; // as its schema decodes it
  return tokens.filter(({ id }) => Math.floor((words[Math.floor(id / 32)] ?? 0) / 2 ** (id % 32)) % 2 === 1);
};

const forced_token_ids: Rule = (tokens, options, world) => {
  const forced = (options["forced_token_ids"] as ReadonlyMap<number, number>).get(generated(world)); // as above
  if (forced === undefined) return tokens;
  if (options["forced_over_bans"] === true) return [{ id: forced, score: 0 }];
  return tokens.filter(({ id }) => id === forced);
};

function generated({ history, prompt_length }: World): number {
  return history.length - prompt_length;
}

function rescored(tokens: readonly Token[], change: (token: Token) => number): readonly Token[] {
  return tokens
    .map((token) => ({ id: token.id, score: change(token) }))
    .filter(({ score }) => score !== BANNED);
}

/** The rules with random options, in the ranges in which people use them and somewhat beyond. */
export const stages: Reference = {
  no_repeat_ngram_size: {
    rule: no_repeat_ngram_size,
    options: {
      no_repeat_ngram_size: fc.integer({ min: 0, max: 5 }),
      no_repeat_ngram_window: fc.oneof(fc.constant(-1), fc.integer({ min: -1, max: 31 })),
      no_repeat_ngram_scope: fc.constantFrom("history", "generated"),
      no_repeat_ngram_spared_ids: spared,
    },
  },
  bad_words_ids: {
    rule: bad_words_ids,
    options: {
      bad_words_ids: fc.array(few_ids, { maxLength: 3 }),
      bad_words_spared_ids: spared,
      ...sequence,
    },
  },
  sequence_bias: {
    rule: sequence_bias,
    options: {
      sequence_bias: fc.array(fc.record({ token_ids: few_ids, bias }), { maxLength: 4 }),
      ...sequence,
    },
  },
  dry: {
    rule: dry,
    options: {
      dry_multiplier: stepsOf(0, 2),
      dry_base: stepsOf(1, 2),
      dry_allowed_length: fc.integer({ min: 0, max: 4 }),
      dry_penalty_last_n: fc.integer({ min: -1, max: 25 }),
      dry_sequence_breakers: fc.array(few_ids, { maxLength: 2 }),
      dry_breaker_rule: fc.constantFrom("spare", "cut"),
    },
  },
  min_tokens: {
    rule: min_tokens,
    options: {
      min_tokens: fc.integer({ min: 0, max: 30 }),
      stop_token_ids: few_ids,
      min_tokens_scope: fc.constantFrom("history", "generated"),
    },
  },
  exponential_decay_length_penalty: {
    rule: exponential_decay_length_penalty,
    options: {
      exponential_decay_length_penalty: fc.tuple(fc.integer({ min: 0, max: 12 }), stepsOf(0.95, 1.1)),
      stop_token_ids: fc.uniqueArray(ids, { minLength: 1, maxLength: 3 }),
    },
  },
  allowed_token_ids: {
    rule: allowed_token_ids,
    options: { allowed_token_ids: fc.subarray([0, 1, 2, 3], { minLength: 1 }) },
  },
  token_bitmask: { rule: token_bitmask, options: { token_bitmask: bitmask } },
  forced_token_ids: {
    rule: forced_token_ids,
    options: {
      forced_token_ids: fc.dictionary(fc.integer({ min: 0, max: 8 }).map(String), ids),
      forced_over_bans: flag,
    },
  },
};
