// Keeps the address as the settings of the training, and the settings as the address.
import { effect } from '@preact/signals';
import { bitChoices } from './networks';
import { usualSettings, type Training, type TrainingSettings } from './training';

/** Begins with what the address says, and follows it from then on. Returns what ends that. */
export function share({ settings }: Training): () => void {
  const follow = () => (settings.value = settingsOf(new URLSearchParams(location.hash.slice(1))));
  follow();
  addEventListener('hashchange', follow);
  const end = effect(() => {
    const { bits, teacher } = settings.value;
    const said = new URLSearchParams();
    if (bits !== usualSettings.bits) said.set('bits', String(bits));
    if (teacher !== usualSettings.teacher) said.set('teacher', teacher);
    const hash = said.size > 0 ? `#${said}` : '';
    history.replaceState(history.state, '', `${location.pathname}${location.search}${hash}`);
  });
  return () => {
    removeEventListener('hashchange', follow);
    end();
  };
}

/** What is not understood is as usual. */
const settingsOf = (said: URLSearchParams): TrainingSettings => ({
  bits: bitChoices.find((bits) => said.get('bits') === String(bits)) ?? usualSettings.bits,
  teacher: said.get('teacher') === 'network' ? 'network' : usualSettings.teacher,
});
