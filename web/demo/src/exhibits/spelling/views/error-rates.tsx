import { percent } from '../../../page/format';
import { dictionaryWords } from '../assets';
import { useBench, type SpellingBench } from '../bench';

/** How often each network is wrong on words of the dictionary, if asked. */
export function ErrorRates() {
  const bench = useBench();
  const rates = bench.errorRates.value;
  const busy = bench.work.activity.value !== undefined;
  const words = dictionaryWords.toLocaleString('en');
  return (
    <section class="finding" aria-labelledby="errors-title">
      <h2 id="errors-title">Errors</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">on {words} words of the dictionary</th>
            <th scope="col">float32</th>
            <th scope="col">int8</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Phonemes that are wrong, missing or too many</th>
            <td data-testid="errors-float">{rates ? percent(rates.float) : '–'}</td>
            <td data-testid="errors-quantized">{rates ? percent(rates.quantized) : '–'}</td>
          </tr>
        </tbody>
      </table>
      <button type="button" data-testid="proceed" onClick={() => proceed(bench)}>
        {busy ? 'Cancel' : bench.networks.value ? `Count on ${words} words` : 'Fetch the networks'}
      </button>
    </section>
  );
}

function proceed(bench: SpellingBench): void {
  if (bench.work.activity.value) bench.work.cancel();
  else void (bench.networks.value ? bench.countErrors() : bench.open());
}
