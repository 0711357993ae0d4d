/**
 * `npm run bench:grammar`: measures grammars with real schemas and vocabularies of 100,000 and 200,000 tokens. Each
 * schema is compiled, and a text of it is followed token by token; the mask of each place is timed at the first and at
 * a repeated visit. Times above one microsecond are CPU times, which other programs do not affect; they include the
 * garbage collector's threads.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { seeded } from "../evidence/seeded.ts";
import { commandLine, count, flag, run } from "../src/command-line.ts";
import { Problem } from "../src/errors.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar } from "../src/grammar/grammar.ts";
import { Matcher } from "../src/grammar/matcher.ts";
import { demoVocabulary } from "../src/vocabulary/demo.ts";
import { tokensOfTiktoken } from "../src/vocabulary/tiktoken.ts";
import { vocabulariesOf } from "../src/vocabulary/vocabularies.ts";
import { createVocabulary, type Vocabulary } from "../src/vocabulary/vocabulary.ts";
import { race } from "./grammar-rivals/rivals.ts";

const { values } = commandLine({
  name: "npm run bench:grammar --",
  about: "Measures compiling and masks over real schemas, with the demo's vocabulary, cl100k and o200k.",
  options: {
    tokens: count("N", "tokens of each text", 200),
    texts: count("N", "texts of each schema", 3),
    rivals: flag(
      "schemas of JSONSchemaBench along their instances, beside llguidance and XGrammar: the folder maskbench/data of github.com/guidance-ai/jsonschemabench, as build/jsonschemabench or JSONSCHEMABENCH; GRAMMAR_PYTHON is a Python that has both",
    ),
    alone: flag("with --rivals, without the rivals"),
    schemas: count("N", "with --rivals, so many schemas", 120),
    offset: count("N", "with --rivals, other schemas", 0),
  },
});

const RIVALS = {
  python: process.env["GRAMMAR_PYTHON"] ?? "build/proof-grammar/bin/python",
  folder: process.env["JSONSCHEMABENCH"] ?? "build/jsonschemabench",
};

const require = createRequire(import.meta.url);

function encoding(name: string): Vocabulary {
  const file = join(dirname(require.resolve("gpt-tokenizer/package.json")), `data/${name}.tiktoken`);
  return createVocabulary(name, tokensOfTiktoken(readFileSync(file, "utf8"), name));
}

/** Schemas written by other people, and those of the service's own replies. */
function schemas(): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  const document = JSON.parse(readFileSync(new URL("../openapi/openapi.json", import.meta.url), "utf8")) as {
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  };
  const { schemas: components } = document.components;
  for (const name of Object.keys(components).filter((known) => !known.startsWith("Option_")))
    found.set(`openapi ${name}`, { $ref: `#/$defs/${name}`, $defs: definitionsFor(name, components) });
  for (const file of [
    "knip/schema.json",
    "ajv/dist/refs/json-schema-draft-07.json",
    "@biomejs/biome/manifest_schema.json",
  ])
    found.set(file, JSON.parse(readFileSync(join("node_modules", file), "utf8")));
  const person = new URL("../examples/structured/person.json", import.meta.url);
  found.set("person", JSON.parse(readFileSync(person, "utf8")));
  found.set("any JSON", true);
  return found;
}

/** A component and the components that it refers to. */
function definitionsFor(
  root: string,
  components: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const definitions: Record<string, unknown> = {};
  const todo = [root];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name in definitions) continue;
    const text = JSON.stringify(components[name]);
    definitions[name] = JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/"));
    for (const [, inner = ""] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) todo.push(inner);
  }
  return definitions;
}

interface Times {
  readonly compile_ms: number[];
  readonly piece_ms: number[];
  readonly first_us: number[];
  readonly again_us: number[];
  readonly advance_us: number[];
}

/** Milliseconds of CPU time of this process. */
function computed(): number {
  return process.cpuUsage().user / 1000;
}

function timedCompile(value: unknown, times: Times): Grammar {
  const source = { kind: "json_schema", value, whitespace: "any", property_order: "schema" } as const;
  const began = computed();
  const pieces = compileGrammar(source, DEFAULT_GRAMMAR_LIMITS);
  for (;;) {
    const piece_began = computed();
    const next = pieces.next();
    times.piece_ms.push(computed() - piece_began);
    if (next.done !== true) continue;
    times.compile_ms.push(computed() - began);
    return next.value;
  }
}

/** Follows texts of the grammar, and computes the mask of each position twice. */
function follow(grammar: Grammar, vocabulary: Vocabulary, seed: number, times: Times): void {
  const matcher = new Matcher(grammar, vocabulary, { after: undefined, end_ids: [] });
  for (let text = 0; text < values.texts; text++) {
    const random = seeded(seed, text);
    let state = grammar.start;
    for (let token = 0; token < values.tokens; token++) {
      const first = computed();
      const mask = matcher.masks.of(state);
      times.first_us.push((computed() - first) * 1000);
      let began = performance.now();
      matcher.masks.of(state);
      times.again_us.push((performance.now() - began) * 1000);
      const token_id = drawn(mask, random.unit);
      if (token_id === undefined) break;
      began = performance.now();
      state = matcher.advance(state, token_id);
      times.advance_us.push((performance.now() - began) * 1000);
    }
  }
}

function warmUp(value: unknown, vocabulary: Vocabulary): void {
  const times: Times = { compile_ms: [], piece_ms: [], first_us: [], again_us: [], advance_us: [] };
  try {
    follow(timedCompile(value, times), vocabulary, 1, times);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** A token of the mask; every third time one of those with the lowest ids, which end strings and lists. */
function drawn(mask: Uint32Array, unit: () => number): number | undefined {
  const ids: number[] = [];
  for (let i = 0; i < mask.length; i++)
    for (let word = mask[i]!; word !== 0; word &= word - 1) ids.push(32 * i + 31 - Math.clz32(word & -word));
  const end = unit() < 0.34 ? Math.min(4, ids.length) : ids.length;
  return ids[Math.floor(unit() * end)];
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

function line(name: string, unsorted: readonly number[], unit: string): string {
  const sorted = [...unsorted].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / Math.max(sorted.length, 1);
  const shown = [
    mean,
    quantile(sorted, 0.5),
    quantile(sorted, 0.95),
    quantile(sorted, 0.99),
    sorted[sorted.length - 1] ?? 0,
  ];
  return `  ${name.padEnd(26)}${shown.map((value) => value.toFixed(2).padStart(10)).join("")} ${unit}  (${sorted.length})`;
}

await run(async () => {
  if (values.rivals) return race({ ...RIVALS, ...values });
  const all = schemas();
  for (const vocabulary of [demoVocabulary(), encoding("cl100k_base"), encoding("o200k_base")]) {
    vocabulariesOf([vocabulary]);
    // Warms up the engine, so that compiled code is measured.
    for (const value of all.values()) warmUp(value, vocabulary);
    const times: Times = { compile_ms: [], piece_ms: [], first_us: [], again_us: [], advance_us: [] };
    const refused: string[] = [];
    for (const [name, value] of all)
      try {
        follow(timedCompile(value, times), vocabulary, 7, times);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refused.push(`${name}: ${error.message} ${error.pointer}`);
      }
    const head = `${vocabulary.name}, ${vocabulary.size} tokens, ${all.size - refused.length} schemas`;
    process.stdout.write(
      `${head.padEnd(28)}\n  ${"".padEnd(26)}${["mean", "p50", "p95", "p99", "max"].map((word) => word.padStart(10)).join("")}\n`,
    );
    process.stdout.write(
      `${line("compile", times.compile_ms, "ms")}\n${line("its pieces", times.piece_ms, "ms")}\n`,
    );
    process.stdout.write(
      `${line("mask, all places as met", times.first_us, "µs")}\n${line("mask, met again", times.again_us, "µs")}\n`,
    );
    process.stdout.write(`${line("a token's bytes", times.advance_us, "µs")}\n`);
    for (const sentence of refused) process.stdout.write(`  refused: ${sentence.slice(0, 140)}\n`);
  }
});
