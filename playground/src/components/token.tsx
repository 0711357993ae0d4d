/** One token: its text if it is known, otherwise its id. */
import { isEnd, visible } from "./format.ts";

export function Token({ token_id, label }: { token_id: number; label: string | undefined }) {
  if (label === undefined) return <span class="token token-id">#{token_id}</span>;
  return (
    <span
      class={`token ${isEnd(label) ? "token-end" : ""}`}
      title={`token ${token_id}${isEnd(label) ? `, ${label}` : ""}`}
    >
      {label.startsWith(" ") && <span class="token-space">·</span>}
      {label === "" ? "∅" : visible(label.replace(/^ /, ""))}
    </span>
  );
}
