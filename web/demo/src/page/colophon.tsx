// The last leaf tells what the page was printed with: the engine's build, its kernels, and why these; and where to go on.
import { defaultEngine, type EngineInfo } from 'octavo';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Kernels } from './kernels';
import { Links } from './links';
import { Term } from './term';
import type { Work } from './work';

export function Colophon({ finePrint, work }: { finePrint: string; work: Work }) {
  const info = useSignal<EngineInfo | undefined>(undefined);
  useEffect(() => {
    defaultEngine().then(
      (engine) => (info.value = engine.info),
      (error: unknown) => work.fail(error),
    );
  }, []);
  return (
    <footer class="colophon">
      <h2>The engine at work</h2>
      {info.value ? <Facts {...info.value} /> : <p>Octavo’s engine is starting…</p>}
      <Links />
      <p class="fine-print">{finePrint}</p>
    </footer>
  );
}

function Facts({ build, why, threads, threadsWhy, dot, kernels, worker }: EngineInfo) {
  return (
    <>
      <dl class="facts">
        <div>
          <dt>Build</dt>
          <dd data-testid="build">
            {build}: {why}
          </dd>
        </div>
        <div>
          <dt>Relaxed dot product</dt>
          <dd>{dot}</dd>
        </div>
        <div>
          <dt>Runs in</dt>
          <dd data-testid="threads">
            {worker ? 'a worker' : 'the page'}, {threads === 1 ? 'one thread' : `${threads} threads`}:{' '}
            {threadsWhy}
          </dd>
        </div>
        <div>
          <dt>Page</dt>
          <dd data-testid="isolation">
            {crossOriginIsolated ? '' : 'not '}
            <Term of="isolated">cross-origin isolated</Term>
          </dd>
        </div>
      </dl>
      <Kernels kernels={kernels} />
    </>
  );
}
