import { useEffect, useRef } from 'preact/hooks';
import { bringIntoView } from '../../../page/bring-into-view';
import { useBench } from '../workbench';

/** Where advice is shown: it has its room from when it is asked for, so that nothing moves when it comes. */
export function AdvicePlace() {
  const bench = useBench();
  const section = useRef<HTMLElement>(null);
  const { advice, advising, adviceView } = bench;
  const View = adviceView.value;
  const report = advice.value?.report;
  useEffect(() => {
    if (report && section.current) bringIntoView(section.current);
  }, [report]);
  if (!report && !advising.value) return null;
  const old = bench.adviceIsOld.value;
  return (
    <section
      class={old ? 'advice finding old' : 'advice finding'}
      aria-labelledby="advice-title"
      data-testid="advice"
      ref={section}
    >
      <h2 id="advice-title">Advice {old && <span class="old-mark">old</span>}</h2>
      {report && View ? (
        <View report={report} />
      ) : (
        <p>Every method that makes sense for this network is measured, one after another, on this device.</p>
      )}
    </section>
  );
}
