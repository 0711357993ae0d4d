/**
 * "My engine gave this: why?" Takes another engine's result for the row, and names the host, or the change of a host,
 * that explains it.
 */
import { useEffect } from "preact/hooks";
import { Refusal } from "../api/client.ts";
import { observed_text } from "../state/compared.ts";
import {
  type ExplainedArm,
  explanation,
  firstStageLast,
  keepExplaining,
  observed_error,
  observed_how,
  observed_problem,
} from "../state/observed.ts";
import { answer } from "../state/result.ts";
import { significant } from "./format.ts";
import { Says } from "./says.tsx";

const EXPLANATIONS_SHOWN = 2;

export function Why() {
  useEffect(() => keepExplaining(), []);
  return (
    <>
      <p class="note">
        Paste what it made of this row, after its sampler: <code>token: probability</code> lines, a reply with{" "}
        <code>top_logprobs</code>, the tokens that it kept, a line each, or the one token that it drew. A
        token is its text or its id. The arms that may explain it are this chain and the hosts above.
      </p>
      <label class="why-text">
        <span class="field-name">what my engine gave</span>
        <textarea
          rows={5}
          spellcheck={false}
          value={observed_text.value}
          aria-invalid={observed_error.value !== "" || undefined}
          onInput={(event) => {
            observed_text.value = event.currentTarget.value;
          }}
        />
      </label>
      <Example />
      {observed_how.value !== "" && <p class="note how-read">Read as {observed_how.value}.</p>}
      {observed_error.value !== "" && (
        <p class="says" role="alert">
          {observed_error.value}
        </p>
      )}
      {observed_problem.value && <Says problem={observed_problem.value} />}
      <div aria-live="polite">
        <Because />
      </div>
    </>
  );
}

function Example() {
  const of = answer.value;
  if (of === undefined || of.question.chain.length < 2) return null;
  return (
    <p class="chips">
      <button type="button" class="chip" onClick={() => void fillIn(of)}>
        for example: an engine that runs the first stage last
      </button>
    </p>
  );
}

async function fillIn(of: NonNullable<typeof answer.value>): Promise<void> {
  try {
    observed_text.value = await firstStageLast(of);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    observed_problem.value = error.problem;
  }
}

function Because() {
  const shown = explanation.value;
  if (shown === undefined) return null;
  const is_behind = shown.text !== observed_text.value || shown.of !== answer.value;
  return (
    <div class={is_behind ? "is-stale" : ""}>
      <p class="verdict why-says">{shown.says}</p>
      <ul class="why-arms">
        {shown.arms.map((arm) => (
          <Arm key={arm.name} of={arm} />
        ))}
      </ul>
      {!shown.is_complete && <p class="note">The search ended before every known change was tried.</p>}
    </div>
  );
}

function Arm({ of: { name, fit } }: { of: ExplainedArm }) {
  return (
    <li data-arm={name}>
      <b>{name}</b> <span class="aside">{fit === null ? "cannot be run" : fitIn(fit)}</span>
      {fit?.explanations.slice(0, EXPLANATIONS_SHOWN).map((each) => (
        <span class="why-change" key={each.says}>
          {each.says}: {fitIn(each)}
        </span>
      ))}
    </li>
  );
}

function fitIn({ agrees, distance }: { readonly agrees: boolean; readonly distance: number }): string {
  return agrees ? "agrees" : `${significant(100 * distance, 2)} % apart`;
}
