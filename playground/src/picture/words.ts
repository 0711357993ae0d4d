/** A text of the page as lines of SVG text, each at its position in the browser and with the same length. */
import { escaped, paintOf, tag } from "./svg.ts";

interface Line {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly height: number;
}

const measure = document.createElement("canvas").getContext("2d");

export function drawText(node: Text, style: CSSStyleDeclaration): string {
  return linesOf(node)
    .map((line) => drawLine(line, style))
    .join("");
}

/** A line by its position, in the form that fields have. */
export function drawLine({ text, left, top, right, height }: Line, style: CSSStyleDeclaration): string {
  const paint = paintOf(style.color);
  if (paint === undefined) return "";
  const width = right - left;
  return tag(
    "text",
    {
      x: left,
      y: top + height * ascentOf(style),
      fill: paint.color,
      "fill-opacity": paint.opacity === 1 ? undefined : paint.opacity,
      "font-family": style.fontFamily,
      "font-size": style.fontSize,
      "font-weight": style.fontWeight === "400" ? undefined : style.fontWeight,
      "font-style": style.fontStyle === "normal" ? undefined : style.fontStyle,
      "text-decoration": style.textDecorationLine === "none" ? undefined : style.textDecorationLine,
      // another machine has other fonts and must fit the text into the same length
      textLength: width > 0 ? width : undefined,
      lengthAdjust: width > 0 ? "spacingAndGlyphs" : undefined,
    },
    escaped(text),
  );
}

/** The share of a line's height above its baseline. */
function ascentOf({ fontStyle, fontWeight, fontSize, fontFamily }: CSSStyleDeclaration): number {
  if (measure === null) return 0.8;
  measure.font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = measure.measureText("x");
  return up / (up + down);
}

/** Words side by side form a line; a word that is broken over two lines is split. */
function linesOf(node: Text): readonly Line[] {
  const lines: Line[] = [];
  const range = document.createRange();
  const take = (from: number, to: number) => {
    range.setStart(node, from);
    range.setEnd(node, to);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 0);
    const [box] = boxes;
    if (box === undefined) return;
    if (boxes.length > 1 && to - from > 1) {
      for (let i = from; i < to; i++) take(i, i + 1);
      return;
    }
    const last = lines.at(-1);
    const text = node.data.slice(from, to);
    const { left, top, right, height } = box;
    if (last === undefined || Math.abs(last.top - top) > 2) lines.push({ text, left, top, right, height });
    else {
      const gap = left - last.right > 0.5 ? " " : "";
      lines[lines.length - 1] = { ...last, text: last.text + gap + text, right };
    }
  };
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) take(index, index + word.length);
  return lines;
}
