/**
 * The first keyboard stops: links that skip the head and the examples. They move the focus and do not change the
 * address.
 */

const PLACES = [
  ["chain-title", "Skip to the chain"],
  ["outcome-title", "Skip to the answer"],
] as const;

export function SkipLinks() {
  return (
    <div class="skips">
      {PLACES.map(([id, title]) => (
        <button type="button" class="skip" key={id} onClick={() => goTo(id)}>
          {title}
        </button>
      ))}
    </div>
  );
}

/** A heading can have the focus only with a tab index. */
function goTo(id: string): void {
  const heading = document.getElementById(id) ?? document.querySelector("main h2");
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus();
  heading.scrollIntoView({ block: "start" });
}
