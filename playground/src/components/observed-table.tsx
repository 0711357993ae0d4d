/** Tokens with the observed and expected counts; only the visible rows are in the document. */
import { useSignal } from "@preact/signals";
import type { Draws } from "../state/draws.ts";
import { count } from "./format.ts";
import { Token } from "./token.tsx";

const ROW_PX = 26;
const IN_SIGHT = 10;
const MARGIN = 4;

export function ObservedTable({ run }: { run: Draws }) {
  const first = useSignal(0);
  const rows = [...run.expected].sort(([, a], [, b]) => b - a);
  const largest = Math.max(1, ...rows.slice(0, 1).map(([, n]) => n), ...run.observed.values());
  const from = Math.max(0, Math.min(first.value, rows.length - IN_SIGHT) - MARGIN);
  const to = Math.min(rows.length, first.value + IN_SIGHT + MARGIN);
  return (
    // a scrolling region must be reachable by keyboard, hence the tab index
    <section
      class="observed-box"
      aria-label="Observed and expected counts"
      tabIndex={0}
      onScroll={(event) => {
        first.value = Math.floor(event.currentTarget.scrollTop / ROW_PX);
      }}
    >
      <table class="observed" aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">token</th>
            <th scope="col">
              <span class="key">
                <i class="key-bar" /> observed
              </span>{" "}
              <span class="key">
                <i class="key-line" /> expected
              </span>
            </th>
            <th scope="col">observed</th>
            <th scope="col">expected</th>
            <th scope="col">off by</th>
          </tr>
        </thead>
        <tbody style={{ "--above": `${from * ROW_PX}px`, "--below": `${(rows.length - to) * ROW_PX}px` }}>
          {rows.slice(from, to).map(([token_id, expected], i) => (
            <Row
              key={token_id}
              run={run}
              token_id={token_id}
              expected={expected}
              largest={largest}
              index={from + i + 2}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly run: Draws;
  readonly token_id: number;
  readonly expected: number;
  readonly largest: number;
  readonly index: number;
}

function Row({ run, token_id, expected, largest, index }: RowProps) {
  const observed = run.observed.get(token_id) ?? 0;
  return (
    <tr aria-rowindex={index}>
      <th scope="row">
        <Token token_id={token_id} label={run.question.row.labelOf(token_id)} />
      </th>
      <td class="pair">
        <i style={{ width: `${(100 * observed) / largest}%` }} />
        <b style={{ left: `${(100 * expected) / largest}%` }} />
      </td>
      <td>{count(observed)}</td>
      <td>{expected < 9.95 ? expected.toFixed(1) : count(Math.round(expected))}</td>
      <td>{deviation(observed, expected)}</td>
    </tr>
  );
}

/** In standard deviations of a Poisson count: within ±2 in 19 of 20 cases. */
function deviation(observed: number, expected: number): string {
  if (expected <= 0) return "";
  const z = (observed - expected) / Math.sqrt(expected);
  return `${z < 0 ? "−" : "+"}${Math.abs(z).toFixed(1)} σ`;
}
