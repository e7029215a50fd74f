// What is being done, how it ended, what failed, and whether both networks say the same.
import { ActivityView } from '../../../page/activity-view';
import { FailureNotice } from '../../../page/failure-notice';
import { Term } from '../../../page/term';
import { turns, useBench, type SpellingBench } from '../bench';

export function Status() {
  const bench = useBench();
  const { activity, outcome } = bench.work;
  const agreement = agreementOf(bench);
  return (
    <section class="speech-status" aria-label="Progress">
      <div class="progress">
        {activity.value ? (
          <ActivityView {...activity.value} />
        ) : (
          <p>
            <span data-testid="agreement">{agreement ?? (outcome.value || 'Nothing was typed.')}</span>{' '}
            <span class="hint">
              Sounds are in <Term of="ARPAbet" />; the time is the median of {turns} runs each, taking turns.
            </span>
          </p>
        )}
      </div>
      <p class="visually-hidden" role="status" data-testid="status">
        {activity.value?.title ?? (bench.spoken.value?.ms && agreement ? agreement : outcome.value)}
      </p>
      <FailureNotice work={bench.work} />
    </section>
  );
}

function agreementOf({ spoken }: SpellingBench): string | undefined {
  const said = spoken.value;
  if (!said || said.words.length === 0) return undefined;
  const { float, quantized } = said.phonemes;
  const texts = [float, quantized].map((words) => words.map((phonemes) => phonemes.join(' ')));
  const others = said.words.filter((_, index) => texts[0]?.[index] !== texts[1]?.[index]);
  return others.length === 0 ? 'Both say the same.' : `They differ on ${others.join(', ')}.`;
}
