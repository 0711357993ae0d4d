/** What a chapter of this tour is: a title, and lines that say what was computed. */

export interface Story {
  readonly title: string;
  tell(): string[];
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** `width` characters for a share of 1. */
export function bar(share: number, width = 40): string {
  return "█".repeat(Math.round(share * width));
}
