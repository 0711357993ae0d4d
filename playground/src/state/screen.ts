/** The width of the screen, for decisions about the order of the page that CSS alone cannot make. */
import { type Signal, signal } from "@preact/signals";

/** One column: the more important part comes first. */
export const is_narrow = matches("(max-width: 900px)");
/** A phone held upright: too narrow for a column per stage. */
export const is_phone = matches("(max-width: 600px)");

function matches(condition: string): Signal<boolean> {
  const query = matchMedia(condition);
  const now = signal(query.matches);
  query.addEventListener("change", () => {
    now.value = query.matches;
  });
  return now;
}
