// Fields of the form of preprocessing, and numbers as they are written in them.

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly Value[];
  change: (value: Value) => void;
}

export const ChoiceField = <Value extends string>({ label, value, options, change }: ChoiceProps<Value>) => (
  <label class="field">
    <span>{label}</span>
    <select value={value} onChange={({ currentTarget }) => change(currentTarget.value as Value)}>
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  </label>
);

interface TextProps {
  label: string;
  value: string;
  /** Is done when the field reads `value` if that was refused. */
  change: (text: string) => Promise<void>;
}

export const TextField = ({ label, value, change }: TextProps) => (
  <label class="field">
    <span>{label}</span>
    <input
      type="text"
      inputMode="decimal"
      autocomplete="off"
      value={value}
      onChange={({ currentTarget }) => {
        const { value: text } = currentTarget;
        currentTarget.value = value;
        void change(text);
      }}
    />
  </label>
);

/** A number or a fraction: "0.5", "1/255". What is neither is NaN, which is refused further on. */
export function numberOf(text: string): number {
  const [above, below = '1', ...more] = text.split('/').map((part) => part.trim());
  return above && below && more.length === 0 ? Number(above) / Number(below) : NaN;
}

export const numbersOf = (text: string): number[] =>
  text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(numberOf);

export function scaleText(scale: number): string {
  const inverse = Math.round(1 / scale);
  return inverse > 1 && 1 / inverse === scale ? `1/${inverse}` : String(scale);
}

export const listText = (values: readonly number[]) =>
  values.every((value) => value === values[0]) ? String(values[0]) : values.join(', ');
