/**
 * The funnel: a row for each token, most likely first, a column for each stage that ran. A bar is a probability
 * after the stage; where a token was removed stands why. Only the rows in sight are in the document.
 */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { type Answer, answer, problem } from "../state/result.ts";
import { FunnelHead } from "./funnel-head.tsx";
import { FunnelRow } from "./funnel-row.tsx";
import { columnsOf, type Lives, livesOf } from "./lives.ts";

const ROW_PX = 27;
const TOKEN_PX = 146;
const STAGE_PX = 100;
const WHY_PX = 76;
/** Rows above and below the ones in sight, so that scrolling shows no gap. */
const MARGIN = 6;
const IN_SIGHT = 14;

export function Funnel() {
  const shown = answer.value;
  return (
    <section class="panel funnel" aria-labelledby="funnel-title">
      <div class="panel-head">
        <h2 id="funnel-title">Stage by stage</h2>
        <span class="aside">
          each token's probability after each stage, and why it was removed
          {shown && `; answered in ${shown.round_trip_ms.toFixed(0)} ms`}
        </span>
      </div>
      {shown === undefined ? <Loading /> : <Table of={shown} />}
    </section>
  );
}

function Loading() {
  if (problem.value) return <p class="note">No answer to show yet.</p>;
  return (
    <div class="funnel-loading" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

function Table({ of }: { of: Answer }) {
  const first = useSignal(0);
  const box = useRef<HTMLElement>(null);
  const columns = columnsOf(of);
  const lives = livesOf(of, columns);
  const from = Math.max(0, Math.min(first.value, lives.rows.length - IN_SIGHT) - MARGIN);
  const to = Math.min(lives.rows.length, first.value + IN_SIGHT + MARGIN);
  const drawn_at = lives.rows.findIndex((life) => life.is_drawn);
  const is_out_of_sight = drawn_at < first.value || drawn_at >= first.value + IN_SIGHT - 1;
  return (
    // a region that scrolls has to be reachable by keyboard: hence the tab index
    <section
      class={`funnel-box ${problem.value ? "is-stale" : ""}`}
      ref={box}
      tabIndex={0}
      aria-label="Tokens and stages"
      onScroll={(event) => {
        first.value = Math.floor(event.currentTarget.scrollTop / ROW_PX);
      }}
    >
      <table
        aria-rowcount={lives.rows.length + 1}
        style={{ minWidth: `${TOKEN_PX + STAGE_PX * (columns.length + 1) + WHY_PX}px` }}
      >
        <colgroup>
          <col style={{ width: `${TOKEN_PX}px` }} />
          {[undefined, ...columns].map((column) => (
            <col key={column?.place} class="stage-column" />
          ))}
          <col />
        </colgroup>
        <FunnelHead of={of} columns={columns} />
        <tbody
          style={{ "--above": `${from * ROW_PX}px`, "--below": `${(lives.rows.length - to) * ROW_PX}px` }}
        >
          {lives.rows.slice(from, to).map((life, i) => (
            <FunnelRow key={life.token_id} life={life} lives={lives} index={from + i + 2} />
          ))}
        </tbody>
        {is_out_of_sight && <DrawnBelow lives={lives} drawn_at={drawn_at} />}
      </table>
    </section>
  );
}

/** The drawn token stays in sight when its own row is not. */
function DrawnBelow({ lives, drawn_at }: { lives: Lives; drawn_at: number }) {
  const life = lives.rows[drawn_at];
  if (life === undefined) return null;
  return (
    <tfoot>
      <FunnelRow life={life} lives={lives} index={drawn_at + 2} />
    </tfoot>
  );
}
