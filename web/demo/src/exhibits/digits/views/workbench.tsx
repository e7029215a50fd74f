// The workbench: trains with as few bits as one chooses, pauses, goes on, stops; what is being done and how it ended.
import { useRef } from 'preact/hooks';
import { ActivityView } from '../../../page/activity-view';
import { FailureNotice } from '../../../page/failure-notice';
import { fileSize } from '../../../page/format';
import { save } from '../../../page/save';
import { trainedFile, useBench, type DigitBench } from '../bench';
import { TrainingForm } from './training-form';

export function Workbench() {
  const bench = useBench();
  const primary = useRef<HTMLButtonElement>(null);
  const { activity, outcome } = bench.work;
  const state = bench.training.state.value;
  const busy = activity.value !== undefined;
  return (
    <section class="bench" aria-label="Workbench">
      <div class="controls">
        <button
          type="button"
          class="primary"
          ref={primary}
          aria-disabled={!canProceed(bench)}
          data-testid="proceed"
          onClick={() => canProceed(bench) && proceed(bench)}
        >
          {stepLabel(bench)}
        </button>
        {busy && (
          <button
            type="button"
            onClick={() => {
              if (state === 'idle') bench.work.cancel();
              else bench.training.stop();
              primary.current?.focus();
            }}
          >
            {state === 'idle' ? 'Cancel' : 'Stop'}
          </button>
        )}
        <DownloadButton />
      </div>
      <div class="progress">
        {activity.value ? (
          <ActivityView {...activity.value} {...(state === 'paused' ? { title: 'Paused after' } : {})} />
        ) : (
          <p>
            <span data-testid="outcome">{outcome.value}</span>{' '}
            <span class="hint">
              “Right” is of 1,000 digits that no network here was trained on; files keep fewer than four bits
              as four.
            </span>
          </p>
        )}
      </div>
      <p class="visually-hidden" role="status" data-testid="status">
        {state === 'paused' ? 'Paused' : (activity.value?.title ?? outcome.value)}
      </p>
      <FailureNotice work={bench.work} />
      <TrainingForm />
    </section>
  );
}

function stepLabel({ isOpen, training, work }: DigitBench): string {
  if (!isOpen && !work.activity.value) return 'Fetch the network';
  if (training.state.value === 'running') return 'Pause';
  if (training.state.value === 'paused') return 'Go on';
  return `Train with ${training.settings.value.bits} bits`;
}

const canProceed = ({ training, work }: DigitBench) =>
  training.state.value !== 'idle' || work.activity.value === undefined;

function proceed(bench: DigitBench): void {
  const { training, isOpen } = bench;
  if (training.state.value === 'running') training.pause();
  else if (training.state.value === 'paused') training.resume();
  else void (isOpen ? training.train() : bench.open());
}

function DownloadButton() {
  const bench = useBench();
  const trained = bench.networks.value.find(({ id }) => id === 'trained');
  const ready = trained !== undefined && bench.training.state.value !== 'running';
  return (
    <button
      type="button"
      class="download"
      data-testid="download"
      aria-disabled={!ready}
      onClick={() => ready && void bench.download(save)}
    >
      Download {trained ? trainedFile(bench.training.made.value?.bits ?? 8) : 'the trained network'}
      <span>{trained ? `ONNX, ${fileSize(trained.bytes)}` : 'once it is trained'}</span>
    </button>
  );
}
