/**
 * Replaces URL in a bare engine: resolves references of JSON Schemas against their base by RFC 3986, section 5.2. It
 * lowercases schemes and hosts and removes dot segments; nothing else is changed.
 */
const PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

interface Parts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

function partsOf(reference: string): Parts {
  const [, scheme, authority, path = "", query, fragment] = PARTS.exec(reference) ?? [];
  return { scheme: scheme?.toLowerCase(), authority: authority?.toLowerCase(), path, query, fragment };
}

function resolve(reference: string, base: string | undefined): Parts | undefined {
  const own = partsOf(reference);
  if (own.scheme !== undefined) return { ...own, path: withoutDots(own.path) };
  if (base === undefined) return undefined;
  const from = partsOf(base);
  if (from.scheme === undefined) return undefined;
  const { scheme } = from;
  if (own.authority !== undefined) return { ...own, scheme, path: withoutDots(own.path) };
  const { authority } = from;
  if (own.path === "")
    return { scheme, authority, path: from.path, query: own.query ?? from.query, fragment: own.fragment };
  const folder = from.path === "" && authority !== undefined ? "/" : from.path.replace(/[^/]*$/, "");
  const path = own.path.startsWith("/") ? own.path : folder + own.path;
  return { ...own, scheme, authority, path: withoutDots(path) };
}

function withoutDots(path: string): string {
  if (!path.startsWith("/")) return path;
  const out: string[] = [];
  const segments = path.slice(1).split("/");
  for (const [i, segment] of segments.entries()) {
    const is_last = i === segments.length - 1;
    if (segment === ".." || segment === ".") {
      if (segment === "..") out.pop();
      if (is_last) out.push("");
    } else out.push(segment);
  }
  return `/${out.join("/")}`;
}

export class PlainUrl {
  readonly href: string;

  constructor(reference: string, base?: string) {
    const parts = resolve(reference, base);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${reference}`);
    const { scheme, authority, path, query, fragment } = parts;
    const host = authority === undefined ? "" : `//${authority}`;
    const rooted = authority !== undefined && path === "" ? "/" : path;
    this.href = `${scheme}:${host}${rooted}${query === undefined ? "" : `?${query}`}${fragment === undefined ? "" : `#${fragment}`}`;
  }

  static canParse(reference: string, base?: string): boolean {
    return resolve(reference, base) !== undefined;
  }
}
