/**
 * A placeholder for a view that is still loading: panels with their titles and their final height. The parts replace it
 * all at once, so that nothing moves. After a while it says that the connection or the service is slow.
 */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** A title, and the height of the panel in a wide window, in pixels. */
export type Room = readonly [title: string, height: number];

interface Props {
  /** the class of the view's own `main` */
  readonly view: "bench" | "calibrate" | "learn";
  /** columns of the view by their classes, in the order of reading */
  readonly columns: Readonly<Record<string, readonly Room[]>>;
}

/** Before this time, a missing part is normal. */
const SLOW_MS = 8000;

function RoomOf({ view, columns }: Props) {
  const is_slow = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      is_slow.value = true;
    }, SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main class={view} aria-busy="true">
      {Object.entries(columns).map(([name, rooms], i) => (
        <div class={name} key={name}>
          {rooms.map(([title, height], j) => (
            <section class="panel room" key={title} style={{ "--room": `${height}px` }}>
              <h2>{title}</h2>
              {i + j === 0 && (
                <p class="note" role="status">
                  {is_slow.value
                    ? "The line or the service is slow. This page is still waiting."
                    : "Loading …"}
                </p>
              )}
            </section>
          ))}
        </div>
      ))}
    </main>
  );
}

const SAMPLE_ROOM = {
  "bench-row": [["Row", 276]],
  "bench-chain": [["Chain", 620]],
  "bench-result steps": [
    ["The token", 190],
    ["Stage by stage", 620],
    ["The whole distribution", 310],
  ],
} as const;

const WRITE_ROOM = {
  "bench-row": [["Text", 380]],
  "bench-chain": [["Chain", 620]],
  "bench-result steps": [["The text", 280]],
} as const;

export function BenchRoom({ writes }: { writes: boolean }) {
  return <RoomOf view="bench" columns={writes ? WRITE_ROOM : SAMPLE_ROOM} />;
}

export function CalibrateRoom() {
  const columns = {
    "calibrate-side": [["Rows", 420]],
    "calibrate-result steps": [
      ["The temperature", 180],
      ["Reliability", 420],
      ["Threshold", 300],
    ],
  } as const;
  return <RoomOf view="calibrate" columns={columns} />;
}

export function LearnRoom() {
  return <RoomOf view="learn" columns={{ "learn-list": [["Learn", 300]], ideas: [["A row", 700]] }} />;
}
