/** The page: a head with the four views, and the selected view. */

import { useEffect } from "preact/hooks";
import { catalogue_problem } from "../state/catalogue.ts";
import { presets_problem } from "../state/presets.ts";
import { type View, view } from "../state/signals.ts";
import { amount, write } from "../write/writer.ts";
import { DropAnywhere } from "./drop-anywhere.tsx";
import { later } from "./later.tsx";
import { PageFoot } from "./page-foot.tsx";
import { PageHead } from "./page-head.tsx";
import { CalibrateRoom, LearnRoom } from "./room.tsx";
import { SampleView } from "./sample-view.tsx";
import { Says } from "./says.tsx";
import { SkipLinks } from "./skip-links.tsx";

export function App() {
  const problem = catalogue_problem.value ?? presets_problem.value;
  useEffect(followKeys, []);
  return (
    <>
      <SkipLinks />
      <PageHead />
      {problem && (
        <div class="page-says">
          <Says problem={problem} />
        </div>
      )}
      <Shown view={view.value} />
      <PageFoot />
      <DropAnywhere />
    </>
  );
}

/** Ctrl+Enter starts writing, wherever the focus is. Returns a function that ends this. */
function followKeys(): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || view.value !== "write") return;
    event.preventDefault();
    void write(amount.value);
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}

function Shown({ view: shown }: { view: View }) {
  if (shown === "calibrate") return <Calibrate />;
  if (shown === "learn") return <Learn />;
  return <SampleView writes={shown === "write"} />;
}

const Learn = later(async () => (await import("../learn/learn-view.tsx")).LearnView, <LearnRoom />);

const Calibrate = later(
  async () => (await import("../calibrate/calibrate-view.tsx")).CalibrateView,
  <CalibrateRoom />,
);
