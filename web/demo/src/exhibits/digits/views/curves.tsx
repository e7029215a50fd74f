// How a training goes: the loss, and how often the rounded network is right.
import { percent } from '../../../page/format';
import { Term } from '../../../page/term';
import { useBench } from '../bench';
import { Curve } from './curve';

/** Of the losses, how many the thicker line is a mean of. */
const window = 10;

export function LossFigure() {
  const { losses, steps } = useBench().training.curves.value;
  const last = losses.at(-1);
  return (
    <figure class="finding">
      <h2>Loss</h2>
      <Curve
        steps={steps}
        most={losses.length > 0 ? Math.max(...losses) : 1}
        format={(value) => `${value}`}
        lines={[
          { kind: 'faint', points: losses.map((loss, i) => [i + 1, loss]) },
          { kind: 'strong', points: means(losses).map((loss, i) => [i + 1, loss]) },
        ]}
      />
      <figcaption>
        {last === undefined ? (
          <>
            How far answers are from what they are to be, in each step of <Term of="training" />.
          </>
        ) : (
          <>
            After <span data-testid="steps">{losses.length}</span> of {steps} steps{' '}
            <strong data-testid="loss">{last.toFixed(3)}</strong>; the thick line is a mean of {window} steps.
          </>
        )}
      </figcaption>
    </figure>
  );
}

export function AccuracyFigure() {
  const { training, networks } = useBench();
  const { accuracies, steps } = training.curves.value;
  const bits = training.made.value?.bits;
  const last = accuracies.at(-1);
  const rules = networks.value.flatMap(({ id, accuracy }) => {
    if (id === 'float') return [{ kind: 'float', value: accuracy, title: 'float32' }];
    return id === `static-${bits}` ? [{ kind: 'untrained', value: accuracy, title: 'untrained' }] : [];
  });
  return (
    <figure class="finding">
      <h2>Right</h2>
      <Curve
        steps={steps}
        most={1}
        format={(value) => `${Math.round(value * 100)} %`}
        rules={rules}
        lines={[{ kind: 'strong', points: accuracies.map(({ step, accuracy }) => [step, accuracy]) }]}
      />
      <figcaption>
        {last ? (
          <>
            With weights of {bits} bits <strong data-testid="validation">{percent(last.accuracy)}</strong> of
            1,000 digits that are not trained on, on integers.
          </>
        ) : (
          'How many of 1,000 digits that are not trained on the network gets right, from time to time.'
        )}
      </figcaption>
    </figure>
  );
}

/** Of each value and those before it. */
const means = (values: readonly number[]) =>
  values.map((_, i) => {
    const some = values.slice(Math.max(0, i + 1 - window), i + 1);
    return some.reduce((a, b) => a + b, 0) / some.length;
  });
