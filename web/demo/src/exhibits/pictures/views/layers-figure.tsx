// How much of each layer's output is left, in order: a bar a layer, as high as its SQNR.
import { scaleLinear } from 'd3-scale';
import { cosineDigits, decibels } from '../../../page/format';
import { Term } from '../../../page/term';
import { useBench } from '../workbench';

/** How many of the worst are marked. */
const marked = 3;

export function LayersFigure() {
  const bench = useBench();
  const layers = bench.layers.value;
  if (!layers) return null;
  const ranked = [...layers.found].sort((a, b) => a.sqnrDb - b.sqnrDb);
  const worst = ranked.slice(0, marked);
  const finite = layers.found.map(({ sqnrDb }) => sqnrDb).filter(Number.isFinite);
  const y = scaleLinear()
    .domain([Math.min(0, ...finite), Math.max(1, ...finite)])
    .nice(4)
    .range([100, 0]);
  const [step, top] = [100 / layers.found.length, 0];
  return (
    <figure class="layers finding" data-testid="layers">
      <h2>Layer by layer {bench.isOld(layers) && <span class="old-mark">old</span>}</h2>
      <div class="layers-chart" aria-hidden="true">
        {y.ticks(4).map((tick) => (
          <span key={tick} style={{ '--at': y(tick) }}>
            {tick} dB
          </span>
        ))}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none">
          {layers.found.map((layer, i) => {
            const at = Number.isFinite(layer.sqnrDb) ? y(layer.sqnrDb) : top;
            return (
              <rect
                key={layer.name}
                class={worst.includes(layer) ? 'worst' : ''}
                x={(i + 0.1) * step}
                y={Math.min(at, y(0))}
                width={0.8 * step}
                height={Math.abs(y(0) - at)}
              >
                <title>{`${layer.op} ${layer.name}: ${decibels(layer.sqnrDb)}`}</title>
              </rect>
            );
          })}
        </svg>
      </div>
      <figcaption>
        From the input to the output, how close what each layer makes of this picture is to float (
        <Term of="SQNR" />
        ): the lower, the more was lost on the way there. Lowest:{' '}
        {worst.map(({ op, sqnrDb }) => `${op}, ${decibels(sqnrDb)}`).join('; ')}.
      </figcaption>
      <details>
        <summary>Every layer, the lowest first</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">makes</th>
              <th scope="col">by</th>
              <th scope="col">SQNR</th>
              <th scope="col">cosine</th>
            </tr>
          </thead>
          <tbody>
            {ranked.map(({ name, op, sqnrDb, cosine }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{op}</td>
                <td>{decibels(sqnrDb)}</td>
                <td>{cosineDigits(cosine)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
