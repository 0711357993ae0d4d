/**
 * Compares our masks with those of another engine, bit for bit, at every place of seeded texts. A known reason must
 * explain each differing token; any other difference fails.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { bytesOf, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";
import { randomLark } from "./lark.ts";
import { randomSchema, recursiveSchema } from "./schemas.ts";
import { idsOf, latin, walk } from "./walk.ts";

interface Case {
  readonly kind: string;
  readonly value: unknown;
  readonly token_ids: readonly number[];
}

interface Answer {
  readonly refused?: string;
  readonly masks?: readonly string[];
  readonly ends?: readonly boolean[];
}

/** Masks on which both engines agree, stored as hashes, so that tests need no other engine. */
export interface AgreedMasks {
  readonly value: unknown;
  readonly token_ids: readonly number[];
  /** one hash for each position, in order; null where the engines differ for a known reason */
  readonly hashes: readonly (number | null)[];
}

export interface OracleTally {
  schemas: number;
  refused_there: number;
  places: number;
  equal: number;
  explained: Record<string, number>;
  wrong: string[];
  agreed: AgreedMasks[];
}

const TOKENS_MAX = 40;

/** Seeded grammars of each kind that engines are asked about. */
const VALUES = {
  json_schema: (random: () => number): unknown =>
    random() < 0.1 ? recursiveSchema(random) : randomSchema(random),
  lark: randomLark,
};
type OracleKind = keyof typeof VALUES;

/** The other engines, each run by its own script. */
export type Engine = "llguidance" | "xgrammar";

export async function against(
  python: string,
  name: Engine,
  vocabulary: Vocabulary,
  {
    count,
    seed,
    kind = "json_schema",
  }: { readonly count: number; readonly seed: number; readonly kind?: OracleKind },
): Promise<OracleTally> {
  const tally: OracleTally = {
    schemas: 0,
    refused_there: 0,
    places: 0,
    equal: 0,
    explained: {},
    wrong: [],
    agreed: [],
  };
  const engine = startEngine(python, name, vocabulary);
  try {
    for (let i = 0; tally.schemas < count && i < 4 * count; i++) {
      const random = seeded(seed, i).unit;
      const value = VALUES[kind](random);
      const source = { kind, value, whitespace: "compact", property_order: "schema" } as const;
      let grammar: Grammar;
      try {
        grammar = compiled(source);
      } catch (error) {
        if (error instanceof Problem) continue;
        throw error;
      }
      const { token_ids } = walk(grammar, vocabulary, random, TOKENS_MAX, 15);
      const answer = await engine.ask({ kind, value, token_ids });
      compare(name, grammar, vocabulary, { kind, value, token_ids }, answer, tally);
    }
  } finally {
    engine.end();
  }
  return tally;
}

function compare(
  engine: Engine,
  grammar: Grammar,
  vocabulary: Vocabulary,
  asked: Case,
  answer: Answer,
  tally: OracleTally,
): void {
  const { masks, ends, refused } = answer;
  if (masks === undefined || ends === undefined) {
    tally.refused_there++;
    if (process.env["SHOW_REFUSED"]) tally.wrong.push(`${refused} ${JSON.stringify(asked.value)}`);
    return;
  }
  tally.schemas++;
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  let state = grammar.start;
  const hashes: (number | null)[] = [];
  for (const [i, theirs] of masks.entries()) {
    tally.places++;
    const ours = matcher.masks.of(state);
    const words = new Uint32Array(Uint8Array.from(Buffer.from(theirs, "base64")).buffer);
    const differing = differences(ours, words);
    hashes.push(differing.length === 0 ? hashOf(words) : null);
    if (differing.length === 0 && ends[i] === grammar.automaton.nullable(state)) tally.equal++;
    else
      judge(
        engine,
        vocabulary,
        asked,
        i,
        differing,
        ours,
        tally,
        ends[i] !== grammar.automaton.nullable(state),
      );
    const token_id = asked.token_ids[i];
    if (token_id !== undefined) state = matcher.advance(state, token_id);
  }
  tally.agreed.push({ value: asked.value, token_ids: asked.token_ids, hashes });
}

/** FNV-1a over the words of a mask. */
export function hashOf(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (const word of words)
    for (let shift = 0; shift < 32; shift += 8)
      hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x01000193);
  return hash >>> 0;
}

function differences(ours: Uint32Array, theirs: Uint32Array): number[] {
  return idsOf(ours.map((word, i) => word ^ (theirs[i] ?? 0)));
}

interface Difference {
  readonly token: string;
  /** the text before it */
  readonly before: string;
  readonly schema: string;
}

interface Reason {
  readonly name: string;
  holds(difference: Difference): boolean;
}

const HOST_FORMAT = /"(?:hostname|email)"/;
const OPEN_FRACTION = /\d\.\d*$/;

/** Known reasons for a different token, for any other engine. */
const OURS: readonly Reason[] = [
  {
    name: "a second 60: here at 23:59 in UTC only, as leap seconds are",
    holds: ({ token, before }) => /\d\d:\d\d:6?$/.test(before) && /^60?/.test(token),
  },
  {
    name: "labels of host names with hyphens in their third and fourth places are not generated here",
    holds: ({ token, schema }) => HOST_FORMAT.test(schema) && /-/.test(token),
  },
  {
    name: "half a pair of surrogates: no UTF-8 text can hold it, and it is not generated here",
    holds: ({ token, before }) => /\\u?[dD]?$/.test(before) && /^u?[dD]?[c-fC-F]/.test(token),
  },
  {
    name: "-0 within bounds: here it is written 0",
    holds: ({ token, before }) => /(?:^|[^0-9.eE])-$/.test(before) && token.startsWith("0"),
  },
];

const REASONS: Readonly<Record<Engine, readonly Reason[]>> = {
  llguidance: [
    ...OURS,
    {
      name: "DEL in a string: JSON allows it as it is, llguidance does not",
      holds: ({ token }) => token.includes("\x7f"),
    },
    {
      name: "quoted local parts of mailboxes: taken here, not by llguidance",
      holds: ({ token, before, schema }) =>
        schema.includes('"email"') && before.endsWith('"') && token.startsWith("\\"),
    },
    {
      name: "escapes that JSON knows and JSON.stringify does not write: all are taken here",
      holds: ({ token, before }) =>
        /(?:^|[^\\])(?:\\\\)*\\u?[0-9a-fA-F]{0,3}$/.test(before) && /^[/u0-9a-fA-F]/.test(token),
    },
    {
      name: "zeros at the end of a bounded number: taken here, not by llguidance",
      holds: ({ token, before }) => OPEN_FRACTION.test(before) && /^\d*0+/.test(token),
    },
  ],
  xgrammar: [
    ...OURS,
    {
      name: "strings of bounded length, or with a pattern: XGrammar takes control characters and half characters as they are, and no escapes",
      holds: ({ token, schema }) =>
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what differs
        /"(?:minLength|maxLength|pattern|format)"/.test(schema) && /[\x00-\x1f\\]/.test(token),
    },
    {
      name: "formats: XGrammar has rules of its own for host names, mailboxes, durations and lower-case t and z",
      holds: ({ schema, token }) =>
        HOST_FORMAT.test(schema) ||
        (/"(?:date-time|time|duration|ipv4|uuid|date)"/.test(schema) && /^[a-zA-Z0-9:.+\-"]/.test(token)),
    },
    {
      name: "bounded numbers: XGrammar has its own rule of how many digits stand behind the point",
      holds: ({ token, before, schema }) =>
        /"(?:minimum|maximum)"/.test(schema) &&
        (OPEN_FRACTION.test(before) || token.includes(".") || /^\d/.test(token)),
    },
  ],
};

function judge(
  engine: Engine,
  vocabulary: Vocabulary,
  asked: Case,
  place: number,
  differing: readonly number[],
  ours: Uint32Array,
  tally: OracleTally,
  end_differs: boolean,
): void {
  const before = Buffer.concat(
    asked.token_ids.slice(0, place).map((id) => bytesOf(vocabulary, id)),
  ).toString();
  const left = differing.filter((id) => {
    const difference = { token: latin(bytesOf(vocabulary, id)), before, schema: JSON.stringify(asked.value) };
    const reason = REASONS[engine].find(({ holds }) => holds(difference));
    if (reason === undefined) return true;
    tally.explained[reason.name] = (tally.explained[reason.name] ?? 0) + 1;
    return false;
  });
  if (left.length === 0 && !end_differs) return;
  const shown = left.slice(0, 8).map((id) => {
    const has = ((ours[id >>> 5]! >>> (id & 31)) & 1) === 1 ? "+" : "-";
    return has + JSON.stringify(Buffer.from(bytesOf(vocabulary, id)).toString());
  });
  tally.wrong.push(
    `${JSON.stringify(asked.value)} behind ${JSON.stringify(before)}: ${left.length} tokens ${shown.join(" ")}${end_differs ? " and the end" : ""}`,
  );
}

interface Asked {
  ask(asked: Case): Promise<Answer>;
  end(): void;
}

function startEngine(python: string, name: Engine, vocabulary: Vocabulary): Asked {
  const script = fileURLToPath(new URL(`./python/${name}_masks.py`, import.meta.url));
  const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const tokens = Array.from({ length: vocabulary.size }, (_, id) => {
    const bytes = bytesOf(vocabulary, id);
    return bytes.length === 0 ? null : Buffer.from(bytes).toString("base64");
  });
  child.stdin.write(`${JSON.stringify({ tokens, end_id: vocabulary.end_ids[0] })}\n`);
  return {
    async ask(asked) {
      child.stdin.write(`${JSON.stringify(asked)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the other engine has ended");
      return JSON.parse(value as string) as Answer; // the script writes nothing else
    },
    end: () => void child.stdin.end(),
  };
}
