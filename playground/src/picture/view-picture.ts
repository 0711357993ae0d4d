/**
 * The open view as an SVG: boxes, lines and words at their positions on the screen. It is sharp at any size, and needs
 * neither the page's styles nor its fonts, so it works in a paper or an issue.
 */
import { drawField } from "./fields.ts";
import { escaped, paintOf, tag } from "./svg.ts";
import { drawText } from "./words.ts";

const MARGIN = 20;
const FOOT = 26;

/** `link`: the address of the live view. */
export function pictureOf(view: Element, link: string): string {
  const { left, top, width, height } = view.getBoundingClientRect();
  const [all_width, all_height] = [width + 2 * MARGIN, height + 2 * MARGIN + FOOT];
  const ground = paintOf(getComputedStyle(document.body).backgroundColor)?.color ?? "#ffffff";
  const clips = new Clips();
  const drawn = draw(view, clips);
  const soft = paintOf(getComputedStyle(document.querySelector(".what") ?? document.body).color)?.color;
  const foot = {
    x: MARGIN,
    y: all_height - MARGIN + 4,
    fill: soft,
    "font-size": 12,
    "font-family": "sans-serif",
  };
  const inner = [
    tag("title", {}, escaped(document.title)),
    tag("desc", {}, escaped(link)),
    tag("rect", { width: all_width, height: all_height, fill: ground }),
    tag("g", { transform: `translate(${MARGIN - left} ${MARGIN - top})` }, clips.defs() + drawn),
    tag("a", { href: link }, tag("text", foot, "logit-sampler: press for the live view")),
  ];
  return tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width: all_width,
      height: all_height,
      viewBox: `0 0 ${Math.ceil(all_width)} ${Math.ceil(all_height)}`,
    },
    inner.join(""),
  );
}

/** Boxes that clip content beyond their edges. */
class Clips {
  readonly #paths: string[] = [];

  add({ left: x, top: y, width, height }: DOMRect): string {
    const id = `clip-${this.#paths.length}`;
    this.#paths.push(tag("clipPath", { id }, tag("rect", { x, y, width, height })));
    return `url(#${id})`;
  }

  defs(): string {
    return this.#paths.length === 0 ? "" : tag("defs", {}, this.#paths.join(""));
  }
}

function draw(element: Element, clips: Clips): string {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  // what is folded away, too
  if (!element.checkVisibility() || style.visibility === "hidden" || style.opacity === "0") return "";
  // words for screen readers only
  if (style.clipPath !== "none" && box.width <= 1) return "";
  if (element instanceof SVGSVGElement) return drawing(element, box);
  const own = drawBox(box, style);
  const content = drawField(element, style) ?? contentOf(element, style, clips);
  if (content === "") return own;
  const is_clipped = style.overflowX !== "visible" || style.overflowY !== "visible";
  const attributes = {
    "clip-path": is_clipped ? clips.add(box) : undefined,
    opacity: style.opacity === "1" ? undefined : style.opacity,
  };
  const is_plain = attributes["clip-path"] === undefined && attributes.opacity === undefined;
  return own + (is_plain ? content : tag("g", attributes, content));
}

function contentOf(element: Element, style: CSSStyleDeclaration, clips: Clips): string {
  return [...element.childNodes]
    .map((node) => {
      if (node instanceof Text) return node.data.trim() === "" ? "" : drawText(node, style);
      return node instanceof Element ? draw(node, clips) : "";
    })
    .join("");
}

function drawBox({ left: x, top: y, width, height }: DOMRect, style: CSSStyleDeclaration): string {
  const ground = paintOf(style.backgroundColor);
  const radius = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, width / 2, height / 2);
  const rx = radius > 0 ? radius : undefined;
  const filled =
    ground &&
    tag("rect", {
      x,
      y,
      width,
      height,
      rx,
      fill: ground.color,
      "fill-opacity": ground.opacity === 1 ? undefined : ground.opacity,
    });
  return (filled ?? "") + drawBorder({ x, y, width, height, rx }, style);
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rx: number | undefined;
}

function drawBorder({ x, y, width, height, rx }: Frame, style: CSSStyleDeclaration): string {
  const sides = (["Top", "Right", "Bottom", "Left"] as const).map((side) => ({
    side,
    thick: style[`border${side}Style`] === "none" ? 0 : Number.parseFloat(style[`border${side}Width`]),
    paint: paintOf(style[`border${side}Color`]),
  }));
  const [first] = sides;
  if (first === undefined || sides.every(({ thick, paint }) => thick === 0 || paint === undefined)) return "";
  if (sides.every(({ thick }) => thick === first.thick)) {
    const half = first.thick / 2;
    return tag("rect", {
      x: x + half,
      y: y + half,
      width: width - first.thick,
      height: height - first.thick,
      rx,
      fill: "none",
      stroke: first.paint?.color,
      "stroke-width": first.thick,
    });
  }
  const lines = {
    Top: [x, y, width, 0],
    Right: [x + width, y, 0, height],
    Bottom: [x, y + height, width, 0],
    Left: [x, y, 0, height],
  };
  return sides
    .filter(({ thick, paint }) => thick > 0 && paint !== undefined)
    .map(({ side, thick, paint }) => {
      const [from_x = 0, from_y = 0, along = 0, down = 0] = lines[side];
      const d = `M${from_x} ${from_y}l${along} ${down}`;
      return tag("path", { d, stroke: paint?.color, "stroke-width": thick });
    })
    .join("");
}

const PAINTED = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "stroke-linecap",
  "font-size",
  "font-family",
  "font-weight",
  "text-anchor",
  "opacity",
];

/** A drawing of the page, with its styles written into it. */
function drawing(svg: SVGSVGElement, { left, top, width, height }: DOMRect): string {
  const copy = svg.cloneNode(true) as SVGSVGElement; // a clone is of the same kind
  const [from, to] = [svg, copy].map((each) => [each, ...each.querySelectorAll("*")]);
  to?.forEach((element, i) => {
    const style = getComputedStyle(from?.[i] ?? svg);
    for (const name of PAINTED) {
      const value = style.getPropertyValue(name);
      const paint = paintOf(value);
      if (paint !== undefined && paint.opacity < 1)
        element.setAttribute(`${name}-opacity`, String(paint.opacity));
      if (value !== "" && value !== "none 0s ease 0s") element.setAttribute(name, paint?.color ?? value);
    }
    for (const name of ["class", "style", "aria-hidden", "role"]) element.removeAttribute(name);
  });
  for (const [name, value] of Object.entries({ x: left, y: top, width, height }))
    copy.setAttribute(name, String(value));
  return new XMLSerializer().serializeToString(copy);
}
