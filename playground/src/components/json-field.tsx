/**
 * A list or an object, written as JSON. Text that is not valid JSON yet stays in the field; the service checks the
 * rest.
 */
import { useSignal } from "@preact/signals";
import type { FieldProps } from "./option-field.tsx";

/** Characters in one line of the field. */
const LINE = 34;

export function JsonField({
  id,
  schema,
  value,
  is_wrong,
  change,
  placeholder,
}: FieldProps & { placeholder: string }) {
  const draft = useSignal<string | undefined>(undefined);
  const is_text = schema.type === "string";
  const shown = value === undefined ? "" : is_text ? String(value) : JSON.stringify(value);
  const take = (text: string) => {
    const read = is_text ? text : parsed(text);
    draft.value = read === undefined && text.trim() !== "" ? text : undefined;
    if (draft.value === undefined) change(read);
  };
  return (
    <span class="json">
      <textarea
        id={id}
        rows={Math.min(6, Math.max(1, Math.ceil((draft.value ?? shown).length / LINE)))}
        spellcheck={false}
        placeholder={placeholder}
        aria-invalid={is_wrong || draft.value !== undefined || undefined}
        value={draft.value ?? shown}
        onChange={(event) => take(event.currentTarget.value)}
      />
      {draft.value !== undefined && (
        <span class="says" role="alert">
          Not JSON yet, so it was not sent. For example: {placeholder}
        </span>
      )}
    </span>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
