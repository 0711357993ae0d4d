/**
 * The funnel: a row for each token, most likely first, and a column for each stage that ran. A bar shows the
 * probability after the stage; for a removed token, the reason replaces the bar. Only the visible rows are in the
 * document.
 */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { pins } from "../state/pins.ts";
import { type Answer, answer, problem } from "../state/result.ts";
import { is_phone } from "../state/screen.ts";
import { count } from "./format.ts";
import { FunnelHead, PhoneHead } from "./funnel-head.tsx";
import { FunnelRow } from "./funnel-row.tsx";
import { HowToRead } from "./how-to-read.tsx";
import { type Column, columnsOf, type Lives, livesOf } from "./lives.ts";
import { StageList } from "./stage-list.tsx";
import { TokenAccount } from "./token-account.tsx";

const ROW_PX = 27;
const TOKEN_PX = 146;
const STAGE_PX = 100;
const WHY_PX = 64;
/** Rows above and below the visible ones, so that scrolling shows no gap. */
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
      {shown === undefined ? <Loading /> : <Account of={shown} />}
    </section>
  );
}

function Loading() {
  if (problem.value) return <p class="note">No answer to show yet: the service refused the request.</p>;
  return (
    <div class="funnel-loading" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

function Account({ of }: { of: Answer }) {
  const columns = columnsOf(of);
  const lives = livesOf(of, columns);
  return (
    <>
      {is_phone.value && <StageList of={of} columns={columns} />}
      <Table of={of} columns={columns} lives={lives} />
      <TokenAccount lives={lives} columns={columns} />
      <p class="note funnel-more">
        {count(lives.rows.length)} of {count(of.question.row.vocab_size)} tokens, most likely first
        {lives.rows.length > IN_SIGHT && ": the list scrolls"}. Press one to see what each stage made of it,
        and to ban, bias, force or pin it.
        <NotRun of={of} />
      </p>
      <HowToRead />
    </>
  );
}

/** Stages of the request without a column. */
function NotRun({ of: { sampled } }: { of: Answer }) {
  const skipped = (sampled.trace ?? []).filter((entry) => entry.skipped !== undefined);
  if (skipped.length === 0) return null;
  const names = skipped.map(({ stage }) => stage).join(", ");
  return (
    <>
      {" "}
      Without a column, as {skipped.length === 1 ? "it changes" : "they change"} nothing here: {names}.
    </>
  );
}

/** The drawn token and the pinned ones, while their own rows are out of sight. */
function keptInSight({ rows }: Lives, first: number) {
  return rows
    .map((life, i) => ({ life, i }))
    .filter(({ life, i }) => {
      const is_out_of_sight = i < first || i >= first + IN_SIGHT - 1;
      return is_out_of_sight && (life.is_drawn || pins.value.includes(life.token_id));
    });
}

interface TableProps {
  readonly of: Answer;
  readonly columns: readonly Column[];
  readonly lives: Lives;
}

function Table({ of, columns, lives }: TableProps) {
  const first = useSignal(0);
  const box = useRef<HTMLElement>(null);
  const from = Math.max(0, Math.min(first.value, lives.rows.length - IN_SIGHT) - MARGIN);
  const to = Math.min(lives.rows.length, first.value + IN_SIGHT + MARGIN);
  const kept_in_sight = keptInSight(lives, first.value);
  const is_short = is_phone.value;
  const width = TOKEN_PX + STAGE_PX * (columns.length + 1) + WHY_PX;
  return (
    // a scrolling region must be reachable by keyboard, hence the tab index
    <section
      class="funnel-box"
      ref={box}
      tabIndex={0}
      aria-label="Tokens and stages"
      onScroll={(event) => {
        first.value = Math.floor(event.currentTarget.scrollTop / ROW_PX);
      }}
    >
      <table
        class={is_short ? "is-short" : ""}
        aria-rowcount={lives.rows.length + 1}
        style={is_short ? undefined : { minWidth: `${width}px` }}
      >
        {!is_short && (
          <colgroup>
            <col style={{ width: `${TOKEN_PX}px` }} />
            {[undefined, ...columns].map((column) => (
              <col key={column?.place} />
            ))}
            <col style={{ width: `${WHY_PX}px` }} />
          </colgroup>
        )}
        {is_short ? <PhoneHead has_end={columns.length > 0} /> : <FunnelHead of={of} columns={columns} />}
        <tbody
          style={{ "--above": `${from * ROW_PX}px`, "--below": `${(lives.rows.length - to) * ROW_PX}px` }}
        >
          {lives.rows.slice(from, to).map((each, i) => (
            <FunnelRow
              key={each.token_id}
              life={each}
              lives={lives}
              index={from + i + 2}
              is_short={is_short}
              is_stop={from + i === first.value}
            />
          ))}
        </tbody>
        {kept_in_sight.length > 0 && (
          <tfoot>
            {kept_in_sight.map(({ life, i }) => (
              <FunnelRow
                key={life.token_id}
                life={life}
                lives={lives}
                index={i + 2}
                is_short={is_short}
                is_stop={false}
              />
            ))}
          </tfoot>
        )}
      </table>
    </section>
  );
}
