/** The first stops of the keyboard: past the head and the examples. They move the focus and leave the address alone. */

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

/** A heading takes the focus only when it is allowed to. */
function goTo(id: string): void {
  const heading = document.getElementById(id) ?? document.querySelector("main h2");
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus();
  heading.scrollIntoView({ block: "start" });
}
