// Size against agreement of the methods that were measured, a dot each, whose area is the time of a run.
import type { MeasuredMethod } from 'octavo';
import { scaleLinear, scaleSqrt } from 'd3-scale';
import { decibels, fileSize, milliseconds, percent } from '../../../page/format';
import { spread } from './places';

interface ChartProps {
  methods: readonly MeasuredMethod[];
  recommended: number;
  /** The place of the method whose network is shown; -1 for none. */
  taken: number;
  disabled: boolean;
  onTake: (which: number) => void;
}

/** Heights, in rem: of the chart, and of a name. */
const height = 22;
const nameHeight = 1.625;
/** Of the largest dot. */
const largestRadius = 1.375;
/** Where what is exact stands, and where the scale ends, in hundredths of the height. */
const exactly = 6;
const scaled = [94, 16];

export const isScored = (methods: readonly MeasuredMethod[]) => methods.some(({ score }) => score);

/** What is higher the better: the score where there is one. */
export const qualityOf = ({ score, agreement }: MeasuredMethod) => score?.score ?? agreement.sqnrDb;

export const qualityText = (method: MeasuredMethod) =>
  method.score ? percent(method.score.score) : decibels(method.agreement.sqnrDb);

const radiusOf = scaleSqrt();

export function Chart({ methods, recommended, taken, disabled, onTake }: ChartProps) {
  const { x, y } = scalesOf(methods);
  const radius = radiusOf
    .copy()
    .domain([0, Math.max(...methods.map(({ ms }) => ms))])
    .range([0, largestRadius]);
  const points = withNames(
    methods.map((method) => ({
      method,
      x: x(method.bytes),
      y: y.of(qualityOf(method)),
      radius: radius(method.ms),
    })),
  );
  const front = frontOf(points);
  return (
    <div class="advice-chart" role="group" aria-label="Methods: size against agreement" data-testid="methods">
      <div class="plot">
        <div class="ticks" aria-hidden="true">
          {y.ticks.map(({ at, text }) => (
            <span key={text} style={{ '--at': at }}>
              {text}
            </span>
          ))}
        </div>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          {y.hasExact && <path class="exact" d={`M0 ${exactly}H100`} />}
          {points.map((point, i) => (
            <path key={i} class="leader" d={`M${point.x} ${point.y}L${point.nameX} ${point.nameY}`} />
          ))}
          <path class="front" d={front.map((point, i) => `${i ? 'L' : 'M'}${point.x} ${point.y}`).join('')} />
        </svg>
        {points.map(({ method, x, y, radius, nameX, nameY, side }, i) => (
          <button
            type="button"
            key={i}
            class={classOf(method, side)}
            style={{ '--x': x, '--y': y, '--radius': radius, '--layer': Math.round(100 - 50 * radius) }}
            aria-pressed={i === taken}
            aria-disabled={disabled}
            aria-label={describe(method) + (i === recommended ? ', advised' : '')}
            onClick={() => disabled || onTake(i)}
          >
            <span class="dot" />
            <span class="name" style={{ '--name-x': nameX, '--name-y': nameY }}>
              {method.name}
              {i === recommended && <em> advised</em>}
            </span>
          </button>
        ))}
      </div>
      <div class="axis" aria-hidden="true">
        {ticksWithin(x).map((tick) => (
          <span key={tick} style={{ '--at': x(tick) }}>
            {tick === 0 ? 0 : fileSize(tick)}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Those whose text does not reach beyond the chart. */
const ticksWithin = (scale: { (value: number): number; ticks(count: number): number[] }) =>
  scale.ticks(4).filter((tick) => scale(tick) <= 92);

/** "static, mse: 5.1 MB, 24.6 dB, 20.3 ms". */
const describe = (method: MeasuredMethod) =>
  `${method.name}: ${fileSize(method.bytes)}, ${qualityText(method)}, ${milliseconds(method.ms)}`;

const classOf = ({ call, onFront }: MeasuredMethod, side: Side) =>
  ['method', side, ...(call === 'none' ? ['float'] : []), ...(onFront ? [] : ['behind'])].join(' ');

function scalesOf(methods: readonly MeasuredMethod[]) {
  const x = scaleLinear()
    .domain([0, Math.max(1, ...methods.map(({ bytes }) => bytes)) * 1.12])
    .range([0, 100]);
  const qualities = methods.map(qualityOf);
  const finite = qualities.filter(Number.isFinite);
  const [least, most] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const margin = most > least ? 0 : isScored(methods) ? 0.05 : 5;
  const scale = scaleLinear()
    .domain([least - margin, isScored(methods) ? Math.min(1, most + margin) : most + margin])
    .nice(4)
    .range(scaled);
  const text = (tick: number) => (isScored(methods) ? percent(tick) : `${tick} dB`);
  const hasExact = finite.length < qualities.length;
  const ticks = scale.ticks(4).map((tick) => ({ at: scale(tick), text: text(tick) }));
  const exact = hasExact ? [{ at: exactly, text: 'exact' }] : [];
  const of = (quality: number) => (Number.isFinite(quality) ? scale(quality) : exactly);
  return { x, y: { of, ticks: [...exact, ...ticks], hasExact } };
}

interface Point {
  method: MeasuredMethod;
  /** In hundredths of the chart. */
  x: number;
  y: number;
  /** In rem. */
  radius: number;
}

type Side = 'right' | 'left';

/** From a name's column to the dots of its half, in hundredths: the largest dots are less on the narrowest chart. */
const toColumn = 8;

/** Names stand in a column beside the dots of each half, where there is more room, none at the height of another; a line leads to each. */
function withNames(points: readonly Point[]) {
  const toRem = (at: number) => (at * height) / 100;
  const places = spread(
    points.map(({ y }) => toRem(y)),
    nameHeight,
    toRem(exactly),
    toRem(98),
  );
  const sideOf = ({ x }: Point): Side => (x > 50 ? 'left' : 'right');
  const edgesOf = (side: Side) => points.filter((point) => sideOf(point) === side).map(({ x }) => x);
  const columns = {
    right: Math.max(...edgesOf('right')) + toColumn,
    left: Math.min(...edgesOf('left')) - toColumn,
  };
  return points.map((point, i) => {
    const side = sideOf(point);
    return { ...point, side, nameX: columns[side], nameY: ((places[i] ?? 0) * 100) / height };
  });
}

/** Those than which none is smaller and as close, or closer and as small: from the smallest on. */
function frontOf(points: readonly Point[]): Point[] {
  const bySize = [...points].sort((a, b) => a.method.bytes - b.method.bytes || a.y - b.y);
  let highest = Infinity;
  return bySize.filter(({ y }) => {
    const isHigher = y < highest;
    highest = Math.min(highest, y);
    return isHigher;
  });
}
