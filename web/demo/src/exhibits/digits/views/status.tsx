// What is being done, how it ended, what failed; and, for screen readers, what the networks read.
import { ActivityView } from '../../../page/activity-view';
import { FailureNotice } from '../../../page/failure-notice';
import { useBench, type DigitBench } from '../bench';
import { best } from '../networks';

export function Status() {
  const bench = useBench();
  const { activity, outcome } = bench.work;
  return (
    <section class="digits-status" aria-label="Progress">
      <div class="progress">
        {activity.value ? (
          <ActivityView {...activity.value} />
        ) : (
          <p>
            <span data-testid="outcome">{outcome.value}</span>{' '}
            <span class="hint">
              “Right” is of 1,000 digits that none of the networks was trained on. Files keep fewer bits than
              four as four.
            </span>
          </p>
        )}
      </div>
      <p class="visually-hidden" role="status" data-testid="status">
        {activity.value?.title ?? readAloud(bench) ?? outcome.value}
      </p>
      <FailureNotice work={bench.work} />
    </section>
  );
}

function readAloud({ answers, networks }: DigitBench): string | undefined {
  const shares = answers.value?.shares;
  if (!shares) return undefined;
  const read = networks.value.map(({ id, title }) => `${title} ${best(shares.get(id) ?? [])}`);
  return `Read: ${read.join(', ')}.`;
}
