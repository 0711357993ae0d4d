/**
 * A `.tiktoken` file → tokens as bytes. Each line has the token's bytes in base64, a blank, and its rank. Special
 * tokens are not in the file; those of OpenAI's known encodings are chosen by the file's name.
 */
import { decodeBase64 } from "../base64.ts";
import { endIdsAmong } from "./end-tokens.ts";
import { pretokensNamed } from "./pretoken-families.ts";
import type { Tokenizer } from "./pretokens.ts";
import { requiredId, type TokenList } from "./vocabulary.ts";

/** OpenAI, tiktoken_ext/openai_public.py. */
const SPECIAL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  r50k_base: { "<|endoftext|>": 50256 },
  p50k_base: { "<|endoftext|>": 50256 },
  cl100k_base: {
    "<|endoftext|>": 100257,
    "<|fim_prefix|>": 100258,
    "<|fim_middle|>": 100259,
    "<|fim_suffix|>": 100260,
    "<|endofprompt|>": 100276,
  },
  o200k_base: { "<|endoftext|>": 199999, "<|endofprompt|>": 200018 },
  o200k_harmony: harmonyTokens(),
};

/** The special tokens of gpt-oss: ids from 200000 to 201087 without a name are reserved. */
function harmonyTokens(): Readonly<Record<string, number>> {
  const reserved = Array.from({ length: 1088 }, (_, i) => [`<|reserved_${200_000 + i}|>`, 200_000 + i]);
  const named = {
    "<|startoftext|>": 199998,
    "<|endoftext|>": 199999,
    "<|return|>": 200002,
    "<|constrain|>": 200003,
    "<|channel|>": 200005,
    "<|start|>": 200006,
    "<|end|>": 200007,
    "<|message|>": 200008,
    "<|call|>": 200012,
    "<|endofprompt|>": 200018,
  };
  const names = new Map(Object.entries(named).map(([name, id]) => [id, name]));
  const free = reserved.filter(([, id]) => !names.has(id as number));
  return { ...named, ...Object.fromEntries(free) };
}

export function tokensOfTiktoken(text: string, encoding: string): TokenList {
  const tokens: (Uint8Array | undefined)[] = [];
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const [letters = "", rank = ""] = line.trim().split(" ");
    const bytes = decodeBase64(letters);
    if (bytes === undefined || !/^\d{1,8}$/.test(rank))
      throw new Error(`line ${index + 1} must be base64, a blank and a rank`);
    tokens[requiredId(Number(rank))] = bytes;
  }
  const named = Object.entries(SPECIAL[encoding] ?? {});
  const special = new Map(named.map(([name, id]) => [id, name]));
  for (const id of special.keys()) tokens[id] = undefined;
  return {
    tokens: Array.from(tokens, (token) => token),
    special,
    end_ids: endIdsAmong(special),
    tokenizer: tokenizerOf(encoding, Object.keys(SPECIAL[encoding] ?? {})),
  };
}

const DIVIDED_AS: Readonly<Record<string, string>> = {
  r50k_base: "gpt-2",
  p50k_base: "gpt-2",
  cl100k_base: "gpt-4",
  o200k_base: "gpt-4o",
  o200k_harmony: "gpt-4o",
};

function tokenizerOf(encoding: string, added: readonly string[]): Tokenizer | string {
  const pretokens = pretokensNamed(DIVIDED_AS[encoding] ?? "");
  if (pretokens === undefined)
    return `a .tiktoken file says by its name how it divides texts: ${encoding} is not known`;
  return { pretokens, is_whole_first: true, is_nfc: false, merged: undefined, added };
}
