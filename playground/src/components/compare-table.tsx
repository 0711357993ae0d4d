/**
 * Hosts as columns: the chain that each ran, the token that it draws, and for each token its probability or the stage
 * that removed it.
 */
import type { Fate, ProblemBody, Sampled } from "../api/wire.ts";
import type { HostAnswer, Hosts } from "../state/hosts.ts";
import { deathIn } from "./death.ts";
import { count, percent } from "./format.ts";
import { Says } from "./says.tsx";
import { Token } from "./token.tsx";

/** Tokens that no host kept cannot be compared; a few of them show where the cut is. */
const DEAD_SHOWN = 2;

export function CompareTable({ of }: { of: Hosts }) {
  const { labelOf } = of.of.question.row;
  return (
    // a scrolling region must be reachable by keyboard, hence the tab index
    <section class="compare-box" tabIndex={0} aria-label="Hosts side by side">
      <table>
        <thead>
          <tr>
            <th scope="col">token</th>
            {of.answers.map((answer) => (
              <HostHead key={answer.name} answer={answer} labelOf={labelOf} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shownTokens(of).map((i) => (
            <Row key={of.token_ids[i]} of={of} i={i} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadProps {
  readonly answer: HostAnswer;
  readonly labelOf: (token_id: number) => string | undefined;
}

function HostHead({ answer: { name, result }, labelOf }: HeadProps) {
  return (
    <th scope="col" data-host={name}>
      <b>{name}</b>
      {isSampled(result) ? (
        <>
          <small class="stages-ran">{chainOf(result)}</small>
          <small>keeps {count(result.kept)}, draws</small>
          <span class="drawn">
            <Token token_id={result.token_id} label={labelOf(result.token_id)} />
          </span>
        </>
      ) : (
        <Says problem={result} />
      )}
    </th>
  );
}

/** Stages that changed something, in their order. */
function chainOf({ trace = [] }: Sampled): string {
  const ran = trace.filter(({ skipped }) => skipped === undefined).map(({ stage }) => stage);
  return ran.length === 0 ? "the row as it came" : ran.join(" → ");
}

function Row({ of, i }: { of: Hosts; i: number }) {
  const token_id = of.token_ids[i] ?? 0;
  const cells = of.answers.map(({ name, result }) => ({ name, fate: fateOf(result, i), result }));
  const kept = cells.filter(({ fate }) => fate?.removed_by === null).length;
  const is_parting = kept > 0 && kept < cells.filter(({ fate }) => fate !== undefined).length;
  return (
    <tr class={is_parting ? "is-parting" : ""}>
      <th scope="row">
        <Token token_id={token_id} label={of.of.question.row.labelOf(token_id)} />
        {is_parting && <span class="parting">differs</span>}
      </th>
      {cells.map(({ name, fate, result }) => (
        <td
          key={name}
          class={isSampled(result) && result.token_id === token_id ? "bar is-last is-drawn" : "bar is-last"}
        >
          {fate === undefined ? (
            ""
          ) : fate.removed_by === null ? (
            <Bar p={fate.probability} />
          ) : (
            <End fate={fate} trace={result} />
          )}
        </td>
      ))}
    </tr>
  );
}

function Bar({ p }: { p: number }) {
  return (
    <>
      <i style={{ width: `${55 * p}%` }} />
      <span>{percent(p)}</span>
    </>
  );
}

function End({ fate, trace }: { fate: Fate; trace: Sampled | ProblemBody }) {
  const entries = isSampled(trace) ? (trace.trace ?? []) : [];
  const at = entries.findIndex(
    ({ stage, kept_before, kept_after }) => stage === fate.removed_by && kept_after < kept_before,
  );
  const best = entries[at - 1]?.top[0]?.probability ?? 1;
  return (
    <span class="death" title={deathIn(fate, at > 0 ? entries[at] : undefined, best).full}>
      <span aria-hidden="true">✕</span> {fate.removed_by}
    </span>
  );
}

function isSampled(result: Sampled | ProblemBody): result is Sampled {
  return "token_id" in result;
}

function fateOf(result: Sampled | ProblemBody, i: number) {
  return isSampled(result) ? result.fates?.[i] : undefined;
}

/** The tokens down to the last one that any host keeps, and a few more. */
function shownTokens({ token_ids, answers }: Hosts): number[] {
  const is_kept = (i: number) => answers.some(({ result }) => fateOf(result, i)?.removed_by === null);
  const last = token_ids.reduce((found, _, i) => (is_kept(i) ? i : found), 0);
  return token_ids.map((_, i) => i).slice(0, last + 1 + DEAD_SHOWN);
}
