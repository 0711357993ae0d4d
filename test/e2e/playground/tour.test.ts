/**
 * A tour of the page: tokens are banned and forced, an option is animated, a text is written, forked with the user's
 * own word and compared with another, the sliders of Learn are dragged, a picture is saved. Every stop leaves a
 * screenshot.
 */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  afterAnswer,
  afterText,
  axeViolations,
  drawnToken,
  type Playground,
  screenshot,
  startPlayground,
  without_browser,
} from "./browser.ts";

let playground: Playground;

const QUIET = { reducedMotion: "reduce" as const };

const hashOf = (page: Page) => new URL(page.url()).hash;

const rowOf = (page: Page, word: string) => page.locator(".funnel tbody tr", { hasText: word }).first();

describe.skipIf(without_browser)("a tour", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("a row of the table is banned, biased, forced and pinned, and the address tells it", async () => {
    const { page, complaints } = await playground.open("", QUIET);
    await rowOf(page, "cabin").waitFor();
    await rowOf(page, "cabin").click();
    await afterAnswer(page, () => page.getByRole("button", { name: "Ban" }).click());
    await rowOf(page, "cabin").locator(".death").waitFor();
    await rowOf(page, "mast").click();
    await afterAnswer(page, () => page.getByRole("button", { name: "Likelier: +1" }).click());
    await page.getByRole("button", { name: "Pin", exact: true }).click();
    await rowOf(page, "sea").click();
    await afterAnswer(page, () => page.getByRole("button", { name: "Force" }).click());
    await expect.poll(() => drawnToken(page)).toBe("sea");
    await afterAnswer(page, async () => {
      await rowOf(page, "China").click();
      await page.getByRole("button", { name: "Allow too" }).click();
    });
    await page.locator(".funnel-box").evaluate((box) => box.scrollTo(0, 3000));
    await page.locator(".funnel tfoot", { hasText: "mast" }).waitFor();
    await page.waitForURL(/allowed_token_ids\(.*logit_bias\(.*pins=\d+/);
    await screenshot(page, "tour-rules");

    const again = await playground.open(hashOf(page), QUIET);
    await again.page.locator(".is-drawn").first().waitFor();
    await expect.poll(() => drawnToken(again.page)).toBe(await drawnToken(page));
    await expect
      .poll(() => again.page.locator(".card h3").allInnerTexts())
      .toEqual(await page.locator(".card h3").allInnerTexts());
    await rowOf(again.page, "mast").locator(".rank .icon").waitFor();
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  });

  test("a temperature is played from 0.2 to 1.2 with the table following, and is then what it was", async () => {
    const { page, complaints } = await playground.open("");
    await page.locator(".is-drawn").first().waitFor();
    const field = page.locator('[data-stage="temperature"] .number-text').first();
    const seen = new Set<string>();
    await page.getByRole("button", { name: "Play temperature from 0.2 to 1.2" }).click();
    const caption = page.locator(".charts figcaption").last();
    while (!(await caption.innerText()).includes("entropy goes from")) {
      seen.add(`${await field.inputValue()} ${await page.locator(".facts").innerText()}`);
      await page.waitForTimeout(50);
    }
    expect(seen.size).toBeGreaterThan(5);
    await expect
      .poll(() => caption.innerText())
      .toMatch(/^From temperature 0.2 to 1.2 entropy goes from 0\.\d+ to 2\.\d+ nats/);
    await expect.poll(() => field.inputValue()).toBe("0.8");
    await screenshot(page, "tour-played", true);

    await page.getByRole("button", { name: "Play top_k from" }).click();
    await page.getByRole("button", { name: "Stop playing top_k" }).click();
    await page.getByRole("button", { name: "Play top_k from" }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("for people who want no motion nothing moves while an option is played", async () => {
    const { page } = await playground.open("", QUIET);
    await page.locator(".is-drawn").first().waitFor();
    await page.locator(".charts svg").first().waitFor();
    const before = await page.locator(".facts").innerText();
    await page.getByRole("button", { name: "Play temperature from 0.2 to 1.2" }).click();
    await page.locator(".charts figcaption", { hasText: "entropy goes from" }).waitFor();
    await expect.poll(() => page.locator(".facts").innerText()).toBe(before);
    expect(await axeViolations(page)).toEqual([]);
    await page.context().close();
  });

  test("a token's alternatives show under the mouse, with the focus and at a touch; one press goes on with it", async () => {
    const { page, complaints } = await playground.open("#view=write", { ...QUIET, hasTouch: true });
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".write-actions select").selectOption("20");
    await afterText(page, () => page.locator(".write-panel textarea").press("Control+Enter"));
    const tokens = page.locator(".text-token");
    const first = await page.locator(".text").innerText();

    await tokens.nth(2).hover();
    const list = page.locator(".alternatives");
    await list.locator(".alternative-end", { hasText: "%" }).first().waitFor();
    await expect.poll(() => list.locator(".is-here .token").innerText()).toBe("·of");
    await list.hover();
    await page.waitForTimeout(500);
    await expect.poll(() => list.count()).toBe(1); // the mouse may go to it
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "detached" });

    await tokens.last().focus();
    await page.keyboard.press("ArrowLeft");
    await list.waitFor();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain("alternative");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain("text-token");

    await tokens.nth(2).tap();
    await list.locator(".alternative-end").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await screenshot(page, "playground-alternatives");
    const chosen = list.locator(".alternative:not(:disabled)").first();
    const word = (await chosen.locator(".token").innerText()).replace("·", " ");
    await afterText(page, () => chosen.click());
    const forked = await page.locator(".text").innerText();
    expect(forked.slice(0, first.indexOf(" of ") + word.length)).toBe(`${first.split(" of ")[0]}${word}`);
    await expect.poll(() => tokens.nth(2).getAttribute("class")).toContain("is-forced");

    await page.waitForURL(/n=2;1@236@allowed_token_ids\(.*;\d+/);
    const again = await playground.open(hashOf(page), QUIET);
    await again.page.locator(".fork").waitFor();
    const text = () => again.page.locator(".text").innerText();
    await expect.poll(text, { timeout: 120_000 }).toBe(forked); // it is written anew
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  }, 300_000); // three texts are written: on a crowded machine that takes its time

  test("two texts stand side by side, differ where they are coloured, and come again from their address", async () => {
    const { page, complaints } = await playground.open("#view=write", QUIET);
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.locator(".write-actions select").selectOption("20");
    await page.getByRole("button", { name: "llama.cpp's order" }).click();
    await afterText(page, () => page.locator(".write-actions .main").click());
    const texts = () => page.locator(".text").allInnerTexts();
    const [a = "", b = ""] = await texts();
    expect(a).not.toBe(b);
    await expect
      .poll(() => page.locator(".parting-line").innerText())
      .toMatch(/^They part at once: “dark” in A and “mast” in B/);
    await expect
      .poll(() => page.locator(".side").first().locator(".is-differing").count())
      .toBeGreaterThan(0);
    await expect
      .poll(() => page.locator(".preset-select option:checked").innerText())
      .toBe("as llama.cpp does it");

    await page.getByRole("button", { name: "A", exact: true }).click();
    await expect.poll(() => page.locator(".card h3").first().innerText()).toBe("temperature");
    await afterAnswer(page, () => page.locator(".side").last().locator(".text-token").nth(3).click());
    await expect.poll(() => page.locator(".side.is-chosen .side-head button").innerText()).toBe("B");
    await expect.poll(() => page.locator(".fork").innerText()).toContain("draws it again");
    await screenshot(page, "playground-beside");
    expect(await axeViolations(page)).toEqual([]);

    await page.waitForURL(/side=B&other=.*other_n=20/);
    const again = await playground.open(hashOf(page), QUIET);
    await again.page.locator(".fork").waitFor();
    await expect.poll(() => again.page.locator(".text").allInnerTexts()).toEqual(await texts());
    await page.getByRole("button", { name: "Only this text" }).click();
    await expect.poll(texts).toEqual([b]);
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  });

  test("the ideas of Learn are dragged, and their dials are in the address", async () => {
    const { page, complaints } = await playground.open("#view=learn", QUIET);
    const idea = (id: string) => page.locator(`#${id}`);
    const drag = (id: string, label: string, value: string) => idea(id).getByLabel(label).fill(value);
    await idea("log-odds").getByText("81.8 %").waitFor();
    await drag("log-odds", "logit", "2.9");
    await idea("log-odds").getByText("94.8 %").waitFor();

    await idea("softmax").getByText("99.8 %").waitFor();
    const shares = await idea("softmax").locator(".shares-list").innerText();
    await idea("softmax").getByRole("button", { name: "Add 1 to all three" }).click();
    await page.waitForURL(/cat:9.2/);
    await expect.poll(() => idea("softmax").locator(".shares-list").innerText()).toBe(shares);

    await idea("firewall").getByText("Let through").waitFor();
    await drag("firewall", "logit of", "2.95");
    await idea("firewall").getByText("Blocked").waitFor();

    await idea("temperature").getByRole("button", { name: "1.2" }).click();
    await idea("temperature")
      .getByText(/4\.\d\d nats/)
      .waitFor();

    await idea("overconfidence").getByText("ECE 6.4 %").waitFor();
    await idea("overconfidence")
      .getByRole("button", { name: /The best on 2,000 other digits: 2.37/ })
      .click();
    await idea("overconfidence").getByText("ECE 2.7 %").waitFor();
    await expect.poll(() => idea("overconfidence").locator(".digits canvas").count()).toBe(12);

    await idea("torn").getByText("torn", { exact: true }).waitFor();
    await drag("torn", "bird's logit", "2");
    await idea("torn").getByText("unsure", { exact: true }).waitFor();

    await drag("adversarial", "every pixel moves by", "0.12");
    await idea("adversarial").getByText("and still a 6").waitFor();
    await page.waitForURL(/move:0.12/);

    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(page, "playground-learn");
    const again = await playground.open(hashOf(page), QUIET);
    await again.page.getByText("and still a 6").waitFor();
    await again.page.locator("#overconfidence").getByText("ECE 2.7 %").waitFor();
    expect(complaints).toEqual([]);
    for (const each of [page, again.page]) await each.context().close();
  });

  test("a view is saved as a picture that is an SVG of its own", async () => {
    const { page, complaints } = await playground.open("", QUIET);
    await page.locator(".is-drawn").first().waitFor();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save this view as a picture" }).click();
    const download = await saving;
    expect(download.suggestedFilename()).toBe("logit-sampler-sample.svg");
    const svg = await readFile(await download.path(), "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).not.toMatch(/foreignObject|<script|class=|url\((?!#clip)/);
    // parsed by an XML reader without HTML entities; the words are found where a reader sees them
    const words = await page.evaluate((text) => {
      const read = new DOMParser().parseFromString(text, "image/svg+xml");
      return [read.querySelector("parsererror")?.textContent ?? "", read.documentElement.textContent ?? ""];
    }, svg);
    expect(words[0]).toBe("");
    for (const word of ["dark", "Stage by stage", "8,192", "1.20 % < 1.87 %"])
      expect(words[1]).toContain(word);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
