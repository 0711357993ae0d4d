/** One option of a stage: the control that its schema requires, with the service's error below it. */
import type { OptionSchema, StageInfo } from "../api/wire.ts";
import { controlOf } from "../controls/control.ts";
import { setOption } from "../state/chain.ts";
import { problem } from "../state/result.ts";
import type { ChainItem } from "../state/signals.ts";
import { JsonField } from "./json-field.tsx";
import { NumberField } from "./number-field.tsx";
import { Says } from "./says.tsx";

interface Props {
  readonly item: ChainItem;
  readonly name: string;
  readonly info: StageInfo;
  readonly pointer: string;
}

export function OptionField({ item, name, info, pointer }: Props) {
  const schema = info.options.properties[name] ?? {};
  const at = problem.value?.pointer ?? "";
  const is_wrong = item.on && (at === pointer || at.startsWith(`${pointer}/`));
  const id = `option-${item.key}-${name}`;
  return (
    <div
      class={`field ${is_wrong ? "is-wrong" : ""} ${name === info.name ? "is-main" : ""}`}
      title={schema.description}
    >
      <label for={id} class="field-name">
        {name}
      </label>
      <Field
        id={id}
        name={name}
        schema={schema}
        value={item.options[name]}
        is_wrong={is_wrong}
        change={(value) => setOption(item.key, name, value)}
      />
      {is_wrong && problem.value && <Says problem={problem.value} />}
    </div>
  );
}

export interface FieldProps {
  readonly id: string;
  readonly name: string;
  readonly schema: OptionSchema;
  /** undefined: not given, so the default applies */
  readonly value: unknown;
  readonly is_wrong: boolean;
  readonly change: (value: unknown) => void;
}

/** The control that an option's schema requires. */
export function Field(props: FieldProps) {
  const control = controlOf(props.schema);
  if (control.kind === "number") return <NumberField {...props} scale={control.scale} />;
  if (control.kind === "flag") return <Flag {...props} />;
  if (control.kind === "choice") return <Choice {...props} words={control.words} />;
  return <JsonField {...props} placeholder={control.placeholder} />;
}

function Flag({ id, schema, value, change }: FieldProps) {
  return (
    <input
      id={id}
      type="checkbox"
      checked={(value ?? schema.default) === true}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}

function Choice({ id, schema, value, change, words }: FieldProps & { words: readonly string[] }) {
  return (
    <select
      id={id}
      value={String(value ?? schema.default ?? "")}
      onChange={(event) => change(event.currentTarget.value)}
    >
      {words.map((word) => (
        <option key={word} value={word}>
          {word}
        </option>
      ))}
    </select>
  );
}
