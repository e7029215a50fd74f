// The workbench: the one button that does the next step, the progress of what is being done, the settings.
import { useRef } from 'preact/hooks';
import { networkBytes, networkName } from '../assets';
import { megabytes } from '../format';
import { activity, cancel, outcome, type Activity } from '../workbench/activity';
import { quantized } from '../workbench/networks';
import { nextStep, proceed } from '../workbench/workbench';
import { DownloadButton } from './download-button';
import { FailureNotice } from './failure-notice';
import { SettingsForm } from './settings-form';

const stepLabels = {
  load: () => 'Load and quantize',
  quantize: () => (quantized.value ? 'Quantize again' : 'Quantize'),
  measure: () => 'Measure again',
};

export function Bench() {
  const primary = useRef<HTMLButtonElement>(null);
  const busy = activity.value !== undefined;
  return (
    <section class="bench" aria-label="Workbench">
      <div class="controls">
        <button
          type="button"
          class="primary"
          ref={primary}
          aria-disabled={busy}
          data-testid="proceed"
          onClick={() => busy || void proceed()}
        >
          {stepLabels[nextStep.value]()}
        </button>
        {busy ? (
          <button
            type="button"
            onClick={() => {
              cancel();
              primary.current?.focus();
            }}
          >
            Cancel
          </button>
        ) : (
          <DownloadButton />
        )}
      </div>
      <div class="progress">
        {activity.value ? <ActivityView {...activity.value} /> : <p>{idleText()}</p>}
      </div>
      {/* Only what begins and how it ended: counting aloud would drown everything else. */}
      <p class="visually-hidden" role="status" data-testid="status">
        {activity.value?.title ?? outcome.value}
      </p>
      <FailureNotice />
      <SettingsForm />
    </section>
  );
}

const idleText = () =>
  outcome.value ||
  `${networkName}, trained on ImageNet: ${megabytes(networkBytes)} to fetch, then all happens here.`;

function ActivityView({ title, unit, loaded, total }: Activity) {
  return (
    <>
      <p>
        {title}
        <span class="count">{countText(unit, loaded, total)}</span>
      </p>
      <progress aria-label={title} max={total ?? 1} {...(total === undefined ? {} : { value: loaded })} />
    </>
  );
}

function countText(unit: Activity['unit'], loaded: number, total: number | undefined): string {
  if (unit === 'none') return '…';
  if (unit === 'bytes')
    return total === undefined ? ` ${megabytes(loaded)}` : ` ${megabytes(loaded)} of ${megabytes(total)}`;
  return total === undefined ? ` ${loaded}` : ` ${loaded} of ${total} ${unit}`;
}
