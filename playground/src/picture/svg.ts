/** Text of an SVG document: elements, attributes, colours that every viewer understands. */

type Attributes = Readonly<Record<string, string | number | undefined>>;

export function tag(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? round(value) : escaped(value ?? "")}"`)
    .join("");
  return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Rounds to hundredths of a pixel, finer than any screen. */
function round(x: number): string {
  return String(Number(x.toFixed(2)));
}

export interface Paint {
  readonly color: string;
  readonly opacity: number;
}

/**
 * A computed colour as #rrggbb and its opacity. Mixed colours are computed as `color(srgb …)`, which only browsers
 * understand.
 */
export function paintOf(computed: string): Paint | undefined {
  const numbers = [...computed.matchAll(/-?[\d.]+(?:e-?\d+)?/g)].map(([text]) => Number(text));
  const [r = 0, g = 0, b = 0, opacity = 1] = numbers;
  if (!/^(?:rgba?|color)\(/.test(computed) || opacity === 0) return undefined;
  const scale = computed.startsWith("color") ? 255 : 1;
  const hex = [r, g, b].map((x) => {
    const byte = Math.min(255, Math.max(0, Math.round(scale * x)));
    return byte.toString(16).padStart(2, "0");
  });
  return { color: `#${hex.join("")}`, opacity };
}
