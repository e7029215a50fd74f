// A leaf for each network: what it reads, how sure it is, how often it is right, how large it is.
import { fileSize, percent } from '../../../page/format';
import { useBench, type DigitBench } from '../bench';
import { best, bitChoices, type NetworkId } from '../networks';

const titles: readonly [NetworkId, string][] = [
  ['float', 'float32'],
  ...bitChoices.map((bits) => [`static-${bits}`, `${bits} bits`] as [NetworkId, string]),
  ['trained', 'trained'],
];

export function Leaves() {
  const bench = useBench();
  return (
    <section class="leaves" aria-label="Comparison" aria-busy={bench.work.activity.value !== undefined}>
      {titles.map(([id, title]) => (
        <Leaf key={id} id={id} title={title} />
      ))}
      <p class="visually-hidden" role="status" data-testid="read">
        {readAloud(bench)}
      </p>
    </section>
  );
}

/** For those who do not see the leaves, once the pen is up and nothing else is told. */
function readAloud({ answers, networks, pad, work }: DigitBench): string {
  const shares = answers.value?.shares;
  if (!shares || pad.isDown.value || work.activity.value) return '';
  const read = networks.value.map(({ id, title }) => `${title} ${best(shares.get(id) ?? [])}`);
  return `Read: ${read.join(', ')}.`;
}

function Leaf({ id, title }: { id: NetworkId; title: string }) {
  const bench = useBench();
  const network = bench.networks.value.find((each) => each.id === id);
  const shares = bench.answers.value?.shares.get(id);
  const answer = shares && best(shares);
  return (
    <article class={`leaf ${id}`} aria-labelledby={`title-${id}`} data-testid={`leaf-${id}`}>
      <h2 id={`title-${id}`}>{network?.title ?? title}</h2>
      <p class="answer">
        <strong data-testid={`answer-${id}`}>{answer ?? '–'}</strong>{' '}
        <span data-testid={`share-${id}`}>{shares ? percent(shares[answer ?? 0] ?? 0) : '\u00a0'}</span>
      </p>
      <div class="shares" aria-hidden="true">
        {Array.from({ length: 10 }, (_, digit) => (
          <span key={digit} class={digit === answer ? 'best' : ''}>
            <span class="bar" style={{ '--share': shares?.[digit] ?? 0 }} />
            {digit}
          </span>
        ))}
      </div>
      <dl class="figures">
        <div>
          <dt>Right</dt>
          <dd data-testid={`accuracy-${id}`}>{network ? percent(network.accuracy) : '–'}</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd data-testid={`bytes-${id}`}>{network ? fileSize(network.bytes) : '–'}</dd>
        </div>
      </dl>
    </article>
  );
}
