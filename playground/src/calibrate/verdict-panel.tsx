/** Diagnoses of the test rows: how many are confident, torn or unsure, and which are confidently wrong. */
import { useSignal } from "@preact/signals";
import { count } from "../components/format.ts";
import type { Fitted } from "./reader.ts";
import type { Diagnosis, Verdict } from "./wire.ts";

const VERDICTS: readonly Verdict[] = ["confident", "torn", "unsure"];
/** The number of listed rows of one kind. */
const LISTED = 12;

type Kind = Verdict | "confidently wrong";

export function VerdictPanel({ of }: { of: Fitted }) {
  const shown = useSignal<Kind>("confidently wrong");
  const [before, after] = of.diagnoses;
  return (
    <section class="panel" aria-labelledby="verdict-title">
      <div class="panel-head">
        <h2 id="verdict-title">Diagnosis</h2>
        <span class="aside">as it came → calibrated; choose one to see its rows</span>
      </div>
      <fieldset class="verdicts">
        <legend class="unseen">Verdict</legend>
        {[...VERDICTS, "confidently wrong" as const].map((kind) => (
          <button
            type="button"
            key={kind}
            class={`badge is-${kind.replace(" ", "-")}`}
            aria-pressed={shown.value === kind}
            onClick={() => {
              shown.value = kind;
            }}
          >
            <span>{kind}</span>
            <b>
              {count(before.filter(isOf(kind)).length)} → {count(after.filter(isOf(kind)).length)}
            </b>
          </button>
        ))}
      </fieldset>
      <Rows of={of} kind={shown.value} />
      {of.suspicion && (
        <p class="note">
          Against a baseline of clean rows, {(100 * of.suspicion.perturbed).toFixed(1)} % of adversarially
          perturbed digits are suspicious, and {(100 * of.suspicion.clean).toFixed(1)} % of clean ones. It is
          a heuristic: it notices weak evidence, whatever weakened it.
        </p>
      )}
    </section>
  );
}

function isOf(kind: Kind): (diagnosis: Diagnosis) => boolean {
  if (kind === "confidently wrong") return ({ confidently_wrong }) => confidently_wrong === true;
  return ({ verdict }) => verdict === kind;
}

function Rows({ of: { set, diagnoses }, kind }: { of: Fitted; kind: Kind }) {
  const [before, after] = diagnoses;
  const chosen = before
    .map((diagnosis, i) => ({ diagnosis, i }))
    .filter(({ diagnosis }) => isOf(kind)(diagnosis));
  if (chosen.length === 0) return <p class="note">No row is {kind}.</p>;
  return (
    // a keyboard stop, because it scrolls
    <section class="verdict-box" tabIndex={0} aria-label="Verdicts, row by row">
      <table class="verdict-rows">
        <thead>
          <tr>
            <th scope="col">row</th>
            <th scope="col">said</th>
            <th scope="col">came</th>
            <th scope="col">sure</th>
            <th scope="col">calibrated</th>
            <th scope="col">verdict then</th>
          </tr>
        </thead>
        <tbody>
          {chosen.slice(0, LISTED).map(({ diagnosis, i }) => (
            <tr key={i}>
              <th scope="row">{i}</th>
              <td>{set.nameOf(diagnosis.top_id)}</td>
              <td>{set.nameOf(set.test.targets[i] ?? 0)}</td>
              <td>{(100 * diagnosis.probability).toFixed(1)} %</td>
              <td>{(100 * (after[i]?.probability ?? 0)).toFixed(1)} %</td>
              <td>
                <span class={`badge-small is-${after[i]?.verdict}`}>{after[i]?.verdict}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {chosen.length > LISTED && <p class="note">and {count(chosen.length - LISTED)} more</p>}
    </section>
  );
}
