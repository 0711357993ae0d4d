/** Finds the preset of a request, and its variant. */
import { Problem, show } from "../../errors.ts";
import { amongKnown, didYouMean } from "../../nearest.ts";
import { DEFAULT_PRESET, PRESETS, type Preset } from "./index.ts";
import { withVariant } from "./preset.ts";

/** The preset fields of a request. */
interface PresetChoice {
  readonly preset?: string | undefined;
  readonly variant?: string | undefined;
}

/** Every variant that a preset has. */
export const VARIANTS = PRESETS.flatMap((preset) =>
  (preset.variants ?? []).map(({ name }) => ({ preset: preset.name, name })),
);

/** Every preset by name, which stands for its first variant, and by each of its variants. */
const WITH_VARIANTS: ReadonlyMap<string, Preset> = new Map(
  PRESETS.flatMap((preset) => {
    const { name, variants = [] } = preset;
    const each = variants.map((variant) => withVariant(preset, variant));
    const named = variants.map((variant, i) => [`${name}/${variant.name}`, each[i] as Preset] as const); // one for each
    return [[name, each[0] ?? preset] as const, ...named];
  }),
);

/** The preset of a request, in the requested variant. */
export function presetOf({ preset, variant }: PresetChoice): Preset {
  const found = presetNamed(preset);
  const chosen = WITH_VARIANTS.get(hostOf({ preset: found.name, variant }) as string); // the name of one is text
  if (chosen) return chosen;
  const names = (found.variants ?? []).map(({ name }) => name);
  const has = names.length === 0 ? "has no variants" : `has the variants ${names.join(", ")}`;
  throw new Problem(
    "option_conflict",
    `preset "${found.name}" ${has}, got variant ${show(variant)}${didYouMean(variant, names)}`,
    "/variant",
  );
}

/** A distinct key for each preset and variant; undefined for the default. */
export function hostOf({ preset, variant }: PresetChoice): string | undefined {
  return variant === undefined ? preset : `${preset ?? DEFAULT_PRESET.name}/${variant}`;
}

function presetNamed(name: string | undefined): Preset {
  if (name === undefined) return DEFAULT_PRESET;
  const preset = PRESETS.find((each) => each.name === name);
  if (preset) return preset;
  const names = PRESETS.map((each) => each.name);
  throw new Problem(
    "unknown_preset",
    `there is no preset ${show(name)}${amongKnown(name, names)}`,
    "/preset",
  );
}
