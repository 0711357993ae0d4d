/** A logit as log-odds: the curve from log-odds to probability, with a point to drag along it. */
import { request } from "../../api/client.ts";
import { percent, signed, significant } from "../../components/format.ts";
import { Says } from "../../components/says.tsx";
import { postJson, useAsked } from "../asked.ts";
import { Dial, type DialSpec, dialValue } from "../dial.tsx";
import type { Idea } from "../idea.ts";

const LOG_ODDS: DialSpec = { name: "log_odds", label: "logit", low: -8, high: 8, step: 0.1, start: 1.5 };

interface LogitReply {
  readonly probability: number;
  readonly complement: number;
}

const WIDTH = 420;
const HEIGHT = 150;
const xAt = (x: number) => 10 + ((x - LOG_ODDS.low) / (LOG_ODDS.high - LOG_ODDS.low)) * (WIDTH - 20);
const yAt = (p: number) => HEIGHT - 22 - p * (HEIGHT - 40);

function View() {
  const at = dialValue(LOG_ODDS);
  const { reply, problem } = useAsked(String(at), () => request<LogitReply>(`/v1/logit?log_odds=${at}`, {}));
  const curve = useAsked("curve", askCurve);
  return (
    <>
      <div class="live-figure">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label="Probability by log-odds: an S from 0 to 1"
        >
          <g class="axes">
            {[0, 0.5, 1].map((p) => (
              <g key={p}>
                <line x1={xAt(-8)} x2={xAt(8)} y1={yAt(p)} y2={yAt(p)} />
                <text x={xAt(-8)} y={yAt(p) - 3}>
                  {100 * p} %
                </text>
              </g>
            ))}
            {[-8, -4, 0, 4, 8].map((x) => (
              <text key={x} x={xAt(x)} y={HEIGHT - 6} text-anchor="middle">
                {signed(x, 0)}
              </text>
            ))}
          </g>
          <path
            class="as-drawn"
            d={(curve.reply ?? []).map(([x, p], i) => `${i === 0 ? "M" : "L"}${xAt(x)} ${yAt(p)}`).join("")}
          />
          {reply && <circle class="drawn-dot" cx={xAt(at)} cy={yAt(reply.probability)} r="6" />}
        </svg>
        <p class="live-answer">
          {reply && (
            <>
              p = <strong>{percent(reply.probability)}</strong>, 1 − p = {percent(reply.complement)}; odds{" "}
              {odds(at)}
            </>
          )}
        </p>
        {problem && <Says problem={problem} />}
      </div>
      <Dial of={LOG_ODDS} />
    </>
  );
}

/** The curve itself: a row of one logit for each of its points. */
async function askCurve(): Promise<readonly (readonly [number, number])[]> {
  const points = Array.from({ length: 81 }, (_, i) => LOG_ODDS.low + i / 5);
  const rows = points.map((x) => ({ logits: [x] }));
  const { results } = await postJson<{ results: readonly LogitReply[] }>("/v1/probabilities", { rows });
  return points.map((x, i) => [x, results[i]?.probability ?? 0]);
}

/** 2.7 : 1, or 1 : 2.7 */
function odds(log_odds: number): string {
  const against = significant(Number(Math.exp(Math.abs(log_odds)).toPrecision(2)));
  return log_odds < 0 ? `1 : ${against}` : `${against} : 1`;
}

export const logOdds: Idea = {
  id: "log-odds",
  title: "A logit is a log-odds",
  sentences: [
    "What a model's last layer says to a question of yes or no, its logit, is ln(p / (1 − p)): 0 means even odds, and every step of 1 multiplies the odds by 2.7. Those are odds, not probabilities: from 1 : 1 to 2.7 : 1 is 50 % to 73 %, and no number makes it 100 %.",
    "Drag the logit and see how little happens to the probability at either end.",
  ],
  View,
  asks: "GET /v1/logit",
};
