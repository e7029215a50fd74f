// The last leaf tells what the page was printed with: the engine's build, its kernels, and why these.
import { defaultEngine, type EngineInfo } from 'octavo';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fail } from '../workbench/activity';

export function Colophon() {
  const info = useSignal<EngineInfo | undefined>(undefined);
  useEffect(() => {
    defaultEngine().then((engine) => (info.value = engine.info), fail);
  }, []);
  return (
    <footer class="colophon">
      <h2>The engine at work</h2>
      {info.value ? <Facts {...info.value} /> : <p>Octavo’s engine is starting…</p>}
      <p class="fine-print">
        The network, the photos and your own pictures stay on this device. EfficientNet-Lite0 was trained by
        Google on ImageNet; it knows a thousand things, and takes everything else for one of them.
      </p>
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
            {crossOriginIsolated ? 'cross-origin isolated' : 'not cross-origin isolated'}
          </dd>
        </div>
      </dl>
      <details class="kernels">
        <summary>Kernels, and why these</summary>
        <div class="table-scroll" tabIndex={0} role="region" aria-label="Kernels">
          <table>
            <thead>
              <tr>
                <th scope="col">Family</th>
                <th scope="col">Activations</th>
                <th scope="col">Kernel</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {kernels.map(({ family, activations, kernel, why: reason }) => (
                <tr key={`${family} ${activations}`}>
                  <th scope="row">{family}</th>
                  <td>{activations}</td>
                  <td>{kernel}</td>
                  <td>{reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
