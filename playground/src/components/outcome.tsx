/** The answer in a sentence: which token, how likely, of how many. Below it, the seed and step that decide it. */
import type { Sampled } from "../api/wire.ts";
import type { Answer } from "../state/result.ts";
import { answer, is_asking, problem } from "../state/result.ts";
import { row_error, seed, step } from "../state/signals.ts";
import { is_stale } from "../state/stale.ts";
import { count, named, percent, signed } from "./format.ts";
import { HostsLine } from "./hosts-line.tsx";
import { Says } from "./says.tsx";
import { Token } from "./token.tsx";

export function Outcome() {
  const shown = answer.value;
  return (
    <section class="outcome" aria-labelledby="outcome-title" aria-busy={is_asking.value}>
      <h2 id="outcome-title" class="unseen">
        The token
      </h2>
      {shown === undefined ? <p class="drawn-text is-empty">…</p> : <Drawn of={shown} />}
      {problem.value && !isShownElsewhere(problem.value.pointer) && <Says problem={problem.value} />}
      {is_stale.value && shown !== undefined && (
        <p class="stale-note" role="status">
          {row_error.value ? "The row cannot be read" : "The service refused this"}: what is shown in grey is
          the answer before.
        </p>
      )}
      <SeedAndStep />
    </section>
  );
}

function Drawn({ of: { question, sampled } }: { of: Answer }) {
  const { token_id, logprob, processed_logprob = 0, rank = 0, kept, kept_mass = 0 } = sampled;
  const label = question.row.labelOf(token_id);
  return (
    <div class={is_stale.value ? "is-stale" : ""}>
      <p class="drawn-text">
        {question.row.text && <span class="before">{question.row.text}</span>}
        <strong class="drawn">
          <Token token_id={token_id} label={label} />
        </strong>
      </p>
      <dl class="facts">
        <Fact
          name="probability"
          value={`${percent(Math.exp(logprob ?? Number.NEGATIVE_INFINITY))} → ${percent(Math.exp(processed_logprob))}`}
          title="As the row came → as it was drawn"
        />
        <Fact
          name="logprob"
          value={logprob == null ? "−∞" : signed(logprob)}
          title="Natural logarithm of its probability as the row came"
        />
        <Fact name="rank" value={count(rank)} />
        <Fact name="kept" value={`${count(kept)} of ${count(question.row.vocab_size)}`} />
        <Fact
          name="entropy"
          value={entropyOf(sampled)}
          title="In nats, of what the chain left: e to its power is as many equally likely tokens"
        />
        <Fact
          name="raw mass kept"
          value={percent(kept_mass)}
          title="What the kept tokens had of the probability as the row came, before all stages"
        />
      </dl>
      <HostsLine />
      <p class="unseen" aria-live="polite">
        Drawn: {named(token_id, label)}, rank {rank}, {kept} tokens were left.
      </p>
    </div>
  );
}

function entropyOf({ trace = [] }: Sampled): string {
  const last = trace.at(-1);
  return last === undefined ? "–" : `${last.entropy.toFixed(2)} nats`;
}

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function SeedAndStep() {
  const at = problem.value?.pointer;
  return (
    <div class="dice">
      <label>
        seed
        <input
          type="text"
          inputmode="numeric"
          value={seed.value}
          aria-invalid={at === "/seed" || undefined}
          onInput={(event) => {
            seed.value = event.currentTarget.value.trim();
          }}
        />
      </label>
      <label>
        step
        <input
          type="number"
          min={0}
          value={step.value}
          onInput={(event) => {
            step.value = Math.max(0, Math.floor(Number(event.currentTarget.value)) || 0);
          }}
        />
      </label>
      <button
        type="button"
        onClick={() => {
          step.value += 1;
        }}
      >
        Next step
      </button>
      <button
        type="button"
        onClick={() => {
          seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
        }}
      >
        New seed
      </button>
      {at === "/seed" && problem.value && <Says problem={problem.value} />}
    </div>
  );
}

/** Problems of the row and of a stage are shown at the row and the stage. */
function isShownElsewhere(pointer: string): boolean {
  return pointer.startsWith("/logits") || pointer.startsWith("/chain") || pointer === "/seed";
}
