/** The choices in the learn view: every dial that was moved. */
import { signal } from "@preact/signals";

/** By name; a dial that was never moved is absent. */
export const dials = signal<Readonly<Record<string, number>>>({});

export function setDial(name: string, value: number): void {
  dials.value = { ...dials.value, [name]: value };
}

/** `dials=cat:8.2,dog:1.5` */
export function writeDials(values: Readonly<Record<string, number>>): string[] {
  const pairs = Object.entries(values).map(([name, value]) => `${name}:${value}`);
  return pairs.length === 0 ? [] : [`dials=${pairs.join(",")}`];
}

export function readDials(text: string | undefined): Readonly<Record<string, number>> {
  const pairs = (text ?? "").split(",").map((pair) => pair.split(":"));
  const read = pairs.map(
    ([name = "", value = ""]) => [name, value === "" ? Number.NaN : Number(value)] as const,
  );
  return Object.fromEntries(read.filter(([name, value]) => /^[a-z_]+$/.test(name) && Number.isFinite(value)));
}
