/**
 * Nothing is weakened in silence. Each schema of JSONSchemaBench is compiled with `unsupported: "weaken"`. The rules that
 * its notes name are removed from the schema, until the rest needs no note. Each invalid text that the weakened
 * grammar takes must be valid by that rest, as the package jsonschema judges, which reads schemas itself.
 *
 * The texts are the instances of the corpus, and seeded values near them.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { seeded } from "../../evidence/seeded.ts";
import { Problem } from "../../src/errors.ts";
import { Effort } from "../../src/grammar/effort.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar } from "../../src/grammar/grammar.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { GrammarNotes, type Kept } from "../../src/grammar/notes.ts";
import { isRecord } from "../../src/is-record.ts";
import { keepOrder } from "../../src/ordered-names.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { withFault } from "./instances.ts";
import { readWritten, written } from "./written.ts";

export interface NotesTally {
  schemas: number;
  /** schemas with rules that the masks do not enforce, and the number of these rules */
  weakened: number;
  rules: number;
  /** texts that grammars take; of weakened schemas; of these, invalid by the schema as it was sent */
  taken: number;
  taken_weakened: number;
  invalid: number;
  /** schemas that jsonschema cannot read */
  unread: number;
  wrong: string[];
}

const SCRIPT = fileURLToPath(new URL("python/validity.py", import.meta.url));
const UTF8 = new TextEncoder();
const FAULTS = 12;
const ROUNDS_MAX = 200;

interface File {
  readonly schema: unknown;
  readonly tests?: readonly { readonly data: unknown }[];
}

export async function againstNotes(
  python: string,
  folder: string,
  { every, seed }: { readonly every: number; readonly seed: number },
): Promise<NotesTally> {
  const tally: NotesTally = {
    schemas: 0,
    weakened: 0,
    rules: 0,
    taken: 0,
    taken_weakened: 0,
    invalid: 0,
    unread: 0,
    wrong: [],
  };
  const judge = startJudge(python);
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  for (const [i, file] of files.sort().entries()) {
    if (i % every !== 0) continue;
    const text = readFileSync(join(folder, file), "utf8");
    const { schema } = parsed(text);
    const first = weakenedOf(schema);
    if (first instanceof Problem) continue;
    const { grammar } = first;
    tally.schemas++;
    const texts = textsOf(text, seed + i).filter((each) => takesText(grammar, each));
    const rest = parsed(text).schema;
    const rules = withoutNoted(rest, first.rules);
    if (typeof rules === "string") {
      tally.wrong.push(`${file}: ${rules}`);
      continue;
    }
    const as_sent = await judge.ask(withNull(schema), texts);
    const by_rest = rules === 0 ? as_sent : await judge.ask(withNull(rest), texts);
    if (as_sent === undefined || by_rest === undefined) {
      tally.unread++;
      continue;
    }
    tally.taken += texts.length;
    // Without a rule inside a oneOf the rest may admit less, so a text that is valid as sent need not be valid by it.
    for (const [k, each] of texts.entries())
      if (as_sent[k] !== true && by_rest[k] !== true) tally.wrong.push(`${file}: ${each.slice(0, 500)}`);
    if (rules === 0) continue;
    tally.weakened++;
    tally.rules += rules;
    tally.taken_weakened += texts.length;
    tally.invalid += as_sent.filter((is_valid) => !is_valid).length;
  }
  judge.end();
  return tally;
}

function parsed(text: string): File {
  const file = JSON.parse(text) as File; // of the corpus
  keepOrder(text, file);
  return file;
}

interface Weakened {
  readonly grammar: Grammar;
  /** each rule that its masks do not enforce */
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly keyword: string;
  readonly pointer: string;
}

/** The grammar with its notes at every place, or why the schema is refused. */
function weakenedOf(value: unknown): Weakened | Problem {
  const kept: Kept = { token_ids: new Set(), notes: new Map(), places: new Set(), more: 0 };
  const how = { whitespace: "compact", property_order: "schema", unsupported: "weaken" } as const;
  const source = { kind: "json_schema", value, ...how };
  try {
    const grammar = allAtOnce(
      compileGrammar(source, DEFAULT_GRAMMAR_LIMITS, new Effort(), undefined, new GrammarNotes(kept)),
    );
    const rules = grammar.notes.flatMap(({ kind, keyword, detail }) => {
      const prefix = `${kind} ${keyword} ${detail} `;
      const pointers = [...kept.places].flatMap((place) =>
        place.startsWith(prefix) ? [place.slice(prefix.length)] : [],
      );
      return kind === "weakened" ? pointers.map((pointer) => ({ keyword, pointer })) : [];
    });
    return { grammar, rules };
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** The instances of a file, and some values near each. */
function textsOf(text: string, seed: number): string[] {
  const random = seeded(seed);
  const instances = (readWritten(text) as File).tests ?? [];
  const values = (parsed(text).tests ?? []).map(({ data }) => data);
  const faulty = values.flatMap((value) =>
    Array.from({ length: FAULTS }, () => JSON.stringify(withFault(random, value))),
  );
  return [...new Set([...instances.map(({ data }) => written(data)), ...faulty])];
}

function takesText(grammar: Grammar, text: string): boolean {
  grammar.tidy();
  const state = grammar.advance(grammar.start, UTF8.encode(text));
  return state !== NEVER && grammar.automaton.nullable(state);
}

/** Removes what the notes name, in place. The number of removed rules, or why one cannot be removed. */
function withoutNoted(schema: unknown, first: readonly Rule[]): number | string {
  let count = 0;
  let rules = first;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (rules.length === 0) return count;
    const owners = new Map(rules.map((rule) => [rule, ownerOf(schema, rule)]));
    // What is left out as a whole comes first.
    for (const rule of rules.toSorted((a, b) => Number(isWhole(b)) - Number(isWhole(a)))) {
      const owner = owners.get(rule);
      if (owner === undefined && rule.keyword.startsWith("dependent")) {
        // Up to draft 7 this is what `dependencies` is read as.
        const old = ownerOf(schema, { ...rule, keyword: "dependencies" });
        if (old !== undefined) {
          delete old["dependencies"];
          continue;
        }
      }
      if (owner === undefined) return `${JSON.stringify(rule)} names no rule of the schema`;
      if (Object.hasOwn(owner, rule.keyword)) weaken(owner, rule);
    }
    count += rules.length;
    const next = weakenedOf(schema);
    if (next instanceof Problem) return `${next.message}, without ${JSON.stringify(rules)}`;
    ({ rules } = next);
  }
  return `has notes after ${ROUNDS_MAX} rounds`;
}

/** True when the note is about the keyword, and not about one branch of it. */
function isWhole({ keyword, pointer }: Rule): boolean {
  return pointer.endsWith(`/${keyword}`);
}

type Fields = Record<string, unknown>;

/** The schema that holds the noted keyword: at the pointer, or above it. */
function ownerOf(schema: unknown, { keyword, pointer }: Rule): Fields | undefined {
  const path = pointer
    .split("/")
    .slice(2)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const owners: Fields[] = [];
  let value: unknown = schema;
  for (const part of [...path, undefined]) {
    if (isRecord(value)) owners.push(value as Fields);
    if (part === undefined || typeof value !== "object" || value === null) break;
    value = (value as Fields)[part];
  }
  return owners.findLast((fields) => Object.hasOwn(fields, keyword));
}

/** Keywords that have no meaning without another one. */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  if: ["then", "else"],
  contains: ["minContains", "maxContains"],
  enum: ["const"],
};

/** Makes the rule admit more. Of a oneOf whose branch is noted, only the exclusion is left out. */
function weaken(owner: Fields, rule: Rule): void {
  const { keyword } = rule;
  const own = owner[keyword];
  if (keyword === "patternProperties" && isRecord(own)) {
    const patterns = Object.keys(own);
    if (patterns.length > 1 || own[patterns[0] ?? ""] !== true) {
      owner[keyword] = { [patterns.map((pattern) => `(?:${pattern})`).join("|")]: true };
      return;
    }
  }
  delete owner[keyword];
  for (const other of TOGETHER[keyword] ?? []) delete owner[other];
  if (keyword === "oneOf" && !isWhole(rule)) {
    const others = owner["allOf"];
    owner["allOf"] = [...(Array.isArray(others) ? others : []), { anyOf: own }];
  }
}

/** The schema with `nullable` of OpenAPI 3.0, which jsonschema does not know, written as a type. */
function withNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNull);
  if (!isRecord(schema)) return schema;
  const fields = Object.fromEntries(Object.entries(schema).map(([name, own]) => [name, withNull(own)]));
  const { nullable, type } = fields;
  return nullable === true && type !== undefined ? { ...fields, type: [type, "null"].flat() } : fields;
}

/** jsonschema, in a process of its own. */
function startJudge(python: string) {
  const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** Whether each text is valid; undefined: it cannot read the schema. */
    async ask(schema: unknown, texts: readonly string[]): Promise<readonly boolean[] | undefined> {
      child.stdin.write(`${JSON.stringify({ schema, texts })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("jsonschema ended");
      return (JSON.parse(value) as { valid?: readonly boolean[] }).valid; // as the script writes it
    },
    end: () => void child.stdin.end(),
  };
}
