/** One token's way through the chain; pressing the row opens an explanation in words. */
import { pins } from "../state/pins.ts";
import { chooseToken, chosen_token, goToRow } from "./chosen-token.ts";
import { percent } from "./format.ts";
import { Icon } from "./icon.tsx";
import type { Life, Lives } from "./lives.ts";
import { Token } from "./token.tsx";

interface Props {
  readonly life: Life;
  readonly lives: Lives;
  /** row number in the table for screen readers, from 1; the head is 1 */
  readonly index: number;
  /** only the first and the last column, which fit on a phone */
  readonly is_short: boolean;
  /** true when Tab stops here: one row is a stop, and the arrow keys move on from it */
  readonly is_stop: boolean;
}

export function FunnelRow({ life, lives, index, is_short, is_stop }: Props) {
  const is_alive = life.death === undefined;
  const is_open = chosen_token.value === life.token_id;
  const classes = `${life.is_drawn ? "is-drawn" : ""} ${is_alive ? "" : "is-dead"} ${is_open ? "is-open" : ""}`;
  return (
    // the button in the row is for the keyboard; a pointer may press anywhere in the row
    <tr class={classes} aria-rowindex={index} onClick={() => chooseToken(life.token_id)}>
      <th scope="row">
        <span class="rank">
          {pins.value.includes(life.token_id) && <Icon name="pin" />}
          {life.rank ?? "…"}
        </span>
        <button
          type="button"
          class="token-button"
          aria-expanded={is_open}
          tabIndex={is_stop ? 0 : -1}
          onKeyDown={goToRow}
        >
          <Token token_id={life.token_id} label={life.label} />
          {life.is_drawn && <span class="unseen">, drawn</span>}
        </button>
      </th>
      <Bar p={life.raw} largest={lives.largest} is_last={lives.columns === 0} />
      {is_short ? <End life={life} lives={lives} /> : <Way life={life} lives={lives} />}
    </tr>
  );
}

/** A bar after each stage; after the stage that removed the token, the reason. */
function Way({ life, lives }: { life: Life; lives: Lives }) {
  const missing = lives.columns - life.after.length;
  return (
    <>
      {life.after.map((p, i) => (
        <Bar
          key={i}
          p={p}
          largest={lives.largest}
          is_last={life.death === undefined && i === lives.columns - 1}
        />
      ))}
      {life.death === undefined ? (
        <td />
      ) : (
        <td class="death" colSpan={missing + 1} title={life.death.full}>
          <span aria-hidden="true">✕</span> {life.death.short}
        </td>
      )}
    </>
  );
}

/** The last bar, or the stage that removed the token and the reason. */
function End({ life: { death, after }, lives }: { life: Life; lives: Lives }) {
  if (death === undefined && lives.columns > 0)
    return <Bar p={after.at(-1) ?? 0} largest={lives.largest} is_last />;
  if (death === undefined) return null;
  return (
    <td class="death" title={death.full}>
      <span aria-hidden="true">✕</span> <b>{death.by}</b> {death.short}
    </td>
  );
}

function Bar({ p, largest, is_last }: { p: number; largest: number; is_last: boolean }) {
  return (
    <td class={is_last ? "bar is-last" : "bar"}>
      <i style={{ width: `${(56 * p) / largest}%` }} />
      <span>{percent(p)}</span>
    </td>
  );
}
