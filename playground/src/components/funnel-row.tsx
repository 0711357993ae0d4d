/** One token's way through the chain. */
import { percent } from "./format.ts";
import type { Life, Lives } from "./lives.ts";
import { Token } from "./token.tsx";

interface Props {
  readonly life: Life;
  readonly lives: Lives;
  /** place in the table for screen readers, from 1, the head being 1 */
  readonly index: number;
}

export function FunnelRow({ life, lives, index }: Props) {
  const missing = lives.columns - life.after.length;
  const is_alive = life.death === undefined;
  return (
    <tr class={`${life.is_drawn ? "is-drawn" : ""} ${is_alive ? "" : "is-dead"}`} aria-rowindex={index}>
      <th scope="row">
        <span class="rank">{life.rank}</span>
        <Token token_id={life.token_id} label={life.label} />
        {life.is_drawn && <span class="unseen">, drawn</span>}
      </th>
      <Bar p={life.raw} largest={lives.largest} is_last={lives.columns === 0} />
      {life.after.map((p, i) => (
        <Bar key={i} p={p} largest={lives.largest} is_last={is_alive && i === lives.columns - 1} />
      ))}
      {is_alive ? (
        <td />
      ) : (
        <td class="death" colSpan={missing + 1} title={life.death}>
          <span aria-hidden="true">✕</span> {life.death}
        </td>
      )}
    </tr>
  );
}

function Bar({ p, largest, is_last }: { p: number; largest: number; is_last: boolean }) {
  return (
    <td class={is_last ? "bar is-last" : "bar"}>
      <i style={{ width: `${(46 * p) / largest}%` }} />
      <span>{percent(p)}</span>
    </td>
  );
}
