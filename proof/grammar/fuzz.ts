/**
 * Mutated grammars. Each is compiled or refused with a Problem, within bounded time and in pieces of bounded length.
 * The masks of compiled grammars must equal the oracle's: for regular expressions and GBNF a plain reference, for JSON
 * schemas ajv, which judges values and completed texts.
 */
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { createVocabulary, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";
import { completion } from "../../test/reference/grammar/completion.ts";
import { takesValue } from "../../test/reference/grammar/orders.ts";
import { validityOf } from "../../test/reference/grammar/validity.ts";
import { Reference, TooManyWays } from "../../test/reference/grammar/ways.ts";
import { instanceOf, withFault } from "./instances.ts";
import { type Mutated, mutated } from "./mutations.ts";
import { idsOf } from "./walk.ts";

export interface FuzzTally {
  cases: number;
  compiled: number;
  refused: Record<string, number>;
  /** cases that the oracle cannot read, or only beyond its limits */
  unread: Record<string, number>;
  masks: number;
  tokens: number;
  /** values on which ajv and the grammar agree, and completed texts that are valid */
  values: number;
  completed: number;
  /** pieces that took longer than others should wait, and the longest, in milliseconds of the processor */
  long_pieces: number;
  piece_ms_max: number;
  total_ms_max: number;
  wrong: string[];
}

const TOTAL_MS_MAX = 10_000;
const PIECE_MS_MAX = 10;

export function fuzz({
  count,
  seed,
  only,
}: {
  readonly count: number;
  readonly seed: number;
  readonly only?: number;
}): FuzzTally {
  const tally: FuzzTally = {
    cases: 0,
    compiled: 0,
    refused: {},
    unread: {},
    masks: 0,
    tokens: 0,
    values: 0,
    completed: 0,
    long_pieces: 0,
    piece_ms_max: 0,
    total_ms_max: 0,
    wrong: [],
  };
  const vocabulary = smallVocabulary();
  const cases = only === undefined ? Array.from({ length: count }, (_, i) => i) : [only];
  for (const index of cases) {
    const random = seeded(seed, index);
    new Case(index, mutated(random), random, vocabulary, tally).run();
  }
  return tally;
}

class Case {
  readonly #index: number;
  readonly #mutated: Mutated;
  readonly #random: Seeded;
  readonly #vocabulary: Vocabulary;
  readonly #tally: FuzzTally;

  constructor(index: number, own: Mutated, random: Seeded, vocabulary: Vocabulary, tally: FuzzTally) {
    this.#index = index;
    this.#mutated = own;
    this.#random = random;
    this.#vocabulary = vocabulary;
    this.#tally = tally;
  }

  run(): void {
    const tally = this.#tally;
    tally.cases++;
    const began = process.cpuUsage();
    try {
      const grammar = this.#compiled();
      tally.compiled++;
      if (this.#mutated.kind === "json_schema") this.#againstAjv(grammar, this.#mutated.value);
      else this.#againstReference(grammar, new Reference(this.#mutated.kind, this.#mutated.value));
    } catch (error) {
      if (error instanceof Problem) this.#refused(error);
      else if (error instanceof TooManyWays) count(tally.unread, "too many ways to read a text");
      else this.#wrong(error instanceof Error ? String(error.stack) : String(error));
    }
    const ms = process.cpuUsage(began).user / 1000;
    tally.total_ms_max = Math.max(tally.total_ms_max, ms);
    if (ms > TOTAL_MS_MAX) this.#wrong(`took ${Math.round(ms)} ms`);
  }

  /** An expression that is refused here must also be invalid for the runtime's own RegExp. */
  #refused({ code, message }: Problem): void {
    count(this.#tally.refused, code);
    const { kind, value } = this.#mutated;
    if (kind !== "regex" || code !== "grammar_invalid" || /admits no text/.test(message)) return;
    if (runtimeRegex(value) !== undefined) this.#wrong(message);
  }

  #wrong(what: string): void {
    const { kind, value } = this.#mutated;
    this.#tally.wrong.push(`case ${this.#index}: ${kind} ${JSON.stringify(value)}: ${what}`);
  }

  #compiled(): Grammar {
    const limits = { ...DEFAULT_GRAMMAR_LIMITS, nodes_max: 200_000, transitions_max: 2_000_000 };
    const source = { ...this.#mutated, whitespace: "compact", property_order: "schema" } as const;
    return timed(compileGrammar(source, limits), this.#tally);
  }

  #againstReference(grammar: Grammar, reference: Reference): void {
    let place = reference.start;
    const runtime = this.#mutated.kind === "regex" ? runtimeRegex(this.#mutated.value) : undefined;
    this.#walk(grammar, (state, before, allowed) => {
      const is_whole = reference.isWhole(place);
      if (is_whole !== grammar.automaton.nullable(state))
        this.#wrong(`${is_whole ? "does not end" : "ends"} behind ${shown(before)}`);
      if (place.pending.length === 0 && runtime !== undefined && runtime.test(before.toString()) !== is_whole)
        this.#wrong(`RegExp ${is_whole ? "does not match" : "matches"} ${shown(before)}`);
      for (const [id, bytes] of TOKENS.entries()) {
        this.#tally.tokens++;
        const begins = reference.behind(place, bytes) !== undefined;
        if (begins !== allowed.has(id)) this.#wrong(tokenAt(id, before, allowed));
      }
      return (id) => {
        place = reference.behind(place, TOKENS[id]!) ?? place;
      };
    });
  }

  /**
   * A complete text of the grammar is valid for ajv, for values near the schema; each allowed token has a continuation
   * that ajv finds valid; and each other token begins none, since no sequence of bytes leads on.
   */
  #againstAjv(grammar: Grammar, schema: unknown): void {
    let isValid: (value: unknown) => boolean;
    try {
      isValid = validityOf(schema);
    } catch {
      count(this.#tally.unread, "ajv takes no such schema");
      return;
    }
    for (let i = 0; i < VALUES_A_SCHEMA; i++) {
      const instance = instanceOf(this.#random, schema);
      const value = i % 2 === 0 ? instance : withFault(this.#random, instance);
      this.#tally.values++;
      if (takesValue(grammar, value) !== isValid(value))
        this.#wrong(`${isValid(value) ? "stops" : "takes"} ${JSON.stringify(value)}`);
    }
    this.#walk(grammar, (state, before, allowed) => {
      for (const [id, bytes] of TOKENS.entries()) {
        this.#tally.tokens++;
        if ((grammar.advance(state, bytes) !== NEVER) !== allowed.has(id))
          this.#wrong(tokenAt(id, before, allowed));
      }
      return (id, next) => this.#complete(grammar, next, Buffer.concat([before, TOKENS[id]!]), isValid);
    });
  }

  #complete(grammar: Grammar, state: number, before: Buffer, isValid: (value: unknown) => boolean): void {
    const rest = completion(grammar, state);
    if (rest === undefined) {
      count(this.#tally.unread, "no completion was found");
      return;
    }
    const text = Buffer.concat([before, rest]).toString();
    // A double has no more digits, so ajv would judge another number.
    if (/\d{16}|\d\.\d{12}/.test(text)) return;
    this.#tally.completed++;
    if (!isText(text, isValid)) this.#wrong(`completes ${shown(before)} to ${JSON.stringify(text)}`);
  }

  /** Some tokens of a text, each drawn from its mask; `look` is called at each place with the token that follows. */
  #walk(
    grammar: Grammar,
    look: (
      state: number,
      before: Buffer,
      allowed: ReadonlySet<number>,
    ) => (token_id: number, next: number) => void,
  ): void {
    const matcher = new Matcher(grammar, this.#vocabulary, { after: undefined, end_ids: [] });
    let state = grammar.start;
    let before = Buffer.alloc(0);
    for (let step = 0; step < STEPS; step++) {
      const ids = idsOf(timed(matcher.masks.make(state), this.#tally));
      this.#tally.masks++;
      const follow = look(state, before, new Set(ids));
      if (ids.length === 0) return;
      const id = this.#random.pick(ids);
      state = matcher.advance(state, id);
      follow(id, state);
      before = Buffer.concat([before, TOKENS[id]!]);
    }
  }
}

const STEPS = 6;
const VALUES_A_SCHEMA = 24;

/** undefined: the expression is invalid, or has syntax that RegExp does not support. */
function runtimeRegex(source: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${new RegExp(source, "u").source})$`, "u");
  } catch {
    return undefined;
  }
}

function tokenAt(id: number, before: Buffer, allowed: ReadonlySet<number>): string {
  return `${shown(TOKENS[id]!)} is ${allowed.has(id) ? "allowed" : "not allowed"} behind ${shown(before)}`;
}

function timed<T>(pieces: Generator<undefined, T>, tally: FuzzTally): T {
  for (;;) {
    const began = process.cpuUsage();
    const next = pieces.next();
    const ms = process.cpuUsage(began).user / 1000;
    tally.piece_ms_max = Math.max(tally.piece_ms_max, ms);
    if (ms > PIECE_MS_MAX) tally.long_pieces++;
    if (next.done === true) return next.value;
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function isText(text: string, isValid: (value: unknown) => boolean): boolean {
  try {
    return isValid(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Byte by byte, because the texts need not be whole characters. */
function shown(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  return JSON.stringify(text.includes("\ufffd") ? Buffer.from(bytes).toString("latin1") : text);
}

/** A few hundred tokens of the letters that the grammars are made of, and halves of characters. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 (){}[]:,+!"\\\n-é€😀|*?.^$';
const PAIRED = "abcdxyzfor01(){}:,+";
const WORDS = [
  "foo",
  "bar",
  "baz",
  "root",
  "::=",
  "aaa",
  "xyz",
  "12",
  "123",
  "été",
  '"a',
  '":',
  '",',
  "null",
  "tru",
];
const HALVES = [
  [0xc3],
  [0xa9],
  [0x61, 0xc3],
  [0xe2],
  [0xe2, 0x82],
  [0xac, 0x21],
  [0xf0, 0x9f],
  [0x98, 0x80],
  [0xff],
];
const TOKENS: readonly Uint8Array[] = [
  ...LETTERS,
  ...Array.from(PAIRED).flatMap((a) => Array.from(PAIRED, (b) => a + b)),
  ...WORDS,
]
  .map((text): Uint8Array => Buffer.from(text))
  .concat(HALVES.map((bytes) => Uint8Array.from(bytes)));

function smallVocabulary(): Vocabulary {
  return createVocabulary("fuzz", { tokens: TOKENS, special: new Map(), end_ids: [] });
}
