/** What tokens stand for, beside their ids, wherever a report lists them. */
import { type TokenText, textOf } from "../../vocabulary/text.ts";
import type { Vocabulary } from "../../vocabulary/vocabulary.ts";
import type { Report } from "./report.ts";

export function withTexts(vocabulary: Vocabulary, token_id: number, report: Report): TokenText & Report {
  const each = <Token extends { readonly token_id: number }>(tokens: readonly Token[]) =>
    tokens.map((token) => ({ ...token, ...textOf(vocabulary, token.token_id) }));
  const { draws, top_logprobs, named_logprobs } = report;
  return {
    ...textOf(vocabulary, token_id),
    ...report,
    ...(draws && { draws: each(draws) }),
    ...(top_logprobs && { top_logprobs: each(top_logprobs) }),
    ...(named_logprobs && { named_logprobs: each(named_logprobs) }),
  };
}
