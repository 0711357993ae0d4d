/** The watermark of a text's requests; undefined without one. */
import type { Extras } from "../state/extras.ts";

export interface Mark {
  readonly scheme: string;
  readonly key: string;
}

export function markIn({ watermark }: Extras): Mark | undefined {
  if (typeof watermark !== "object" || watermark === null) return undefined;
  const { scheme, key } = watermark as Partial<Mark>; // the service judges the rest
  return typeof scheme === "string" && typeof key === "string" ? (watermark as Mark) : undefined;
}
