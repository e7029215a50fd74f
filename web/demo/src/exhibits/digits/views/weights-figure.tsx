// Where the weights of a layer are between the levels that they are rounded to.
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useBench } from '../bench';
import type { LayerWeights } from '../layer-weights';

/** Levels beyond which they are too many to be told apart. */
const mostLevels = 7;

export function WeightsFigure() {
  const id = useId();
  const { layers } = useBench().training;
  const chosen = useSignal<string | undefined>(undefined);
  const layer = layers.value.find(({ name }) => name === chosen.value) ?? largest(layers.value);
  return (
    <figure class="finding">
      <h2>Weights</h2>
      <Histogram layer={layer} />
      <figcaption>
        {layer ? (
          <>
            <label for={id}>Layer</label>{' '}
            <select
              id={id}
              value={layer.name}
              onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}
            >
              {layers.value.map(({ name, dims }) => (
                <option key={name} value={name}>
                  {dims.join(' × ')}
                </option>
              ))}
            </select>{' '}
            In grey where its weights are, in red how many are rounded to each level.
          </>
        ) : (
          'Training keeps float weights, and moves them between the levels that they are rounded to.'
        )}
      </figcaption>
    </figure>
  );
}

const largest = (layers: readonly LayerWeights[]) =>
  layers.reduce<LayerWeights | undefined>(
    (most, layer) => (layer.values.length > (most?.values.length ?? 0) ? layer : most),
    undefined,
  );

function Histogram({ layer }: { layer: LayerWeights | undefined }) {
  const { most, values } = layer ?? { most: 1, values: new Float32Array() };
  const end = most <= mostLevels ? most + 1 : most * 1.1;
  const at = (level: number) => ((level + end) / (2 * end)) * 100;
  const levels = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
  const rounded = countsOf(values, levels.length, (value) => clamp(Math.round(value), most) + most);
  const counts = countsOf(values, bins, (value) => Math.floor(((value + end) / (2 * end)) * bins));
  const marked = most <= mostLevels ? levels : [-most, 0, most];
  return (
    <div class="curve histogram" aria-hidden="true">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none">
        <path class="bars" d={barsOf(counts, (i) => ((i + 0.5) * 100) / bins, 85 / bins)} />
        <path class="levels" d={barsOf(rounded, (i) => at(i - most), 1.5)} />
      </svg>
      <div class="axis">
        {marked.map((level) => (
          <span key={level} style={{ '--at': at(level) }}>
            {level < 0 ? `−${-level}` : level}
          </span>
        ))}
      </div>
    </div>
  );
}

const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value));

/** A bar for each count, the highest as high as the chart. */
function barsOf(counts: readonly number[], at: (i: number) => number, width: number): string {
  const highest = Math.max(...counts, 1);
  return counts
    .map((count, i) => {
      const height = (count / highest) * 100;
      return `M${(at(i) - width / 2).toFixed(2)} 100v${(-height).toFixed(2)}h${width.toFixed(2)}v${height.toFixed(2)}z`;
    })
    .join('');
}

const bins = 84;

/** How many values are in each of `count` bins; those that are in none are left out. */
function countsOf(values: Float32Array, count: number, binOf: (value: number) => number): number[] {
  const counts = Array<number>(count).fill(0);
  for (const value of values) {
    const bin = binOf(value);
    if (bin >= 0 && bin < count) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
