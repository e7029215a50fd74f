// How to quantize.
import { Term } from '../../../page/term';
import type { Settings } from '../settings';
import { isConvolutional } from '../networks';
import { useBench } from '../workbench';
import { CalibrationField, LabelsField } from './own-data-fields';
import type { ComponentChildren } from 'preact';

const choices = {
  method: [
    ['static', 'static: learnt before'],
    ['dynamic', 'dynamic: in each run'],
  ],
  photos: [
    [8, '8'],
    [16, '16'],
    [32, '32'],
  ],
  observer: [
    ['histogram', 'histogram, least error'],
    ['minmax', 'smallest to largest'],
    ['movingAverage', 'moving average'],
    ['percentile', 'all but outliers'],
    ['entropy', 'entropy'],
    ['mse', 'least squared error'],
  ],
  activations: [
    ['u8', '8 bits'],
    ['u7', '7 bits'],
  ],
} as const;

export function SettingsForm() {
  const bench = useBench();
  const instead = bench.instead.value;
  const dynamic = !instead && bench.settings.value.method === 'dynamic';
  return (
    <details class="settings">
      <summary>
        How to quantize: <span class="summary-value">{bench.how.value}</span>
      </summary>
      <form>
        <Choice name="method">
          Activations’ ranges, <Term of="static" /> or <Term of="dynamic" />
        </Choice>
        <Choice name="photos" disabled={dynamic}>
          Pictures to <Term of="calibration">learn from</Term>
        </Choice>
        <Choice name="observer" disabled={dynamic}>
          <Term of="observer">Range of a tensor</Term>
        </Choice>
        <Choice name="activations">
          Activations, <Term of="u8" /> or <Term of="u7" />
        </Choice>
        <CalibrationField disabled={dynamic} />
        <LabelsField />
      </form>
      {dynamic && <DynamicNote />}
      {instead && (
        <p class="note" data-testid="instead">
          As advised: {bench.how.value}. These settings have no such method; whichever is chosen here takes
          its place.
        </p>
      )}
    </details>
  );
}

/** What dynamic quantization is, and whom it is not for. */
function DynamicNote() {
  const { float } = useBench();
  if (float.value && !isConvolutional(float.value)) return null;
  return (
    <p class="note" data-testid="dynamic-note">
      Dynamic quantization finds the range of every activation anew in each run, and keeps float numbers
      between layers. It is made for networks of large matrices, such as language models, and needs no
      pictures. This network is convolutional: static, which learns ranges once and stays in whole numbers
      from layer to layer, is the one to take.
    </p>
  );
}

interface ChoiceProps<Name extends keyof Settings> {
  name: Name;
  disabled?: boolean;
  children: ComponentChildren;
}

function Choice<Name extends keyof Settings>({ name, disabled = false, children }: ChoiceProps<Name>) {
  const bench = useBench();
  const now = bench.instead.value && name !== 'photos' ? undefined : bench.settings.value[name];
  return (
    <fieldset disabled={disabled}>
      <legend>{children}</legend>
      {choices[name].map(([value, text]) => (
        <label key={value} class="choice">
          <input
            type="radio"
            name={name}
            value={value}
            checked={now === value}
            onChange={() => bench.choose({ [name]: value })}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
