/**
 * The ways to divide a text that are known, by the name that GGUF files have for them or by the expression that a
 * tokenizer.json writes. `\s` is Unicode's White_Space, as in Rust's and Oniguruma's expressions; JavaScript's is not.
 */
import type { Pretokens } from "./pretokens.ts";

const CONTRACTION = "'(?:[sS\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])";
const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const BLANKS = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

function expression(source: string): RegExp {
  const spaced = source.replaceAll("[^\\s", "[^\\p{White_Space}");
  return new RegExp(spaced.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}"), "gu");
}

function lettersFirst(digits: string): RegExp {
  return expression(
    `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${BLANKS}`,
  );
}

function casesApart(contraction: string, digits: string): RegExp {
  const before = "[^\\r\\n\\p{L}\\p{N}]?";
  const words = `${before}${UPPER}*${LOWER}+${contraction}|${before}${UPPER}+${LOWER}*${contraction}`;
  return expression(`${words}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${BLANKS}`);
}

const GPT2 = expression("'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
const DIGIT = /\p{N}/gu;
const CL100K = lettersFirst("\\p{N}{1,3}");
const QWEN2 = lettersFirst("\\p{N}");
const O200K = casesApart(`(?:${CONTRACTION})?`, "\\p{N}{1,3}");
const TEKKEN = casesApart("", "\\p{N}");

/** By the names that GGUF files have for them (`tokenizer.ggml.pre`). */
const NAMED: Readonly<Record<string, Pretokens>> = {
  "gpt-2": { splits: [GPT2] },
  "gpt-4": { splits: [CL100K] },
  "llama-bpe": { splits: [CL100K] },
  qwen2: { splits: [QWEN2] },
  "gpt-4o": { splits: [O200K] },
  tekken: { splits: [TEKKEN] },
  "command-r": { splits: [DIGIT, GPT2] },
};

const LETTERS_FIRST = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const CASES_APART = (contraction: string, digits: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${contraction}|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${contraction}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** By the expression as a tokenizer.json writes it. */
const WRITTEN: ReadonlyMap<string, RegExp> = new Map([
  [LETTERS_FIRST("\\p{N}{1,3}"), CL100K],
  [LETTERS_FIRST("\\p{N}"), QWEN2],
  [CASES_APART("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "\\p{N}{1,3}"), O200K],
  [CASES_APART("", "\\p{N}"), TEKKEN],
]);

/** undefined: the family is not known. */
export function pretokensNamed(name: string): Pretokens | undefined {
  return Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
}

/** A pre-tokenizer of a tokenizer.json, or one of a Sequence. */
export interface PretokenizerPart {
  readonly type?: string | undefined;
  readonly pretokenizers?: readonly PretokenizerPart[] | undefined;
  readonly pattern?: { readonly String?: string; readonly Regex?: string } | undefined;
  readonly behavior?: string | undefined;
  readonly invert?: boolean | undefined;
  readonly individual_digits?: boolean | undefined;
  readonly add_prefix_space?: boolean | undefined;
  readonly use_regex?: boolean | undefined;
}

/** The expressions by which a tokenizer.json splits texts, or an error message about the unknown part. */
export function pretokensWritten(part: PretokenizerPart | null | undefined): Pretokens | string {
  const parts = part?.type === "Sequence" ? (part.pretokenizers ?? []) : part ? [part] : [];
  const splits: RegExp[] = [];
  for (const each of parts) {
    const found = splitsOf(each);
    if (found === undefined)
      return `its pre-tokenizer ${each.type ?? "without a type"} is not one of those that are known`;
    splits.push(...found);
  }
  return { splits };
}

function splitsOf(part: PretokenizerPart): readonly RegExp[] | undefined {
  switch (part.type) {
    case "ByteLevel":
      if (part.add_prefix_space !== false) return undefined;
      return part.use_regex === false ? [] : [GPT2];
    case "Digits":
      return part.individual_digits === true ? [DIGIT] : undefined;
    case "Split": {
      const known = WRITTEN.get(part.pattern?.Regex ?? "");
      const isolates =
        (part.behavior === "Isolated" && part.invert !== true) ||
        (part.behavior === "Removed" && part.invert === true);
      return known !== undefined && isolates ? [known] : undefined;
    }
    default:
      return undefined;
  }
}
