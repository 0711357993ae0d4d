/** The same steps by the library in a browser: its bundle in a page of Chromium that loads nothing else. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, chromium_path } from "../../evidence/chromium.ts";
import type { LIBRARY_FORMS, LibraryForm } from "./library-forms.ts";
import type { ReplayStep } from "./steps.ts";
import type { Replay } from "./ways.ts";

const ENTRY = fileURLToPath(new URL("library-forms.ts", import.meta.url));

/** The bundle's global in the page. */
interface Bundled {
  readonly replay: { readonly LIBRARY_FORMS: typeof LIBRARY_FORMS };
}

type Replies = Readonly<Record<string, readonly string[]>>;

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "replay",
    platform: "browser",
  });
  return outputFiles[0]?.text ?? "";
}

/** The replies of all steps in every form: one browser starts for all forms. */
async function repliesOf(program: string, steps: readonly ReplayStep[]): Promise<Replies> {
  const browser = await chromium.launch({ executablePath: program, args: CHROMIUM_FLAGS });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await bundled() });
    return await page.evaluate((given) => {
      const forms = Object.entries((globalThis as unknown as Bundled).replay.LIBRARY_FORMS);
      return Object.fromEntries(forms.map(([name, take]) => [name, take(given)]));
    }, steps);
  } finally {
    await browser.close();
  }
}

/** The ways by name; none when Chromium is not installed. */
export function inBrowser(forms: readonly LibraryForm[]): Readonly<Record<string, Replay>> {
  if (chromium_path === undefined) return {};
  const program = chromium_path;
  let replies: Promise<Replies> | undefined;
  const inForm =
    (form: LibraryForm): Replay =>
    async (_url, steps) => {
      replies ??= repliesOf(program, steps);
      return (await replies)[form] ?? [];
    };
  return Object.fromEntries(forms.map((form) => [`the library in Chromium, ${form}`, inForm(form)]));
}
