// How to quantize, and which network.
import { useRef } from 'preact/hooks';
import { describeSettings, settings, type Settings } from '../workbench/settings';
import { openNetwork } from '../workbench/workbench';

const choices = {
  method: {
    legend: 'Activations’ ranges',
    options: [
      ['static', 'static: learnt before'],
      ['dynamic', 'dynamic: in each run'],
    ],
  },
  photos: {
    legend: 'Photos to learn from',
    options: [
      [8, '8'],
      [16, '16'],
      [32, '32'],
    ],
  },
  observer: {
    legend: 'Range of a tensor',
    options: [
      ['histogram', 'histogram, least error'],
      ['minmax', 'smallest to largest'],
      ['movingAverage', 'moving average'],
    ],
  },
  activations: {
    legend: 'Activations',
    options: [
      ['u8', '8 bits'],
      ['u7', '7 bits'],
    ],
  },
} as const;

export function SettingsForm() {
  const fileInput = useRef<HTMLInputElement>(null);
  const onlyStatic = settings.value.method === 'dynamic';
  return (
    <details class="settings">
      <summary>
        How to quantize: <span class="summary-value">{describeSettings(settings.value)}</span>
      </summary>
      <form>
        <Choice name="method" />
        <Choice name="photos" disabled={onlyStatic} />
        <Choice name="observer" disabled={onlyStatic} />
        <Choice name="activations" />
        <fieldset>
          <legend>Network</legend>
          <button type="button" onClick={() => fileInput.current?.click()}>
            Open another ONNX classifier
          </button>
          <input
            ref={fileInput}
            type="file"
            accept=".onnx"
            hidden
            data-testid="network-file"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file) void openNetwork(file);
              currentTarget.value = '';
            }}
          />
        </fieldset>
      </form>
    </details>
  );
}

function Choice<Name extends keyof Settings>({ name, disabled = false }: { name: Name; disabled?: boolean }) {
  const { legend, options } = choices[name];
  return (
    <fieldset disabled={disabled}>
      <legend>{legend}</legend>
      {options.map(([value, text]) => (
        <label key={value} class="choice">
          <input
            type="radio"
            name={name}
            value={value}
            checked={settings.value[name] === value}
            onChange={() => (settings.value = { ...settings.value, [name]: value })}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
