/** Stages that read texts and not only numbers: they need the texts of the row's tokens, as their description says. */
import type { StageInfo } from "../api/wire.ts";
import type { ChainList } from "../rows/examples.ts";

/** The demo model's, which the service has built in. */
export const VOCABULARY = "demo";

export function needsVocabulary({ options }: StageInfo): boolean {
  return Object.values(options.properties).some(({ description = "" }) =>
    description.includes("Needs a vocabulary"),
  );
}

/** The option of a stage that has the grammar: the one with examples. */
export function grammarOption(info: StageInfo): string | undefined {
  if (!needsVocabulary(info)) return undefined;
  return Object.entries(info.options.properties).find(([, { examples = [] }]) => examples.length > 0)?.[0];
}

/** Further fields of a request, for rows that the demo model made. */
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
