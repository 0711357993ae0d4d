/** Selects a watermark for the written text: one of the service's schemes, and the id of one of its keys. */
import { KindSelect } from "../components/kind-select.tsx";
import { watermarks } from "../state/catalogue.ts";
import { extras, setExtra } from "../state/extras.ts";
import { markIn } from "./mark.ts";

export function WatermarkChoice() {
  const mark = markIn(extras.value);
  const info = watermarks.value.find(({ name }) => name === mark?.scheme);
  if (watermarks.value.length === 0) return null;
  return (
    <div class={`choice watermark-choice ${mark === undefined ? "" : "is-chosen"}`}>
      <KindSelect
        label="watermark"
        kinds={watermarks.value}
        value={mark?.scheme}
        onChoose={(scheme) => {
          const chosen = watermarks.value.find(({ name }) => name === scheme);
          setExtra("watermark", chosen && { ...chosen.example, ...(mark && { key: mark.key }) });
        }}
      />
      {mark !== undefined && (
        <label>
          <span class="field-name">key</span>
          <input
            type="text"
            spellcheck={false}
            value={mark.key}
            onChange={(event) => setExtra("watermark", { ...mark, key: event.currentTarget.value.trim() })}
          />
        </label>
      )}
      {info !== undefined && (
        <p class="note" title={info.formula}>
          {info.summary}{" "}
          {info.keeps_distribution
            ? "Over all keys tokens are as likely as without it."
            : "It makes some tokens likelier than the chain does."}{" "}
          <a href={info.source.url} rel="noreferrer">
            {info.source.title}
          </a>
        </p>
      )}
    </div>
  );
}
