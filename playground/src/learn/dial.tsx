/** A number to drag, with its present value. */
import { dials, setDial } from "../state/learning.ts";

export interface DialSpec {
  /** in the address */
  readonly name: string;
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly start: number;
}

/** The value of a dial; a value from the address that is out of range becomes the nearest end of the range. */
export function dialValue({ name, low, high, start }: DialSpec): number {
  return Math.min(high, Math.max(low, dials.value[name] ?? start));
}

export function Dial({ of, shown }: { of: DialSpec; shown?: string }) {
  const value = dialValue(of);
  const digits = of.step >= 1 ? 0 : of.step >= 0.1 ? 1 : 2;
  return (
    <label class="dial">
      <span>{of.label}</span>
      <input
        type="range"
        min={of.low}
        max={of.high}
        step={of.step}
        value={value}
        aria-valuetext={shown ?? String(value)}
        onInput={(event) => setDial(of.name, Number(event.currentTarget.value))}
      />
      <output>{shown ?? value.toFixed(digits).replace("-", "−")}</output>
    </label>
  );
}
