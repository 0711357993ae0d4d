/** Opens the engines that a command names, and the vocabularies of their tokens. */
import { readFileSync } from "node:fs";
import { flag, Misuse, positive, text, texts } from "../../command-line.ts";
import { readVocabulary } from "../../config/vocabularies.ts";
import { type Engine, EngineError, type EngineSettings, engine } from "../../engines/index.ts";
import { textOf } from "../../vocabulary/text.ts";
import { createVocabulary, type Vocabulary } from "../../vocabulary/vocabulary.ts";

export const ENGINE_WORDS = {
  prompt: texts("TEXT", "what is continued; once, or once for each engine; one engine may take several"),
  "prompt-ids": text("JSON", "the prompt as a list of token ids, for all engines", undefined),
  vocabulary: text(
    "FILE",
    "the model's tokenizer.json, .tiktoken or .gguf: what tokens stand for, where the engine does not tell it",
    undefined,
  ),
  "timeout-s": positive("S", "how long an engine may take for one answer", 60),
  "key-file": text("FILE", "holds the key that engines want as `authorization: Bearer`", undefined),
  quiet: flag("says nothing on standard error but what is wrong"),
};

interface Words {
  readonly vocabulary: string | undefined;
  readonly "timeout-s": number;
  readonly "key-file": string | undefined;
}

/** The vocabulary of the named file. */
export function namedVocabulary({ vocabulary }: Words): Vocabulary | undefined {
  return vocabulary === undefined ? undefined : readVocabulary(vocabulary, "model");
}

export async function openEngines(
  urls: readonly string[],
  words: Words,
  vocabulary: Vocabulary | undefined,
): Promise<readonly Engine[]> {
  const key = words["key-file"] === undefined ? undefined : readFileSync(words["key-file"], "utf8").trim();
  const settings: EngineSettings = {
    timeout_ms: words["timeout-s"] * 1000,
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    ...(vocabulary && { vocab_size: vocabulary.size, idOf: idsByText(vocabulary) }),
  };
  return plainly(() => Promise.all(urls.map((url) => engine(url, settings))));
}

/** The engine's message is complete by itself. */
export async function plainly<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof EngineError ? new Error(error.message, { cause: error }) : error;
  }
}

/** The id of each text that exactly one token has. */
function idsByText(vocabulary: Vocabulary): (text: string) => number | undefined {
  const ids = new Map<string, number | undefined>();
  for (let id = 0; id < vocabulary.size; id++) {
    const { text: token, bytes } = textOf(vocabulary, id);
    if (bytes === undefined || vocabulary.special.has(id)) ids.set(token, ids.has(token) ? undefined : id);
  }
  return (token) => ids.get(token);
}

/** The engine's own vocabulary; loading it requests a whole row. */
export async function toldVocabulary(engine: Engine, signal?: AbortSignal): Promise<Vocabulary | undefined> {
  const told = await engine.vocabulary?.(signal === undefined ? {} : { signal });
  if (told === undefined) return undefined;
  const special = new Map<number, string>();
  for (const [id, bytes] of told.tokens.entries()) if (bytes === undefined) special.set(id, `<[${id}]>`);
  return createVocabulary("model", { tokens: told.tokens, special, end_ids: engine.facts.end_ids });
}

/** One prompt for each engine, or several prompts for one engine. */
export function paired<First, Second>(
  engines: readonly First[],
  prompts: readonly Second[],
): readonly (readonly [First, Second])[] {
  const length = Math.max(engines.length, prompts.length);
  const fits = (count: number) => count === 1 || count === length;
  if (!fits(engines.length) || !fits(prompts.length))
    throw new Misuse(
      `there must be one --prompt, or one for each --engine, got ${prompts.length} for ${engines.length} engines`,
    );
  // Repeats a single entry: both lists have 1 or `length` entries.
  const of = <Item>(list: readonly Item[], place: number) => list[list.length === 1 ? 0 : place] as Item;
  return Array.from({ length }, (_, place) => [of(engines, place), of(prompts, place)] as const);
}
