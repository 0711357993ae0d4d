/** Every view in every width and both themes: nothing hangs over the edge, axe-core finds nothing, the console is empty. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, type Playground, screenshot, startPlayground, without_browser } from "./browser.ts";

let playground: Playground;

/** 680: 1,360 pixels at 200 % zoom. */
const WIDTHS = [390, 680, 820, 1360];
const THEMES = ["light", "dark"] as const;

/** axe-core checks each of the three layouts in the light theme, and one in the dark theme. */
const FOR_AXE = { light: [390, 820, 1360], dark: [1360] };
/** The rules checked in a theme: the dark theme changes only colours. */
const RULES_FOR = { light: undefined, dark: ["color-contrast", "link-in-text-block"] };

interface Shown {
  readonly name: string;
  readonly hash: string;
  readonly ready: (page: Page) => Promise<unknown>;
}

const drawn = (page: Page) => page.locator(".is-drawn").first().waitFor();

const VIEWS: readonly Shown[] = [
  { name: "sample", hash: "", ready: drawn },
  { name: "a chain of six stages", hash: "#row=example:loop", ready: drawn },
  {
    name: "an open token and the key",
    hash: "",
    ready: async (page) => {
      await page.locator(".funnel tbody tr.is-dead").first().click();
      await page.locator(".how summary").click();
      await page
        .locator(".account", { hasText: "is less than 1.87 %, 5.00 % of the likeliest's 37.4 %" })
        .waitFor();
    },
  },
  {
    name: "own text",
    hash: "#row=text:cat%2C8.2%0Adog%2C1.5&before=The",
    ready: (page) => page.locator(".how-read", { hasText: "a table with commas" }).waitFor(),
  },
  {
    name: "a refusal after an answer",
    hash: "",
    ready: async (page) => {
      await drawn(page);
      const field = page.locator('[data-stage="min_p"] .number-text').first();
      await field.fill("7");
      await field.press("Enter");
      await page.locator(".stale-note").waitFor();
    },
  },
  {
    name: "a refusal from the start",
    hash: "#chain=min_p(min_p=7)",
    ready: async (page) => {
      await page.locator(".field .says").waitFor();
      await page.getByText("No answer yet: once the service gives one").waitFor();
    },
  },
  {
    name: "many draws",
    hash: "",
    ready: async (page) => {
      await page.getByRole("button", { name: "Sample 10,000 times" }).click();
      await page.getByRole("button", { name: "Same again" }).waitFor();
    },
  },
  {
    name: "write, before the first token: a tree of beams under a grammar",
    hash: "#view=write",
    ready: async (page) => {
      await page.locator(".write-actions .main:enabled").waitFor();
      await page.getByRole("button", { name: "lark", exact: true }).click();
      await page.locator(".grammar-check", { hasText: "lark: the text is not complete yet" }).waitFor();
      await page.getByRole("button", { name: "A beam search" }).click();
      const best = page.locator(".token-tree .is-kept .tree-text");
      await expect.poll(async () => (await best.allInnerTexts()).join("")).toMatch(/^ open (sea|harbour)/);
    },
  },
  {
    name: "a written text",
    hash: "#view=write&row=written:3&prompt=The%20sea&n=8&chain=top_k(top_k=9)&seed=3",
    ready: (page) => page.locator(".fork", { hasText: "Token 4" }).waitFor(),
  },
  {
    name: "two texts side by side, with alternatives open",
    hash: "#view=write&row=written:2&prompt=The%20sea&n=8&chain=top_k(top_k=9)&seed=3&side=B&other=top_k(top_k=40)&other_seed=3&other_n=8",
    ready: async (page) => {
      await page.locator(".fork", { hasText: "Token 3" }).waitFor();
      await page.locator(".side").last().locator(".text-token").nth(2).click();
      await page.locator(".alternative-end", { hasText: "%" }).first().waitFor();
    },
  },
  {
    name: "a played option, a pinned row and an open account",
    hash: "#pins=1348",
    ready: async (page) => {
      await page.getByRole("button", { name: "Play top_p from" }).click();
      await page.locator(".charts figcaption", { hasText: "entropy goes from" }).waitFor();
      await page.locator(".funnel tbody tr").nth(4).click();
    },
  },
  {
    name: "a text with drafts, and its first token's alternatives",
    hash: `#view=write&row=written:1&prompt=The%20sea&with=${encodeURIComponent('{"speculate":{"method":"strict","drafter":"early"}}')}&n=12&chain=top_k(top_k=9)&seed=3`,
    ready: async (page) => {
      await page.locator(".fork", { hasText: "Token 2" }).waitFor();
      await page.locator(".drafts-line", { hasText: "12 tokens in" }).waitFor();
      await page.getByRole("button", { name: "A tree of drafts" }).click();
      await page.locator(".tree-panel", { hasText: "15 tokens drafted" }).waitFor();
      await page.locator(".token-tree .is-kept", { hasText: "drawn" }).waitFor();
      await page.locator(".text-token").first().click();
      await page.locator(".alternative-end", { hasText: "%" }).first().waitFor();
    },
  },
  {
    name: "two rows combined",
    hash: "#combine=%7B%22rule%22%3A%22contrastive%22%2C%22alpha%22%3A0.1%2C%22beta%22%3A0.5%7D&sources=short",
    ready: (page) => page.locator(".funnel thead, .stage-list", { hasText: "contrastive" }).first().waitFor(),
  },
  { name: "learn", hash: "#view=learn", ready: (page) => page.locator(".digits canvas").last().waitFor() },
  { name: "calibrate", hash: "#view=calibrate", ready: (page) => page.locator(".shares").last().waitFor() },
  {
    name: "calibrate, own rows",
    hash: "#view=calibrate&set=own",
    ready: (page) => page.locator(".shares").last().waitFor(),
  },
];

describe.skipIf(without_browser)("every view", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test.each(VIEWS)("$name", async ({ name, hash, ready }) => {
    const { page, complaints } = await playground.open(hash, { reducedMotion: "reduce" });
    await ready(page);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        // after a change of width the page needs one frame to reorder itself
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
        const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([width, overhang]).toEqual([width, 0]);
        if (FOR_AXE[colorScheme].includes(width))
          expect(await axeViolations(page, RULES_FOR[colorScheme])).toEqual([]);
        if (process.env["SCREENSHOTS"] === "all")
          await screenshot(page, `${name.replaceAll(/\W+/g, "-")}-${width}-${colorScheme}`, true);
      }
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("on a phone the answer and the text stand above the chain, and the stages fit", async () => {
    const options = { viewport: { width: 390, height: 844 } };
    const { page } = await playground.open("", options);
    await drawn(page);
    const top = async (selector: string) => (await page.locator(selector).first().boundingBox())?.y ?? 0;
    await expect.poll(() => top(".drawn-text")).toBeLessThan(500);
    await expect.poll(() => top(".drawn-text")).toBeLessThan(await top(".chain-panel"));
    const box = page.locator(".funnel-box");
    await expect
      .poll(() => box.evaluate((element) => element.scrollWidth - element.clientWidth))
      .toBeLessThanOrEqual(0);
    await expect.poll(() => page.locator(".stage-list li").count()).toBe(5);
    const written = await playground.open("#view=write", options);
    await written.page.locator(".write-actions .main:enabled").click();
    await written.page.locator(".text-token").first().waitFor();
    await expect
      .poll(async () => {
        const text = await written.page.locator(".text-token").first().boundingBox();
        return (text?.y ?? 900) + (text?.height ?? 0);
      })
      .toBeLessThan(844);
    for (const each of [page, written.page]) await each.context().close();
  });

  test("the keyboard's first stops lead past the head, and rows of the funnel open without a pointer", async () => {
    const { page } = await playground.open();
    await drawn(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("chain-title");
    await page.locator(".token-button").first().focus();
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    await expect.poll(() => page.locator(".account b").innerText()).toContain("sea");
    await page.getByRole("button", { name: "Ban", exact: true }).click();
    await page.locator(".funnel tr", { hasText: "sea" }).locator(".death").waitFor();
    await expect.poll(() => page.locator(".card h3").first().innerText()).toBe("logit_bias");
    await page.getByRole("button", { name: /Take the bias away/ }).click();
    await page.locator(".funnel tr", { hasText: "sea" }).locator(".death").waitFor({ state: "detached" });
    await page.context().close();
  });
});
