/**
 * Limits for the page's own figures: the time until content appears, the bytes transferred, layout shifts, the delay
 * behind a slider, and the time to write two texts. On a busy machine a measurement is repeated, and the best one
 * counts.
 */
import { availableParallelism, loadavg } from "node:os";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { afterText, type Playground, startPlayground, without_browser } from "./browser.ts";

const FIRST_CONTENT_MS_MAX = 500;
const BYTES_MAX = 80_000;
const REDRAW_P95_MS_MAX = 60;
const TOKENS_A_SECOND_MIN = 15;
const ROUNDS = 4;
const SLOW_MS_MAX = 60_000;
/** Maximum sum of layout shifts of a page, as browsers count it, on a 60 kB/s connection. */
const SHIFT_MAX = 0.02;
const SLOW_LINE = { downloadThroughput: 60_000, uploadThroughput: -1 };

let playground: Playground;

/**
 * The number of processes that wait for each core. Work that takes 60 ms alone takes twice as long when two processes
 * share the core.
 */
function crowding(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

/** Measures until a round is within the limit, at most this number of times; returns the best. */
async function best(
  measure: () => Promise<number>,
  is_within: (value: number) => boolean,
  better: (a: number, b: number) => number = Math.min,
): Promise<number> {
  let found = await measure();
  for (let round = 1; round < ROUNDS && !is_within(found); round++) found = better(found, await measure());
  return found;
}

/** All bytes from the server until the page is idle. */
async function bytesOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const entries = [
      ...performance.getEntriesByType("navigation"),
      ...performance.getEntriesByType("resource"),
    ] as PerformanceResourceTiming[]; // both kinds have sizes
    const files = entries.filter(({ name }) => !/\/v1\/|\/demo\/|model-worker/.test(name));
    return files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  });
}

/** The views, each with the part that loads last. */
const VIEWS = [
  { hash: "", last: ".charts svg" },
  { hash: "#view=write", last: ".write-actions .main:enabled" },
  { hash: "#view=calibrate", last: ".shares" },
  { hash: "#view=learn", last: ".digits canvas" },
  { hash: "#row=example:large", last: ".charts svg" },
];
const WIDTHS = [390, 1360];
/**
 * In Calibrate, a set with few rows, because the replies for the digits are 2 MB. The model of Write is not waited for.
 */
const SLOW_VIEWS = [
  { hash: "", last: ".charts svg" },
  { hash: "#view=write", last: ".write-actions .main" },
  { hash: "#view=calibrate&set=own", last: ".shares" },
  { hash: "#view=learn", last: ".digits canvas" },
];

describe.skipIf(without_browser)("the page's figures", () => {
  beforeAll(async () => {
    playground = await startPlayground();
  });

  afterAll(() => playground?.close());

  test("the first content is there within half a second", async () => {
    const measure = async () => {
      const { page } = await playground.open();
      await page.locator(".is-drawn").first().waitFor();
      const ms = await page.evaluate(
        () =>
          performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.POSITIVE_INFINITY,
      );
      await page.context().close();
      return ms;
    };
    const limit = FIRST_CONTENT_MS_MAX * crowding();
    const ms = await best(measure, (value) => value < limit);
    console.log(`first content after ${ms.toFixed(0)} ms, at most ${limit.toFixed(0)}`);
    expect(ms).toBeLessThan(limit);
  });

  test("the head is there before the program has run", async () => {
    const { page } = await playground.open("", { javaScriptEnabled: false });
    await expect.poll(() => page.locator(".page-head nav button").allInnerTexts()).toHaveLength(4);
    await page.context().close();
  });

  test("less than 80 kB come over the wire before the model", async () => {
    const { page } = await playground.open();
    await page.locator(".charts svg").first().waitFor();
    const bytes = await bytesOf(page);
    console.log(`the page before the model: ${bytes} bytes`);
    expect(bytes).toBeGreaterThan(30_000);
    expect(bytes).toBeLessThan(BYTES_MAX);
    await page.context().close();
  });

  test.each(VIEWS.flatMap((view) => WIDTHS.map((width) => ({ ...view, width }))))(
    "nothing moves once it is there: $hash at $width pixels",
    async ({ hash, last, width }) => {
      const { page } = await playground.open(hash, { viewport: { width, height: 900 } });
      await page.evaluate(watchShifts);
      await page.locator("main:not([aria-busy])").waitFor();
      await page.locator(last).last().waitFor();
      expect(await page.evaluate(shiftsOnceStill)).toEqual([]);
      await page.context().close();
    },
  );

  test.each(SLOW_VIEWS)(
    "on a slow line nothing moves that counts: $hash",
    async ({ hash, last }) => {
      // Both at once, because each waits for its own connection.
      const shown = WIDTHS.map(async (width) => {
        const { page } = await playground.open("#view=learn", { viewport: { width, height: 900 } });
        const line = await page.context().newCDPSession(page);
        await line.send("Network.setCacheDisabled", { cacheDisabled: true });
        await line.send("Network.emulateNetworkConditions", { offline: false, latency: 40, ...SLOW_LINE });
        await page.addInitScript(watchShifts);
        await page.goto("about:blank");
        await page.goto(`${playground.url}/${hash}`);
        await page.locator("main:not([aria-busy])").waitFor({ timeout: SLOW_MS_MAX });
        await page.locator(last).last().waitFor({ timeout: SLOW_MS_MAX });
        const shifts = (await page.evaluate(shiftsOnceStill)) as readonly string[]; // as watchShifts writes them
        const sum = shifts.reduce((total, shift) => total + Number.parseFloat(shift), 0);
        expect(sum, shifts.join("\n")).toBeLessThanOrEqual(SHIFT_MAX);
        await page.context().close();
      });
      await Promise.all(shown);
    },
    WIDTHS.length * SLOW_MS_MAX,
  );

  test("a slider at 128,256 tokens is followed within 60 ms, nineteen times of twenty", async () => {
    const { page } = await playground.open("#row=example:large");
    await page.locator(".is-drawn").first().waitFor();
    const measure = async () => {
      const times = (await page.evaluate(sliderRedraws)).sort((a, b) => a - b);
      return times[Math.ceil(0.95 * times.length) - 1] ?? Number.POSITIVE_INFINITY;
    };
    const limit = REDRAW_P95_MS_MAX * crowding();
    const ms = await best(measure, (value) => value < limit);
    console.log(`slider to redraw at 128,256 tokens, p95: ${ms.toFixed(0)} ms, at most ${limit.toFixed(0)}`);
    expect(ms).toBeLessThan(limit);
    await page.context().close();
  });

  test("two texts side by side are written with 15 tokens a second each", async () => {
    const { page } = await playground.open("#view=write");
    await page.locator(".write-actions .main:enabled").waitFor();
    await page.getByRole("button", { name: "another seed" }).click();
    const measure = async () => {
      const before = await page.locator(".text-token").count();
      const began = performance.now();
      await afterText(page, () => page.locator(".write-actions .main").click());
      const written = (await page.locator(".text-token").count()) - before;
      const pace = (1000 * written) / 2 / (performance.now() - began);
      return pace;
    };
    const limit = TOKENS_A_SECOND_MIN / crowding();
    const pace = await best(measure, (value) => value >= limit, Math.max);
    console.log(
      `two texts side by side: ${pace.toFixed(1)} tokens a second each, at least ${limit.toFixed(1)}`,
    );
    expect(pace).toBeGreaterThanOrEqual(limit);
    await page.context().close();
  });
});

/** In the page: the elements that have moved so far, and those that will move. */
function watchShifts(): void {
  interface Shift extends PerformanceEntry {
    readonly value: number;
    readonly sources: readonly { readonly node: Element | null }[];
  }
  const shifts: string[] = [];
  Object.assign(globalThis, { shifts });
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries() as Shift[]) // only layout shifts are observed
      shifts.push(
        `${value.toFixed(4)}: ${sources.map(({ node }) => `${node?.nodeName}.${node?.className ?? ""}`)}`,
      );
  }).observe({ type: "layout-shift", buffered: true });
}

/** In the page: the elements that have moved after the fonts were loaded and thirty more frames were drawn. */
async function shiftsOnceStill(): Promise<unknown> {
  await document.fonts.ready;
  for (let frame = 0; frame < 30; frame++) await new Promise(requestAnimationFrame);
  return (globalThis as unknown as { shifts: unknown }).shifts; // set by watchShifts
}

/** In the page: moves a slider and waits for the frame after the funnel has changed, again and again. */
async function sliderRedraws(): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const slider = document.querySelector<HTMLInputElement>('[data-stage="temperature"] input[type=range]');
    const funnel = document.querySelector(".funnel-box");
    if (slider === null || funnel === null) throw new Error("the page has no slider");
    const began = performance.now();
    const redrawn = new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        requestAnimationFrame(() => resolve());
      });
      observer.observe(funnel, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    slider.value = String(300 + 10 * ((7 * i) % 40));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await redrawn;
    times.push(performance.now() - began);
  }
  return times;
}
