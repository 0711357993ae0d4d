/**
 * A real Chromium for the tests of the playground, and the built service with the page in it. Without Chromium the
 * tests are skipped on a developer's machine and fail in CI; `apt-get install chromium` gets one.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onTestFailed, TestRunner } from "vitest";
import { CHROMIUM_FLAGS, chromium_path } from "../../../evidence/chromium.ts";
import { startService } from "../../../evidence/service.ts";

/** True when these tests are skipped: no browser is installed, and the environment does not require one. */
export const without_browser = chromium_path === undefined && process.env["CI"] === undefined;

export interface Playground {
  readonly url: string;
  /** Opens a page at this address and waits for its answer; collects its errors. */
  open(hash?: string, options?: BrowserContextOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

export interface OpenPage {
  readonly page: Page;
  /** errors of scripts and of the console, without refused requests: the page shows those */
  readonly complaints: readonly string[];
}

/** `environment`: settings of the service. */
export async function startPlayground(
  environment: Readonly<Record<string, string>> = {},
): Promise<Playground> {
  if (chromium_path === undefined) throw new Error("no Chromium here: apt-get install chromium");
  const service = await startService(environment);
  return playgroundAt(service.url, () => service.stop());
}

/** The page, when it is already served elsewhere. `stop` ends that server. */
export async function playgroundAt(url: string, stop: () => Promise<unknown>): Promise<Playground> {
  if (chromium_path === undefined) throw new Error("no Chromium here: apt-get install chromium");
  const browser = await chromium.launch({ executablePath: chromium_path, args: CHROMIUM_FLAGS });
  return {
    url,
    open: (hash = "", options = {}) => openPage(browser, url, hash, options),
    close: async () => {
      await browser.close();
      await stop();
    },
  };
}

async function openPage(
  browser: Browser,
  url: string,
  hash: string,
  options: BrowserContextOptions,
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const is_refusal = message.text().includes("status of 422");
    if (["error", "warning"].includes(message.type()) && !is_refusal) complaints.push(message.text());
  });
  tellOnFailure(page, complaints);
  await page.goto(`${url}/${hash}`);
  return { page, complaints };
}

/** When a test fails, prints the page's address, its pending work, and its contents. */
function tellOnFailure(page: Page, complaints: readonly string[]): void {
  if (TestRunner.getCurrentTest() === undefined) return;
  const pending = new Set<string>();
  page.on("request", (request) => pending.add(request.url()));
  for (const end of ["requestfinished", "requestfailed"] as const)
    page.on(end as "requestfinished", (request) => pending.delete(request.url()));
  onTestFailed(async () => {
    if (page.isClosed()) return;
    const shown = await page.locator("body").innerText({ timeout: 5000 });
    console.log({ at: page.url(), complaints, pending: [...pending], shown: shown.slice(0, 600) });
  });
}

/** The drawn token that the page shows, and the counts above the columns of the funnel. */
export async function drawnToken(page: Page): Promise<string> {
  return (await page.locator(".outcome .drawn").innerText()).trim();
}

export function funnelCounts(page: Page): Promise<string[]> {
  return page.locator(".funnel thead b").allInnerTexts();
}

/** Does something and waits until the funnel shows another answer. */
export async function afterAnswer(page: Page, act: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().endsWith("/v1/sample"));
  await act();
  await answered;
  await page.waitForFunction(() => document.querySelector(".outcome")?.getAttribute("aria-busy") === "false");
}

/**
 * Does what starts a text, and waits until the text is written. A watcher in the page looks for its "Stop" button,
 * because a short text may be written between two looks from outside.
 */
export async function afterText(page: Page, act: () => Promise<unknown>): Promise<void> {
  const begun = page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const look = (_: unknown, observer?: MutationObserver) => {
          if (document.querySelector(".write-actions .main")?.textContent !== "Stop") return;
          observer?.disconnect();
          resolve();
        };
        const everything = { subtree: true, childList: true, characterData: true };
        new MutationObserver(look).observe(document.body, everything);
      }),
  );
  await act();
  await begun;
  await page.locator(".write-actions .main:not(:disabled)", { hasText: "Write on" }).waitFor();
}

/** The problems that axe-core finds: rule and element. `rules`: the rules to check; default: all. */
export async function axeViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // evaluated from outside: the page's policy allows no other script
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  return page.evaluate(
    async (runOnly) => {
      const { axe: loaded } = globalThis as unknown as { axe: typeof axe }; // set by the script above
      const options = { resultTypes: ["violations"] as axe.resultGroups[] };
      const { violations } = await loaded.run(runOnly === undefined ? options : { ...options, runOnly });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    },
    rules && [...rules],
  );
}

/** Screenshots go below build/, and into the documentation when SCREENSHOTS=docs asks for it. */
export async function screenshot(page: Page, name: string, fullPage = false): Promise<void> {
  const folder =
    process.env["SCREENSHOTS"] === "docs" ? "../../../docs/images" : "../../../build/screenshots";
  const path = fileURLToPath(new URL(folder, import.meta.url));
  await mkdir(path, { recursive: true });
  await page.screenshot({ path: join(path, `${name}.png`), fullPage });
}
