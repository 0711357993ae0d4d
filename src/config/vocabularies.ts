/**
 * The vocabularies of a directory: files `<name>.json` (Hugging Face's tokenizer.json), `<name>.tiktoken` and `<name>.gguf`,
 * and directories `<name>` with a tokenizer.json in them. The generation_config.json or config.json next to a
 * tokenizer.json, if any, names the tokens that end a text.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { messageOf } from "../errors.ts";
import { demoVocabulary } from "../vocabulary/demo.ts";
import { tokensOfGguf } from "../vocabulary/gguf.ts";
import { tokensOfTiktoken } from "../vocabulary/tiktoken.ts";
import { tokensOfTokenizerJson } from "../vocabulary/tokenizer-json.ts";
import { type Vocabularies, vocabulariesOf } from "../vocabulary/vocabularies.ts";
import { createVocabulary, type TokenList, type Vocabulary } from "../vocabulary/vocabulary.ts";

/** Metadata of a GGUF file lies at its beginning; no vocabulary needs more. */
const GGUF_HEAD_BYTES = 64 * 1024 * 1024;

const FILES: Readonly<Record<string, (path: string, name: string) => TokenList>> = {
  ".json": (path) => tokensOfTokenizerJson(readFileSync(path, "utf8")),
  ".tiktoken": (path, name) => tokensOfTiktoken(readFileSync(path, "utf8"), name),
  ".gguf": (path) => tokensOfGguf(headOf(path)),
};

/** The built-in vocabulary, and those of the directory; "" means none. Throws an Error that names a faulty file. */
export function loadVocabularies(directory: string, standard: string): Vocabularies {
  const found =
    directory === ""
      ? []
      : readdirSync(directory)
          .sort()
          .flatMap((entry) => listed(directory, entry));
  const lists = found.map(({ name, path, read }) => {
    if (name === "demo") throw new Error(`demo is the name of the vocabulary that is built in, got ${path}`);
    try {
      return createVocabulary(name, read());
    } catch (error) {
      throw new Error(`${path} is no vocabulary: ${messageOf(error)}`);
    }
  });
  return vocabulariesOf([demoVocabulary(), ...lists], standard === "" ? undefined : standard);
}

/** The vocabulary of one file, or of a directory with a tokenizer.json. Throws an Error that names the fault. */
export function readVocabulary(path: string, name: string): Vocabulary {
  const [found] = listed(dirname(path), basename(path));
  if (found === undefined)
    throw new Error(
      `${path} is no vocabulary: it must end in ${Object.keys(FILES).join(", ")}, or be a folder with a tokenizer.json`,
    );
  return createVocabulary(name, found.read());
}

interface Listed {
  readonly name: string;
  readonly path: string;
  read(): TokenList;
}

/** Other files of the directory are ignored. */
function listed(directory: string, entry: string): Listed[] {
  const path = join(directory, entry);
  const name = basename(entry, extname(entry));
  const tokenizer = join(path, "tokenizer.json");
  if (statSync(path).isDirectory()) {
    if (!existsSync(tokenizer)) return [];
    const read = () => tokensOfTokenizerJson(readFileSync(tokenizer, "utf8"), endIdsIn(path));
    return [{ name: entry, path: tokenizer, read }];
  }
  const read = FILES[extname(entry)];
  return read === undefined ? [] : [{ name, path, read: () => read(path, name) }];
}

function endIdsIn(directory: string): number[] | undefined {
  for (const file of ["generation_config.json", "config.json"]) {
    const path = join(directory, file);
    if (!existsSync(path)) continue;
    const ids = [(JSON.parse(readFileSync(path, "utf8")) as { eos_token_id?: unknown }).eos_token_id].flat();
    const known = ids.filter((id) => typeof id === "number");
    if (known.length > 0) return known;
  }
  return undefined;
}

function headOf(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const head = new Uint8Array(Math.min(statSync(path).size, GGUF_HEAD_BYTES));
    return head.subarray(0, readSync(file, head, 0, head.length, 0));
  } finally {
    closeSync(file);
  }
}
