/** Shares of 100 % as bars, a line each. */
import { percent } from "../components/format.ts";

export interface Share {
  readonly name: string;
  /** undefined while it is unknown */
  readonly p: number | undefined;
  /** beside the per cent */
  readonly note?: string;
  readonly is_marked?: boolean;
}

export function Bars({ shares, of = 1 }: { shares: readonly Share[]; of?: number }) {
  return (
    <ul class="shares-list">
      {shares.map(({ name, p, note, is_marked }) => (
        <li key={name} class={is_marked ? "is-marked" : ""}>
          <span class="share-name">{name}</span>
          <span class="share-bar">
            <i style={{ width: `${(100 * (p ?? 0)) / of}%` }} />
          </span>
          <b>{p !== undefined && percent(p)}</b>
          {note !== undefined && <small>{note}</small>}
        </li>
      ))}
    </ul>
  );
}
