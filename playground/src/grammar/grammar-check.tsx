/**
 * The reply of POST /v1/grammar for the grammar of the written text: the state of the text in it, and the tokens that
 * may follow.
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { GrammarReply } from "../../../src/client/analysis-types.ts";
import { Refusal, request } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { count } from "../components/format.ts";
import { Says } from "../components/says.tsx";
import { stageInfo } from "../state/catalogue.ts";
import { followLatest } from "../state/latest.ts";
import { chain } from "../state/signals.ts";
import { written } from "../write/sides.ts";
import { grammarOption, VOCABULARY } from "./needs.ts";

/** The number of shown tokens that may follow. */
const SHOWN = 12;

interface Question {
  readonly grammar: unknown;
  readonly text: string;
}

const reply = signal<GrammarReply | undefined>(undefined);
const problem = signal<ProblemBody | undefined>(undefined);

const ask = followLatest(async ({ grammar, text }: Question): Promise<void> => {
  const body = JSON.stringify({ grammar, text, vocabulary: VOCABULARY, tokens_max: SHOWN });
  const headers = { "content-type": "application/json" };
  try {
    reply.value = await request<GrammarReply>("/v1/grammar", { method: "POST", headers, body });
    problem.value = undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    reply.value = undefined;
    problem.value = error.problem;
  }
});

/** The grammar of the first stage in the chain that has one. */
function grammarOfChain(): unknown {
  for (const { stage, options, on } of chain.value) {
    const info = stageInfo(stage);
    const option = info && grammarOption(info);
    if (on && option !== undefined && options[option] !== undefined) return options[option];
  }
  return undefined;
}

export function GrammarCheck() {
  const grammar = grammarOfChain();
  const text = written.value.map((token) => token.text).join("");
  const source = JSON.stringify(grammar);
  useEffect(() => {
    if (grammar !== undefined) ask({ grammar, text });
  }, [source, text]);
  if (grammar === undefined) return null;
  if (problem.value !== undefined) return <Says problem={problem.value} />;
  if (reply.value === undefined) return null;
  const { kind, next, notes } = reply.value;
  return (
    <div class="grammar-check" aria-live="polite">
      <p class="note">
        <b>{kind}</b>: {standing(reply.value)}
        {next !== null && next.count > 0 && ` ${count(next.count)} tokens may follow: `}
        {next?.texts.map((each, i) => (
          <code key={next.token_ids[i]}>{each ?? "…"}</code>
        ))}
      </p>
      {notes.map(({ keyword, pointer, detail }) => (
        <p class="note" key={keyword + pointer}>
          <code>{keyword}</code> {detail}
        </p>
      ))}
    </div>
  );
}

function standing({ text: { is_complete, is_begun, left_at } }: GrammarReply): string {
  if (left_at !== null) return `the text leaves it after ${left_at} bytes.`;
  if (is_complete) return "the text is complete.";
  return is_begun ? "the text is not complete yet." : "no text of it begins like this.";
}
