/** Adds the texts of tokens next to their ids, wherever a report lists tokens. */
import { type TokenText, textOf } from "../../vocabulary/text.ts";
import type { Vocabulary } from "../../vocabulary/vocabulary.ts";
import type { Report } from "./report.ts";
import type { TraceEntry } from "./trace.ts";

interface Listed {
  readonly token_id: number;
}

export function withTexts(vocabulary: Vocabulary, token_id: number, report: Report): TokenText & Report {
  const { draws, top_logprobs, named_logprobs } = report;
  return {
    ...textOf(vocabulary, token_id),
    ...report,
    ...(draws && { draws: eachWithText(vocabulary, draws) }),
    ...(top_logprobs && { top_logprobs: eachWithText(vocabulary, top_logprobs) }),
    ...(named_logprobs && { named_logprobs: eachWithText(vocabulary, named_logprobs) }),
  };
}

/** The same for the entries of a trace. */
export function traceWithTexts(vocabulary: Vocabulary, trace: readonly TraceEntry[]): TraceEntry[] {
  return trace.map(({ top, removed, knife_edge, ...entry }) => ({
    ...entry,
    top: eachWithText(vocabulary, top),
    removed: eachWithText(vocabulary, removed),
    ...(knife_edge && { knife_edge: withText(vocabulary, knife_edge) }),
  }));
}

export function eachWithText<Token extends Listed>(vocabulary: Vocabulary, tokens: readonly Token[]) {
  return tokens.map((token) => withText(vocabulary, token));
}

function withText<Token extends Listed>(vocabulary: Vocabulary, token: Token): Token & TokenText {
  return { ...token, ...textOf(vocabulary, token.token_id) };
}
