// Lines over the steps of a training.
import { scaleLinear } from 'd3-scale';

export interface Line {
  kind: string;
  points: readonly (readonly [step: number, value: number])[];
}

/** A value that does not change, with its name. */
export interface Rule {
  kind: string;
  value: number;
  title: string;
}

interface CurveProps {
  steps: number;
  /** The largest value; the smallest is 0. */
  most: number;
  lines: readonly Line[];
  rules?: readonly Rule[];
  format: (value: number) => string;
}

export function Curve({ steps, most, lines, rules = [], format }: CurveProps) {
  const y = scaleLinear().domain([0, most]).nice(4).range([100, 0]);
  const x = scaleLinear()
    .domain([0, Math.max(steps, 1)])
    .range([0, 100]);
  return (
    <div class="curve" aria-hidden="true">
      <div class="curve-ticks">
        {y.ticks(4).map((tick) => (
          <span key={tick} style={{ '--at': y(tick) }}>
            {format(tick)}
          </span>
        ))}
      </div>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none">
        {rules.map(({ kind, value }) => (
          <path key={kind} class={`rule ${kind}`} d={`M0 ${y(value)}H100`} />
        ))}
        {lines.map(({ kind, points }) => (
          <path
            key={kind}
            class={`line ${kind}`}
            d={pathOf(points.map(([step, value]) => [x(step), y(value)]))}
          />
        ))}
      </svg>
      <div class="curve-rules">
        {rules.map(({ kind, value, title }) => (
          <span key={kind} class={kind} style={{ '--at': y(value) }}>
            {title}
          </span>
        ))}
      </div>
      <p>{steps > 0 ? `${steps} steps` : '\u00a0'}</p>
    </div>
  );
}

const pathOf = (points: readonly (readonly [number, number])[]) =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(2)} ${y.toFixed(2)}`).join('');
