/** Draws the same step thousands of times, and compares each token's count with the expected count. */
import { useSignal } from "@preact/signals";
import { type Draws, drawMany, draws, stopDrawing } from "../state/draws.ts";
import { answer } from "../state/result.ts";
import { is_stale } from "../state/stale.ts";
import { chiSquare } from "./chi-square.ts";
import { count, significant } from "./format.ts";
import { ObservedTable } from "./observed-table.tsx";
import { Says } from "./says.tsx";

const AMOUNTS = [1000, 10_000, 100_000];

export function ManyDraws() {
  const amount = useSignal(10_000);
  const run = draws.value;
  const of = answer.value?.question;
  const is_old = run !== undefined && of !== undefined && run.question !== of && !run.is_running;
  return (
    <section class="panel many" aria-labelledby="many-title">
      <div class="panel-head">
        <h2 id="many-title">Draw it again and again</h2>
        <div class="many-controls">
          <label>
            <span class="unseen">How many draws</span>
            <select
              value={amount.value}
              onChange={(event) => {
                amount.value = Number(event.currentTarget.value);
              }}
            >
              {AMOUNTS.map((n) => (
                <option key={n} value={n}>
                  {count(n)} times
                </option>
              ))}
            </select>
          </label>
          {run?.is_running ? (
            <button type="button" onClick={stopDrawing}>
              Stop
            </button>
          ) : (
            <button
              type="button"
              class="main"
              disabled={of === undefined || is_stale.value}
              onClick={() => {
                if (of) void drawMany(of, amount.value);
              }}
            >
              {run !== undefined && !is_old ? "Same again" : `Sample ${count(amount.value)} times`}
            </button>
          )}
        </div>
      </div>
      {run === undefined ? (
        <p class="note">
          Every draw has its own random number, worked out from seed, step and the draw's place. Drawn often
          enough, each token comes as often as its probability says, and the same seed brings the same tokens.
        </p>
      ) : (
        <Run run={run} is_old={is_old} />
      )}
    </section>
  );
}

function Run({ run, is_old }: { run: Draws; is_old: boolean }) {
  return (
    <div class={is_old ? "is-stale" : ""}>
      <progress max={run.wanted} value={run.tokens.length} aria-label="Draws made" />
      <p class="verdict" aria-live="polite">
        {run.is_running ? `${count(run.tokens.length)} of ${count(run.wanted)}…` : <Verdict run={run} />}
        {is_old && " This was before the last change."}
      </p>
      {run.problem && <Says problem={run.problem} />}
      <ObservedTable run={run} />
    </div>
  );
}

function Verdict({ run }: { run: Draws }) {
  const { question, tokens, same_as_before } = run;
  const last_step = question.step + Math.max(0, Math.ceil(tokens.length / 1000) - 1);
  const steps = last_step === question.step ? `step ${last_step}` : `steps ${question.step} to ${last_step}`;
  return (
    <>
      {count(tokens.length)} draws of seed {question.seed}, {steps}. <Fit run={run} />
      {same_as_before !== undefined && (
        <strong class="same">
          {same_as_before === tokens.length
            ? ` The same ${count(tokens.length)} tokens as before, in the same order.`
            : ` Only ${count(same_as_before)} tokens are the same as before.`}
        </strong>
      )}
    </>
  );
}

function Fit({ run }: { run: Draws }) {
  const test = chiSquare(cellsOf(run));
  if (test === undefined) return <>One token has it all: there is nothing to compare.</>;
  const { statistic, degrees, p } = test;
  return (
    <>
      χ² = {significant(statistic, 4)} on {degrees} degrees of freedom, p = {significant(p, 2)}:{" "}
      {p > 0.001 ? "what fair draws give." : "fair draws would rarely stray so far."}
    </>
  );
}

/** A cell for each listed token, and one for all others. */
function cellsOf({ observed, expected, tokens }: Draws) {
  const cells = [...expected].map(([token_id, n]) => ({
    observed: observed.get(token_id) ?? 0,
    expected: n,
  }));
  const seen = cells.reduce((sum, cell) => sum + cell.observed, 0);
  const hoped = cells.reduce((sum, cell) => sum + cell.expected, 0);
  const others = { observed: tokens.length - seen, expected: Math.max(0, tokens.length - hoped) };
  return others.observed > 0 || others.expected > 1e-6 * tokens.length ? [...cells, others] : cells;
}
