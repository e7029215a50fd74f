// The workbench: the one button that does the next step, the progress of what is being done, the settings.
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { ActivityView } from '../../../page/activity-view';
import { FailureNotice } from '../../../page/failure-notice';
import { fileSize } from '../../../page/format';
import { networkBytes, networkName } from '../assets';
import { useBench, type PictureBench } from '../workbench';
import { AdviceButton } from './advice-button';
import { DownloadButton } from './download-button';
import { FeedForm } from './feed-form';
import { FeedQuestion } from './feed-question';
import { SettingsForm } from './settings-form';

const stepLabels: Record<PictureBench['nextStep']['value'], (bench: PictureBench) => string> = {
  load: () => 'Load and quantize',
  ask: () => 'Say how pictures are fed',
  quantize: ({ int8 }) => (int8.value ? 'Quantize again' : 'Quantize'),
  measure: () => 'Measure again',
};

export function Bench() {
  const bench = useBench();
  const primary = useRef<HTMLButtonElement>(null);
  const { activity, outcome } = bench.work;
  const busy = activity.value !== undefined;
  const step = bench.nextStep.value;
  return (
    <section class="bench" aria-label="Workbench">
      <FeedQuestion onAnswered={() => primary.current?.focus({ preventScroll: true })} />
      <div class="controls">
        <button
          type="button"
          class="primary"
          ref={primary}
          aria-disabled={busy || step === 'ask'}
          data-testid="proceed"
          onClick={() => busy || step === 'ask' || void bench.proceed()}
        >
          {stepLabels[step](bench)}
        </button>
        {/* One takes the place of the other, so that nothing moves. */}
        {busy ? <CancelButton back={primary} /> : <AdviceButton />}
        <DownloadButton />
      </div>
      <div class="progress">
        {activity.value ? <ActivityView {...activity.value} /> : <p data-testid="idle">{idleText(bench)}</p>}
      </div>
      {/* Only what begins and how it ended: counting aloud would drown everything else. */}
      <p class="visually-hidden" role="status" data-testid="status">
        {activity.value?.title ?? outcome.value}
      </p>
      <FailureNotice work={bench.work} />
      <SettingsForm />
      <FeedForm />
    </section>
  );
}

/** Has the focus where what began the work had it, and gives it to `back`. */
function CancelButton({ back }: { back: RefObject<HTMLButtonElement | null> }) {
  const bench = useBench();
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const own = button.current;
    if (document.activeElement === document.body) own?.focus();
    return () => {
      if (document.activeElement === own) back.current?.focus();
    };
  }, [back]);
  return (
    <button
      type="button"
      ref={button}
      onClick={() => {
        bench.work.cancel();
        back.current?.focus();
      }}
    >
      Cancel
    </button>
  );
}

function idleText(bench: PictureBench): string {
  const made = bench.int8.value?.made;
  if (bench.old.value.quantized && made && bench.nextStep.value === 'quantize')
    return `What is shown is old: it is of ${made.how}, before something was changed.`;
  if (bench.old.value.quantized) return 'What is shown is old: it was found before something was changed.';
  return (
    bench.work.outcome.value ||
    `${networkName}, trained on ImageNet: ${fileSize(networkBytes)} to fetch, then all happens here.`
  );
}
