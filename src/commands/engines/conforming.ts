/** Compares a running server with the suite: a logit-sampler service gets rows, an engine is audited. */
import { readFileSync } from "node:fs";
import { text } from "../../command-line.ts";
import { judge } from "../../conform/judge.ts";
import { judgedLive, LIVE_SECTIONS } from "../../conform/live.ts";
import type { Judged } from "../../conform/report.ts";
import { isService, serviceAnswers } from "../../conform/service.ts";
import type { Vector } from "../../conform/vectors.ts";
import type { Engine } from "../../engines/index.ts";
import { didYouMean } from "../../nearest.ts";
import { jsonOption } from "../rows/words.ts";
import { defaultsOf, lender } from "./auditing.ts";
import { ENGINE_WORDS, namedVocabulary, openEngines, plainly } from "./opening.ts";

const { prompt: _, quiet: __, ...SHARED } = ENGINE_WORDS;
export const SERVER_WORDS = {
  prompt: text("TEXT", "what an engine continues", "Once upon a time"),
  ...SHARED,
};

type Words = { readonly [Name in keyof typeof SERVER_WORDS]: (typeof SERVER_WORDS)[Name]["standard"] } & {
  readonly section: readonly string[];
};

export async function judgedServer(
  url: string,
  words: Words,
  vectors: () => readonly Vector[],
  signal: AbortSignal,
): Promise<{ readonly judged: readonly Judged[]; readonly version: string }> {
  const file = words["key-file"];
  const headers = file === undefined ? {} : { authorization: `Bearer ${readFileSync(file, "utf8").trim()}` };
  const settings = { headers, timeout_ms: words["timeout-s"] * 1000, signal };
  if (await isService(url, settings)) {
    const answer = serviceAnswers(url, settings);
    const judged: Judged[] = [];
    for (const vector of vectors()) judged.push({ vector, verdict: judge(vector, await answer(vector)) });
    return { judged, version: `logit-sampler at ${url}` };
  }
  return plainly(() => judgedEngine(url, words, signal));
}

async function judgedEngine(url: string, words: Words, signal: AbortSignal) {
  const { section: sections } = words;
  for (const section of sections)
    if (!LIVE_SECTIONS.includes(section))
      throw new Error(
        `there is no section ${section} of a running engine; there are ${LIVE_SECTIONS.join(", ")}${didYouMean(section, LIVE_SECTIONS)}`,
      );
  const vocabulary = namedVocabulary(words);
  const [engine] = (await openEngines([url], words, vocabulary)) as readonly [Engine]; // one for each address
  const ids = words["prompt-ids"];
  const prompt =
    ids === undefined
      ? await engine.tokenize(words.prompt, { signal })
      : (jsonOption("--prompt-ids", ids) as readonly number[]); // the history's schema says when it is none
  const plan = { prompt, defaults: defaultsOf(engine.preset), sections, signal };
  const judged = await judgedLive(engine, plan, lender(engine.facts.vocab_size ?? vocabulary?.size));
  const { version } = engine.facts;
  return { judged, version: `${engine.kind}${version === undefined ? "" : ` ${version}`} at ${engine.url}` };
}
