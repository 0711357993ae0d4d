/** Speculation while a text is written: one of the service's verification methods, and the drafter. */
import { KindSelect } from "../components/kind-select.tsx";
import { verify_methods } from "../state/catalogue.ts";
import { extras, setExtra } from "../state/extras.ts";
import { DRAFTERS, type DrafterName, speculationIn } from "./speculation.ts";

const KEPT: Readonly<Record<string, string>> = {
  tokens: "The text is the one without drafts, token by token.",
  distribution: "Texts are as likely as without drafts, though this one is another.",
  nothing: "It is not the text that would be drawn without drafts.",
};

export function SpeculationChoice() {
  const chosen = speculationIn(extras.value);
  const methods = verify_methods.value;
  const info = methods.find(({ name }) => name === chosen?.method);
  if (methods.length === 0) return null;
  const drafter = chosen?.drafter ?? "early";
  return (
    <div class={`choice speculation-choice ${chosen === undefined ? "" : "is-chosen"}`}>
      <KindSelect
        label="speculation"
        kinds={methods}
        value={chosen?.method}
        onChoose={(method) => setExtra("speculate", method && { method, drafter })}
      />
      {chosen !== undefined && (
        <label>
          <span class="field-name">drafted by</span>
          <select
            value={drafter}
            onChange={
              ({ currentTarget }) =>
                setExtra("speculate", { ...chosen, drafter: currentTarget.value as DrafterName }) // the options are DRAFTERS
            }
          >
            {Object.entries(DRAFTERS).map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      {info !== undefined && (
        <p class="note" title={info.formula}>
          {info.summary} {KEPT[info.preserves]}{" "}
          <a href={info.source.url} rel="noreferrer">
            {info.source.title}
          </a>
        </p>
      )}
    </div>
  );
}
