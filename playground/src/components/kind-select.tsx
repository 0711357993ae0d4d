/** Selects one of the kinds that the service lists, or none. */
export function KindSelect({
  label,
  unseen = false,
  kinds,
  value,
  none = "none",
  onChoose,
}: {
  label: string;
  /** the label is for screen readers only */
  unseen?: boolean;
  kinds: readonly { readonly name: string }[];
  value: string | undefined;
  /** the label of "no choice" */
  none?: string;
  onChoose: (name: string | undefined) => void;
}) {
  return (
    <label>
      <span class={unseen ? "unseen" : "field-name"}>{label}</span>
      <select
        value={value ?? ""}
        onChange={({ currentTarget }) => onChoose(currentTarget.value || undefined)}
      >
        <option value="">{none}</option>
        {kinds.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
