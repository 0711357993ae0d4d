/** A frame for a line: its size, and the ticks that both charts of the panel share. */

export const WIDTH = 420;
export const HEIGHT = 204;
const PAD = { left: 52, right: 12, top: 24, bottom: 34 } as const;

export interface Tick {
  /** 0 … 1 along its axis */
  readonly at: number;
  readonly text: string;
}

interface Props {
  readonly x: readonly Tick[];
  readonly y: readonly Tick[];
  readonly x_name: string;
  readonly y_name: string;
}

/** Pixels for 0 … 1 along an axis; y grows upwards. */
export const xAt = (t: number) => PAD.left + t * (WIDTH - PAD.left - PAD.right);
export const yAt = (t: number) => HEIGHT - PAD.bottom - t * (HEIGHT - PAD.top - PAD.bottom);

export function Axes({ x, y, x_name, y_name }: Props) {
  return (
    <g class="axes">
      {y.map(({ at, text }) => (
        <g key={text}>
          <line x1={xAt(0)} x2={xAt(1)} y1={yAt(at)} y2={yAt(at)} />
          <text x={xAt(0) - 5} y={yAt(at) + 3} text-anchor="end">
            {text}
          </text>
        </g>
      ))}
      {x.map(({ at, text }) => (
        <text key={text} x={xAt(at)} y={yAt(0) + 14} text-anchor="middle">
          {text}
        </text>
      ))}
      <text class="axis-name" x={xAt(1)} y={HEIGHT - 4} text-anchor="end">
        {x_name}
      </text>
      <text class="axis-name" x={2} y={10}>
        {y_name}
      </text>
    </g>
  );
}
