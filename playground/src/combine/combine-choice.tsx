/** Combines the row with others before the chain: one of the service's rules, the further rows, and its options. */
import { KindSelect } from "../components/kind-select.tsx";
import { Field } from "../components/option-field.tsx";
import { Says } from "../components/says.tsx";
import { EXAMPLES } from "../rows/examples.ts";
import { problem } from "../state/result.ts";
import { row } from "../state/signals.ts";
import {
  combination,
  combineBy,
  combined,
  is_awaited,
  type RuleInfo,
  rules,
  setCombineOption,
  setFurther,
} from "./combination.ts";

export function CombineChoice() {
  const all = rules.value ?? [];
  if (all.length === 0) return null;
  const of = combination.value;
  const rule = all.find(({ name }) => name === of?.combine.rule);
  return (
    <details class="combine-choice more" open={of !== undefined || undefined}>
      <summary>combine it with other rows</summary>
      <KindSelect
        label="combined by"
        unseen
        kinds={all}
        value={rule?.name}
        none="not combined"
        onChoose={(chosen) => combineBy(all.find(({ name }) => name === chosen))}
      />
      {rule && <Chosen rule={rule} />}
    </details>
  );
}

function Chosen({ rule }: { rule: RuleInfo }) {
  const of = combination.value;
  if (of === undefined) return null;
  const at = problem.value?.pointer ?? "";
  return (
    <>
      <p class="formula" title={rule.summary}>
        {rule.formula}
      </p>
      <p class="note">{rule.summary}</p>
      {rule.sources.slice(1).map((source, i) => (
        <label key={source}>
          <span class="field-name">{source}</span>
          <select value={of.examples[i]} onChange={(event) => setFurther(i, event.currentTarget.value)}>
            {EXAMPLES.filter(({ is_of_demo }) => is_of_demo).map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
      ))}
      {Object.entries(rule.options.properties)
        .filter(([name]) => name !== "rule")
        .map(([name, schema]) => (
          <div class="field" key={name} title={schema.description}>
            <label for={`combine-${name}`} class="field-name">
              {name}
            </label>
            <Field
              id={`combine-${name}`}
              name={name}
              schema={schema}
              value={of.combine[name]}
              is_wrong={at === `/combine/${name}`}
              change={(value) => setCombineOption(name, value)}
            />
          </div>
        ))}
      {row.value !== undefined && !is_awaited.value && combined.value === undefined && (
        <p class="doubt">These rows are not of one length or type: they are not combined.</p>
      )}
      {at.startsWith("/combine") && problem.value && <Says problem={problem.value} />}
    </>
  );
}
