/** One line: the token that other hosts draw from the same row with the same settings, seed and step. */
import { hosts } from "../state/hosts.ts";
import { answer } from "../state/result.ts";
import { Token } from "./token.tsx";

export function HostsLine() {
  const shown = hosts.value;
  // the line keeps its height while a newer answer is compared
  if (shown === undefined || shown.of.question.row !== answer.value?.question.row)
    return <p class="hosts-line"> </p>;
  const drawn = shown.answers.flatMap(({ name, result }) =>
    "token_id" in result ? [{ name, token_id: result.token_id }] : [],
  );
  const tokens = new Set(drawn.map(({ token_id }) => token_id)).size;
  if (drawn.length < 2) return <p class="hosts-line"> </p>;
  const { labelOf } = shown.of.question.row;
  return (
    <p class={`hosts-line ${shown.of === answer.value ? "" : "is-behind"}`}>
      Same settings, {tokens === 1 ? "the same token" : `${tokens} tokens`}:{" "}
      {drawn.map(({ name, token_id }, i) => (
        <span key={name}>
          {i > 0 && ", "}
          {name} <Token token_id={token_id} label={labelOf(token_id)} />
        </span>
      ))}
      .{" "}
      <button type="button" class="link" onClick={showComparison}>
        Host by host
      </button>
    </p>
  );
}

function showComparison(): void {
  const heading = document.getElementById("compare-title");
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start" });
}
