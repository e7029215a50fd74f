// How to train.
import { Term } from '../../../page/term';
import { useBench } from '../bench';
import { bitChoices } from '../networks';
import type { TrainingSettings } from '../training';

const teachers: readonly [TrainingSettings['teacher'], string][] = [
  ['labels', 'labels of 4,000 digits'],
  ['network', 'the float network, no labels'],
];

export function TrainingForm() {
  const { training } = useBench();
  const settings = training.settings.value;
  const set = (news: Partial<TrainingSettings>) => (training.settings.value = { ...settings, ...news });
  return (
    <form class="training">
      <fieldset>
        <legend>
          <Term of="training">Train</Term> with weights of
        </legend>
        {[...bitChoices].reverse().map((bits) => (
          <label key={bits} class="choice">
            <input type="radio" name="bits" checked={settings.bits === bits} onChange={() => set({ bits })} />
            {bits} bits
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>
          Learn from labels, or by <Term of="distillation" />
        </legend>
        {teachers.map(([teacher, text]) => (
          <label key={teacher} class="choice">
            <input
              type="radio"
              name="teacher"
              checked={settings.teacher === teacher}
              onChange={() => set({ teacher })}
            />
            {text}
          </label>
        ))}
      </fieldset>
    </form>
  );
}
