/** The origins of pages that may call the service from a browser, as they are configured. */

/** Reads a list such as `https://a.example,https://b.example`. Throws an Error that shows the invalid origin. */
export function originsOf(text: string): string[] {
  const origins = text
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
  for (const origin of origins)
    if (origin !== "*" && !isOrigin(origin))
      throw new Error(`must hold origins such as https://pages.example, or *, got ${JSON.stringify(origin)}`);
  return origins;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}
