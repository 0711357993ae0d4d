/**
 * The page without a service: build/pages from a file server, below a path, compared with the page that the service
 * sends.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  axeViolations,
  drawnToken,
  funnelCounts,
  type Playground,
  playgroundAt,
  startPlayground,
  without_browser,
} from "./browser.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
/** Not the root of the server, so links must be relative. */
const BELOW = "/some/where";

let alone: Playground;
let served: Playground;
const paths_asked: string[] = [];

function hostOfFiles(folder: string): Server {
  return createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    paths_asked.push(path);
    const name = path === `${BELOW}/` ? "index.html" : normalize(path.slice(BELOW.length + 1));
    readFile(join(folder, name)).then(
      (bytes) => {
        response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
}

/**
 * Waits until a view shows the same on both pages and no part of it is empty. Waits for `ready` on both pages first,
 * and reads each page until it is complete, because its parts arrive one after another.
 */
async function sameOnBoth(
  hash: string,
  ready: string,
  shown: (page: Page) => Promise<readonly (string | readonly string[])[]>,
): Promise<void> {
  const opened = await Promise.all(
    [alone, served].map((playground) => playground.open(hash, { reducedMotion: "reduce" })),
  );
  for (const { page } of opened) await page.locator(ready).last().waitFor();
  await vi.waitFor(
    async () => {
      const [here, there] = await Promise.all(opened.map(({ page }) => shown(page)));
      expect(here?.filter((part) => part.length === 0 || [part].flat().includes(""))).toEqual([]);
      expect(here).toEqual(there);
    },
    { timeout: 30_000, interval: 200 },
  );
  for (const { page, complaints } of opened) {
    expect(complaints).toEqual([]);
    await page.context().close();
  }
}

describe.skipIf(without_browser)("the page without a service", () => {
  beforeAll(async () => {
    await promisify(execFile)("npm", ["run", "build:pages"], { cwd: ROOT });
    const host = hostOfFiles(join(ROOT, "build/pages")).listen(0, "127.0.0.1");
    await once(host, "listening");
    const { port } = host.address() as AddressInfo; // it listens on a port
    alone = await playgroundAt(`http://127.0.0.1:${port}${BELOW}`, async () => host.close());
    served = await startPlayground();
  });

  afterAll(async () => {
    await alone?.close();
    await served?.close();
  });

  test.each([
    ["a row of 8,192", ""],
    [
      "a host's order",
      "#row=example:loop&chain=repetition_penalty(repetition_penalty=1.3)~top_k(top_k=9)&seed=99&step=3",
    ],
    [
      "two rows combined",
      "#combine=%7B%22rule%22%3A%22contrastive%22%2C%22alpha%22%3A0.1%2C%22beta%22%3A0.5%7D&sources=short",
    ],
    ["own text", "#row=text:cat%2C8.2%0Adog%2C1.5&before=The&chain=temperature(temperature=3)"],
  ])("draws what the service draws: %s", async (_, hash) => {
    await sameOnBoth(hash, ".charts svg", async (page) => [
      await drawnToken(page),
      await funnelCounts(page),
      await page.locator(".facts dd").allInnerTexts(),
      await page.locator(".hosts-line").first().innerText(),
    ]);
  });

  test("calibrates and learns the same numbers", async () => {
    await sameOnBoth("#view=calibrate", ".shares p", async (page) => [
      await page.locator(".facts dd").allInnerTexts(),
      await page.locator(".shares p").allInnerTexts(),
    ]);
    await sameOnBoth("#view=learn", ".digits canvas", async (page) => [
      await page.locator(".story-picture li b").allInnerTexts(),
      await page.locator("#log-odds .live-answer").innerText(),
      await page.locator("#temperature .shares-list").innerText(),
    ]);
  });

  test("writes the same text, and refuses and explains in the same words", async () => {
    const text = "#view=write&row=written:3&prompt=The%20sea&n=6&chain=top_k(top_k=9)&seed=3";
    await sameOnBoth(text, ".fork", async (page) => [await page.locator(".text").first().innerText()]);
    await sameOnBoth("#view=write&prompt=The%20sea", ".write-actions .main:enabled", async (page) => {
      const shown: string[] = [];
      for (const [kind, sentence] of [
        ["A beam search", "3 beams"],
        ["A tree of drafts", "15 tokens drafted"],
      ] as const) {
        await page.getByRole("button", { name: kind }).click();
        await page.locator(".tree-panel", { hasText: sentence }).waitFor();
        shown.push(await page.locator(".tree-panel").innerText());
      }
      return shown;
    });
    await sameOnBoth("#chain=min_p(min_p=7)", ".field .says", async (page) => [
      await page.locator(".field .says").first().innerText(),
    ]);
    await sameOnBoth("#observed=dark%3A%2050%20%25%0Amast%3A%2050%20%25", ".why-says", async (page) => [
      await page.locator(".why-says").innerText(),
      await page.locator(".why-arms li").allInnerTexts(),
    ]);
  });

  test("asks its host for files alone, and is whole at 390 pixels", async () => {
    const { page } = await alone.open("", { viewport: { width: 390, height: 844 } });
    await page.locator(".charts svg").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.getByRole("link", { name: "API" }).getAttribute("href")).toBe("./openapi.json");
    await page.context().close();
    expect(paths_asked.filter((path) => !path.startsWith(BELOW) || path.includes("/v1/"))).toEqual([]);
  });
});
