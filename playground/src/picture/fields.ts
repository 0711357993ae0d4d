/** Elements that browsers draw themselves: sliders, switches, fields, progress, pictures. */
import { paintOf, tag } from "./svg.ts";
import { drawLine } from "./words.ts";

/** undefined for elements that are drawn from their parts */
export function drawField(element: Element, style: CSSStyleDeclaration): string | undefined {
  if (element instanceof HTMLInputElement && element.type === "range") return slider(element);
  if (element instanceof HTMLInputElement && element.type === "checkbox") return checkbox(element);
  const before = element.previousElementSibling;
  if (before instanceof HTMLInputElement && before.getAttribute("role") === "switch")
    return knob(element, before.checked);
  if (element instanceof HTMLSelectElement)
    return written(element, style, element.selectedOptions[0]?.text ?? "") + chevron(element, style);
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement)
    return element.value
      .split("\n")
      .map((line, i) => written(element, style, line, i))
      .join("");
  if (element instanceof HTMLProgressElement) return progress(element);
  if (element instanceof HTMLCanvasElement) return picture(element, element.toDataURL());
  return undefined;
}

const colour = (name: string) => {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const paint = paintOf(getComputedStyle(probe).color)?.color ?? "#888888";
  probe.remove();
  return paint;
};

function slider(input: HTMLInputElement): string {
  const { left, top, width, height } = input.getBoundingClientRect();
  const [min, max] = [Number(input.min || 0), Number(input.max || 100)];
  const x = left + 8 + ((Number(input.value) - min) / (max - min)) * (width - 16);
  const y = top + height / 2;
  return (
    tag("rect", { x: left, y: y - 2, width, height: 4, rx: 2, fill: colour("--line") }) +
    tag("circle", { cx: x, cy: y, r: 8, fill: colour("--accent") }) +
    tag("circle", { cx: x, cy: y, r: 6, fill: "none", stroke: colour("--panel"), "stroke-width": 3 })
  );
}

function checkbox(input: HTMLInputElement): string {
  const { left: x, top: y, width, height } = input.getBoundingClientRect();
  const box = tag("rect", {
    x,
    y,
    width,
    height,
    rx: 2,
    fill: colour(input.checked ? "--accent" : "--line-strong"),
  });
  if (!input.checked) return box;
  const d = `M${x + 3} ${y + 7}l3 3l5-6`;
  return box + tag("path", { d, fill: "none", stroke: colour("--panel"), "stroke-width": 2 });
}

/** The box of a switch is invisible: the span after it is drawn, with a knob in it. */
function knob(span: Element, is_on: boolean): string {
  const { left, top, width, height } = span.getBoundingClientRect();
  const cx = is_on ? left + width - height / 2 : left + height / 2;
  return tag("circle", { cx, cy: top + height / 2, r: height / 2 - 2, fill: colour("--panel") });
}

function written(element: Element, style: CSSStyleDeclaration, text: string, line = 0): string {
  if (text === "") return "";
  const { left, top, width, height } = element.getBoundingClientRect();
  const size = Number.parseFloat(style.fontSize);
  const is_area = element instanceof HTMLTextAreaElement;
  const line_height = is_area ? Number.parseFloat(style.lineHeight) || 1.4 * size : 1.2 * size;
  const first = is_area ? top + Number.parseFloat(style.paddingTop) : top + (height - line_height) / 2;
  const y = first + line * line_height;
  if (y + line_height > top + height + 2) return "";
  const at = { text, top: y, height: line_height };
  if (style.textAlign !== "right") {
    const x = left + Number.parseFloat(style.paddingLeft) + 1;
    return drawLine({ ...at, left: x, right: x }, style);
  }
  const x = left + width - Number.parseFloat(style.paddingRight) - 1;
  return drawLine({ ...at, left: x, right: x }, style).replace("<text", '<text text-anchor="end"');
}

function chevron(element: Element, style: CSSStyleDeclaration): string {
  const { right, top, height } = element.getBoundingClientRect();
  const d = `M${right - 18} ${top + height / 2 - 2}l4 4l4-4`;
  return tag("path", { d, fill: "none", stroke: paintOf(style.color)?.color, "stroke-width": 1.6 });
}

function progress(element: HTMLProgressElement): string {
  const { left, top, width, height } = element.getBoundingClientRect();
  const full = { x: left, y: top, height, rx: 2 };
  return (
    tag("rect", { ...full, width, fill: colour("--line") }) +
    tag("rect", { ...full, width: width * Math.max(0, element.position), fill: colour("--bar-last") })
  );
}

function picture(element: Element, href: string): string {
  const { left: x, top: y, width, height } = element.getBoundingClientRect();
  return tag("image", { x, y, width, height, href, style: "image-rendering:pixelated" });
}
