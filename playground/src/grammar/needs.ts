/** Stages that know texts and not only numbers: they need to be told what the row's tokens stand for, as their description says. */
import type { StageInfo } from "../api/wire.ts";
import type { ChainList } from "../rows/examples.ts";

/** The demo model's, which the service has built in. */
export const VOCABULARY = "demo";

export function needsVocabulary({ options }: StageInfo): boolean {
  return Object.values(options.properties).some(({ description = "" }) =>
    description.includes("Needs a vocabulary"),
  );
}

/** The option of a stage that has the grammar: the one with examples to begin with. */
export function grammarOption(info: StageInfo): string | undefined {
  if (!needsVocabulary(info)) return undefined;
  return Object.entries(info.options.properties).find(([, { examples = [] }]) => examples.length > 0)?.[0];
}

/** What a request says besides, of rows that the demo model made. */
export function vocabularyFor(
  chain: ChainList,
  stageInfo: (name: string) => StageInfo | undefined,
): { readonly vocabulary?: string } {
  const is_needed = chain.some(({ stage }) => {
    const info = stageInfo(stage);
    return info !== undefined && needsVocabulary(info);
  });
  return is_needed ? { vocabulary: VOCABULARY } : {};
}
