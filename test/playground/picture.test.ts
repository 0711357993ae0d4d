/** The text of saved pictures: its colours work in every viewer, and its words stay text. */
import { describe, expect, test } from "vitest";
import { paintOf, tag } from "../../playground/src/picture/svg.ts";

describe("a picture", () => {
  test.each([
    ["rgb(18, 86, 95)", "#12565f", 1],
    ["rgba(0, 0, 0, 0.3)", "#000000", 0.3],
    ["color(srgb 1 0.5 0)", "#ff8000", 1],
    ["color(srgb 0.2 0.4 0.6 / 0.5)", "#336699", 0.5],
    ["color(srgb 1.02 -0.01 5e-7)", "#ff0000", 1],
  ])("%s is %s at %d", (computed, color, opacity) => {
    expect(paintOf(computed)).toEqual({ color, opacity });
  });

  test.each([["rgba(0, 0, 0, 0)"], ["none"], [""], ["url(#gradient)"]])("%j is no paint", (computed) => {
    expect(paintOf(computed)).toBeUndefined();
  });

  test("attributes are escaped, numbers short, and what is not said is left out", () => {
    expect(tag("text", { x: 1.23456, y: 2, title: 'a "b" < c & d', id: undefined, class: "" }, "&lt;")).toBe(
      '<text x="1.23" y="2" title="a &quot;b&quot; &lt; c &amp; d">&lt;</text>',
    );
    expect(tag("rect", { width: 0 })).toBe('<rect width="0"/>');
  });
});
