/** Reports on a grammar of a request: looks up its vocabulary, and makes pointers lead into the request. */
import { Problem } from "../errors.ts";
import { boundedPieces } from "../grammar/bounded.ts";
import type { Grammars } from "../grammar/grammars.ts";
import type { GrammarReport } from "../grammar/inspect.ts";
import type { Vocabularies } from "../vocabulary/vocabularies.ts";
import type { GrammarOptions } from "./options/grammar-field.ts";
import { matcherOptions } from "./stages/grammar.ts";

/** A grammar, and the questions about it. */
export interface GrammarInquiry {
  readonly grammar: GrammarOptions;
  /** name of a vocabulary; undefined: the default one, if there is one */
  readonly vocabulary?: string | undefined;
  readonly text: string;
  readonly tokens_max: number;
}

const NO_OPTIONS = { after: undefined, end_ids: undefined };

export function* grammarReport(
  grammars: Grammars,
  vocabularies: Vocabularies,
  { grammar, vocabulary: name, text, tokens_max }: GrammarInquiry,
): Generator<undefined, GrammarReport> {
  const vocabulary = vocabularies.of(name);
  if (grammar.is_free)
    throw new Problem("invalid_option", 'a grammar must be given, got {"type": "text"}', "/grammar");
  try {
    const { source, options } =
      vocabulary === undefined
        ? { source: grammar.source, options: NO_OPTIONS }
        : matcherOptions(grammar, vocabulary);
    return yield* boundedPieces(grammars.inspect({ source, vocabulary, options, text, tokens_max }));
  } catch (error) {
    const is_own = error instanceof Problem && !error.pointer.startsWith("/grammar");
    throw is_own ? error.within("/grammar") : error;
  }
}
