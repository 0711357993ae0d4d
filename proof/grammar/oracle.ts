/**
 * Our masks against those of another engine, bit for bit, at every place of seeded texts. Where they differ, one of a
 * few known reasons must explain each token; any other difference fails.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Problem } from "../../src/errors.ts";
import { compiled, type Grammar } from "../../src/grammar/grammar.ts";
import { Matcher } from "../../src/grammar/matcher.ts";
import { bytesOf, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";
import { seeded } from "../../evidence/seeded.ts";
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

export interface OracleTally {
  schemas: number;
  refused_there: number;
  places: number;
  equal: number;
  explained: Record<string, number>;
  wrong: string[];
}

const TOKENS_MAX = 40;

export async function against(
  python: string,
  vocabulary: Vocabulary,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<OracleTally> {
  const tally: OracleTally = { schemas: 0, refused_there: 0, places: 0, equal: 0, explained: {}, wrong: [] };
  const engine = startEngine(python, vocabulary);
  try {
    for (let i = 0; tally.schemas < count && i < 4 * count; i++) {
      const random = seeded(seed, i).unit;
      const value = random() < 0.1 ? recursiveSchema(random) : randomSchema(random);
      const source = { kind: "json_schema", value, whitespace: "compact", property_order: "schema" } as const;
      let grammar: Grammar;
      try {
        grammar = compiled(source);
      } catch (error) {
        if (error instanceof Problem) continue;
        throw error;
      }
      const { token_ids } = walk(grammar, vocabulary, random, TOKENS_MAX, 15);
      const answer = await engine.ask({ kind: "json_schema", value, token_ids });
      compare(grammar, vocabulary, { kind: "json_schema", value, token_ids }, answer, tally);
    }
  } finally {
    engine.end();
  }
  return tally;
}

function compare(grammar: Grammar, vocabulary: Vocabulary, asked: Case, answer: Answer, tally: OracleTally): void {
  const { masks, ends, refused } = answer;
  if (masks === undefined || ends === undefined) {
    tally.refused_there++;
    if (process.env["SHOW_REFUSED"]) tally.wrong.push(`${refused} ${JSON.stringify(asked.value)}`);
    return;
  }
  tally.schemas++;
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  let state = grammar.start;
  for (const [i, theirs] of masks.entries()) {
    tally.places++;
    const ours = matcher.masks.of(state);
    const words = new Uint32Array(Uint8Array.from(Buffer.from(theirs, "base64")).buffer);
    const differing = differences(ours, words);
    if (differing.length === 0 && ends[i] === grammar.automaton.nullable(state)) tally.equal++;
    else judge(vocabulary, asked, i, differing, ours, tally, ends[i] !== grammar.automaton.nullable(state));
    const token_id = asked.token_ids[i];
    if (token_id !== undefined) state = matcher.advance(state, token_id);
  }
}

function differences(ours: Uint32Array, theirs: Uint32Array): number[] {
  return idsOf(ours.map((word, i) => word ^ (theirs[i] ?? 0)));
}

/** Reasons why the two may differ about a token, each with what it is about. */
const REASONS: readonly { readonly name: string; holds(bytes: Uint8Array, before: string): boolean }[] = [
  {
    name: "a second 60: here at 23:59 in UTC only, as leap seconds are",
    holds: (bytes, before) => /\d\d:\d\d:6?$/.test(before) && /^60?/.test(latin(bytes)),
  },
  {
    name: "DEL in a string: JSON allows it as it is, llguidance does not",
    holds: (bytes) => bytes.includes(0x7f),
  },
];

function judge(
  vocabulary: Vocabulary,
  asked: Case,
  place: number,
  differing: readonly number[],
  ours: Uint32Array,
  tally: OracleTally,
  end_differs: boolean,
): void {
  const before = Buffer.concat(asked.token_ids.slice(0, place).map((id) => bytesOf(vocabulary, id))).toString();
  const left = differing.filter((id) => {
    const reason = REASONS.find(({ holds }) => holds(bytesOf(vocabulary, id), before));
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

interface Engine {
  ask(asked: Case): Promise<Answer>;
  end(): void;
}

function startEngine(python: string, vocabulary: Vocabulary): Engine {
  const script = fileURLToPath(new URL("./python/llguidance_masks.py", import.meta.url));
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
