/**
 * The draw: the kept tokens side by side in the order of their ids, each as wide as its probability, and the uniform u
 * on the same scale. The token at u is drawn.
 */
import { type Answer, answer } from "../state/result.ts";
import { count, percent } from "./format.ts";
import { type Segment, segmentsOf } from "./segments.ts";
import { Token } from "./token.tsx";

/** Narrower than this a segment has no room for its text. */
const LABELLED = 0.07;

export function Draw() {
  const shown = answer.value;
  return (
    <section class="panel draw" aria-labelledby="draw-title">
      <div class="panel-head">
        <h2 id="draw-title">The draw</h2>
        {shown && <Where of={shown} />}
      </div>
      {shown === undefined ? (
        <p class="note">No answer to show yet.</p>
      ) : shown.sampled.inverse_cdf === undefined ? (
        <p class="note">
          This token was not looked up on a line: its watermark has a rule of its own to draw by.
        </p>
      ) : (
        <Strip of={shown} />
      )}
    </section>
  );
}

function Where({ of: { question, sampled } }: { of: Answer }) {
  const { inverse_cdf } = sampled;
  if (inverse_cdf === undefined) return null;
  return (
    <span class="aside">
      u(seed {question.seed}, step {question.step}) = {inverse_cdf.uniform.toFixed(4)} falls in [
      {inverse_cdf.from.toFixed(4)}, {inverse_cdf.to.toFixed(4)})
    </span>
  );
}

function Strip({ of }: { of: Answer }) {
  const { question, sampled } = of;
  const segments = segmentsOf(sampled);
  const u = sampled.inverse_cdf?.uniform ?? 0;
  const listed = segments.length;
  return (
    <>
      <div class="strip">
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          {segments.map((segment, i) => (
            <rect
              key={segment.token_id}
              x={segment.from}
              width={segment.to - segment.from}
              y="0"
              height="1"
              class={segment.token_id === sampled.token_id ? "is-drawn" : i % 2 === 0 ? "is-even" : "is-odd"}
            />
          ))}
        </svg>
        {segments.filter(isWide).map((segment) => (
          <span
            key={segment.token_id}
            class={`strip-label ${segment.token_id === sampled.token_id ? "is-drawn" : ""}`}
            style={{ left: `${100 * segment.from}%`, width: `${100 * (segment.to - segment.from)}%` }}
          >
            <Token token_id={segment.token_id} label={question.row.labelOf(segment.token_id)} />
            <small>{percent(segment.to - segment.from)}</small>
          </span>
        ))}
        <span class="needle" style={{ left: `${100 * u}%` }}>
          <b>u</b>
        </span>
      </div>
      <div class="strip-scale" aria-hidden="true">
        <span>0</span>
        <span>the kept tokens by id</span>
        <span>1</span>
      </div>
      {listed < sampled.kept && (
        <p class="note">
          Drawn are the {count(listed)} most likely of {count(sampled.kept)} kept tokens; the others fill the
          gaps.
        </p>
      )}
    </>
  );
}

function isWide({ from, to }: Segment): boolean {
  return to - from > LABELLED;
}
