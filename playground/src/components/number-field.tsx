/** A number: a slider over what is usual, and a field that takes whatever the service takes. */
import { positionOf, type Scale, valueAt } from "../controls/control.ts";
import type { FieldProps } from "./option-field.tsx";

/** Positions of a slider: finer than any screen. */
const POSITIONS = 1000;

export function NumberField({
  id,
  name,
  schema,
  value,
  is_wrong,
  change,
  scale,
}: FieldProps & { scale: Scale }) {
  const shown = value ?? schema.default;
  const number = typeof shown === "number" ? shown : scale.low;
  return (
    <span class="number">
      <input
        type="range"
        min={0}
        max={POSITIONS}
        value={Math.round(POSITIONS * positionOf(scale, number))}
        aria-label={`${name}, slider`}
        aria-valuetext={String(number)}
        onInput={(event) => change(valueAt(scale, Number(event.currentTarget.value) / POSITIONS))}
      />
      <input
        id={id}
        type="text"
        inputmode="decimal"
        class="number-text"
        aria-invalid={is_wrong || undefined}
        value={String(shown ?? "")}
        onChange={(event) => change(numberIn(event.currentTarget.value))}
      />
    </span>
  );
}

/** What was typed as a number where it is one; else as it is, for the service to object to. */
function numberIn(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}
