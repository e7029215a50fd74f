// What the visitor says that a drawing is: digits of theirs, to be learned.
import { useBench } from '../bench';
import { classes } from '../digits';
import { DigitImage } from './digit-image';

export function Examples() {
  const { pad, training, work } = useBench();
  const image = pad.sample.value ? undefined : pad.image.value;
  const ready = image !== undefined && work.activity.value === undefined;
  const own = training.examples.value;
  return (
    <div class="examples">
      <fieldset>
        <legend>What you drew is a</legend>
        {Array.from({ length: classes }, (_, label) => (
          <button
            type="button"
            key={label}
            aria-disabled={!ready}
            onClick={() => ready && void training.learn({ image, label })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      {own.length > 0 ? (
        <ul aria-label="Your digits" data-testid="examples">
          {own.map(({ image, label }, index) => (
            <li key={index}>
              <DigitImage image={image} /> {label}
            </li>
          ))}
        </ul>
      ) : (
        <p>{training.made.value ? 'It is learned at once.' : 'It is learned, too, in training.'}</p>
      )}
    </div>
  );
}
