/** How wide the screen is, where the order of the page depends on it and not only its style. */
import { type Signal, signal } from "@preact/signals";

/** One column: the more important comes first. */
export const is_narrow = matches("(max-width: 900px)");
/** A phone held upright: a column for each stage has no room. */
export const is_phone = matches("(max-width: 600px)");

function matches(condition: string): Signal<boolean> {
  const query = matchMedia(condition);
  const now = signal(query.matches);
  query.addEventListener("change", () => {
    now.value = query.matches;
  });
  return now;
}
