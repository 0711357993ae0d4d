/** The picture of the story: ten tokens as bars, which the steps change, and the line from which a token is drawn. */
import { percent, signed } from "../../components/format.ts";
import { segmentsOf } from "../../components/segments.ts";
import type { Bar, Mode, Told } from "./question.ts";

const TITLES: Readonly<Record<Mode, string>> = {
  logits: "logits",
  shares: "probabilities at temperature 1",
  temperature: "probabilities with this temperature",
  cut: "probabilities of what is kept",
  draw: "the kept tokens, and the one drawn",
};
/** The logits of an empty bar and of a full bar. */
const LOGIT_LOW = -4;
const LOGIT_HIGH = 14;

export function StoryPicture({ of }: { of: Told | undefined }) {
  if (of === undefined) return <div class="story-picture" aria-busy="true" />;
  const { mode } = of.question;
  const most = Math.max(...of.bars.map(({ p = 0 }) => p), of.others);
  return (
    <figure class={`story-picture is-${mode}`}>
      <figcaption>
        <strong>{of.text} …</strong> <span>{TITLES[mode]}</span>
      </figcaption>
      <ul>
        {of.bars.map((bar) => (
          <StoryBar
            key={bar.token_id}
            bar={bar}
            mode={mode}
            most={most}
            is_drawn={mode === "draw" && bar.token_id === of.sampled.token_id}
          />
        ))}
        {mode !== "logits" && (
          <li class="is-others">
            <span>all others</span>
            <i style={{ "--part": String(of.others / most) }} />
            <b>{percent(of.others)}</b>
          </li>
        )}
      </ul>
      <Line of={of} />
    </figure>
  );
}

interface BarProps {
  readonly bar: Bar;
  readonly mode: Mode;
  readonly most: number;
  readonly is_drawn: boolean;
}

function StoryBar({ bar: { name, logit, p }, mode, most, is_drawn }: BarProps) {
  const part = mode === "logits" ? (logit - LOGIT_LOW) / (LOGIT_HIGH - LOGIT_LOW) : (p ?? 0) / most;
  const value = mode === "logits" ? signed(logit, 1) : p === undefined ? "removed" : percent(p);
  return (
    <li class={`${p === undefined && mode !== "logits" ? "is-out" : ""} ${is_drawn ? "is-drawn" : ""}`}>
      <span>{name}</span>
      <i style={{ "--part": String(Math.min(1, Math.max(0, part))) }} />
      <b>{value}</b>
    </li>
  );
}

/**
 * The line from 0 to 1: the kept tokens by their ids, and the random number. Before the draw, its space stays empty.
 */
function Line({ of: { question, sampled, nameOf } }: { of: Told }) {
  const { inverse_cdf } = sampled;
  if (question.mode !== "draw" || inverse_cdf === undefined) return <div class="story-line" />;
  return (
    <div class="story-line">
      <div class="story-strip" aria-hidden="true">
        {segmentsOf(sampled).map(({ token_id, from, to }) => (
          <i
            key={token_id}
            class={token_id === sampled.token_id ? "is-drawn" : ""}
            style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%` }}
          />
        ))}
        <b style={{ left: `${100 * inverse_cdf.uniform}%` }} />
      </div>
      <p class="note">
        u = {inverse_cdf.uniform.toFixed(4)} falls on <strong>{nameOf(sampled.token_id)}</strong>
      </p>
    </div>
  );
}
