/** A number: a slider over the usual range, and a field that accepts every value that the service accepts. */
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

/** The typed text as a number if it is one; otherwise the text, which the service then refuses. */
function numberIn(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}
