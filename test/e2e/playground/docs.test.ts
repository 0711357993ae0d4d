/**
 * The page of the OpenAPI document in a real browser, under the policy of the service's pages: every operation is
 * shown, and every prefilled request is answered with 200.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, type Playground, screenshot, startPlayground, without_browser } from "./browser.ts";

const ROW = Buffer.from(Float32Array.of(1, 2.5, -0.3, 2.4).buffer);

describe.skipIf(without_browser)("the page of the OpenAPI document", () => {
  let playground: Playground;
  let directory = "";
  beforeAll(async () => {
    // All operations of the service, and the region that an example registers.
    directory = await mkdtemp(join(tmpdir(), "docs-page-"));
    await writeFile(join(directory, "logits"), ROW);
    const keys = join(directory, "watermark-keys");
    await writeFile(keys, "main 0x2a\n", { mode: 0o600 });
    playground = await startPlayground({
      SHARED_MEMORY: "on",
      SHARED_MEMORY_DIR: directory,
      WATERMARK_KEYS_FILE: keys,
    });
  });
  afterAll(async () => {
    await playground?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function openDocs(options = {}) {
    const opened = await playground.open("", options);
    await opened.page.goto(`${playground.url}/docs`);
    await opened.page.locator(".opblock").first().waitFor();
    return opened;
  }

  async function answersOf(half: number, count: number): Promise<unknown[]> {
    const { page, complaints } = await openDocs();
    const operations = await page.locator(".opblock").all();
    expect(operations.length).toBe(count);
    const answers: unknown[] = [];
    for (const operation of operations.filter((_, place) => Number(place >= count / 2) === half)) {
      await open(operation);
      // Executed first, because with a hundred open options the page renders each of them again.
      answers.push([await operation.getAttribute("id"), await executed(operation)]);
      await unfold(operation);
      await expect.poll(() => operation.innerText()).not.toContain("Could not render");
      await operation.locator(".opblock-summary-control").click();
    }
    expect(complaints).toEqual([]);
    await page.context().close();
    return answers;
  }

  test("every operation shows, and every Execute as it is filled in is answered with 200", async () => {
    const { paths } = await (await fetch(`${playground.url}/openapi.json`)).json();
    const told = Object.values(paths).flatMap((methods) => Object.keys(methods as object));
    expect(told.length).toBeGreaterThan(25);
    // Two pages, each with half of the operations in order, because the page opens an operation slowly.
    const halves = await Promise.all([0, 1].map((half) => answersOf(half, told.length)));
    const answers = halves.flat();
    expect(answers.length).toBe(told.length);
    expect(answers.filter((each) => !String(each).endsWith("200"))).toEqual([]);
  }, 600_000);

  test("a row of bytes goes with an option of the query string", async () => {
    const { page, complaints } = await openDocs();
    const operation = await open(page.locator("#operations-sampling-sample"));
    await unfold(operation);
    await operation.locator("tr[data-param-name=dtype] select").selectOption("f32");
    await operation.locator("tr[data-param-name=seed] input").fill("7");
    await operation
      .locator("tr[data-param-name=chain] input")
      .fill('[{"stage": "temperature", "temperature": 0}]');
    await operation
      .locator(".opblock-section-request-body .content-type")
      .selectOption("application/octet-stream");
    await operation.locator("input[type=file]").setInputFiles({
      name: "row.f32",
      mimeType: "application/octet-stream",
      buffer: ROW,
    });
    expect(await axeViolations(page)).toEqual([]);
    expect(await executed(operation)).toBe("200");
    await expect.poll(() => operation.locator(".live-responses-table").innerText()).toMatch(/"token_id": 1/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("options of query strings are folded until they are wanted", async () => {
    const { page } = await openDocs();
    const operation = await open(page.locator("#operations-sampling-sample"));
    const rows = operation.locator("tr[data-param-name]");
    await expect.poll(() => rows.count()).toBe(0);
    const button = operation.getByRole("button", { name: /^Show \d+ optional/ });
    await expect.poll(() => button.getAttribute("aria-expanded")).toBe("false");
    await button.click();
    await expect.poll(() => rows.count()).toBeGreaterThan(80);
    await operation.getByRole("button", { name: /^Hide \d+ optional/ }).click();
    await expect.poll(() => rows.count()).toBe(0);
    await page.context().close();
  });

  test("it is a page of this service: its name, its colours, the way back", async () => {
    const { page } = await openDocs();
    await expect.poll(() => page.title()).toBe("logit-sampler API");
    await expect.poll(() => page.locator(".topbar").count()).toBe(0);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const own = await ground();
    await page.getByRole("link", { name: "Playground" }).click();
    await page.waitForURL(`${playground.url}/`);
    await expect.poll(ground).toBe(own);
    await page.context().close();
  });

  test.each(["light", "dark"] as const)(
    "axe finds nothing in it, %s, wide and narrow",
    async (colorScheme) => {
      const { page } = await openDocs({ colorScheme });
      const operation = await open(page.locator("#operations-sampling-sample"));
      expect(await executed(operation)).toBe("200");
      await unfold(operation);
      await page.locator(".models-control").click();
      await page.locator(".models .json-schema-2020-12-accordion").first().click();
      for (const width of [1360, 390]) {
        await page.setViewportSize({ width, height: 900 });
        expect([width, await axeViolations(page)]).toEqual([width, []]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([width, overflow]).toEqual([width, 0]);
        await screenshot(page, `docs-${colorScheme}-${width}`);
      }
      await page.context().close();
    },
    600_000,
  );

  test("the theme chosen in the playground holds", async () => {
    const { page } = await openDocs({ colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.evaluate(() => localStorage.setItem("theme", "dark"));
    await page.reload();
    await expect.poll(ground).not.toBe(light);
    await page.context().close();
  });
});

async function open(operation: Locator): Promise<Locator> {
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".execute").waitFor();
  return operation;
}

async function unfold(operation: Locator): Promise<void> {
  const button = operation.locator(".fold");
  if ((await button.count()) > 0) await button.click();
}

/** The status that the page shows after Execute. */
async function executed(operation: Locator): Promise<string> {
  await operation.locator(".execute").click();
  const status = operation.locator(".live-responses-table .response .response-col_status");
  await status.waitFor();
  return (await status.innerText()).split("\n", 1)[0] ?? "";
}
