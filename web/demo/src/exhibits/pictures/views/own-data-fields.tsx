// The visitor's own data: pictures to learn ranges from, names of classes.
import { pageCalibration } from '../bench-state';
import { takeCalibration, takeLabels } from '../take';
import { useBench } from '../workbench';
import { FileButton } from './file-button';

export function CalibrationField({ disabled }: { disabled: boolean }) {
  const bench = useBench();
  const { pictures, noun, id } = bench.calibration.value;
  return (
    <fieldset disabled={disabled}>
      <legend>Which pictures</legend>
      <p data-testid="calibration">
        {id === 0 ? `the page’s ${pictures.length} photos` : `${pictures.length} ${noun}`}
      </p>
      <div class="controls">
        <FileButton
          accept="image/*"
          many="files"
          testId="calibration-files"
          onFiles={(files) => takeCalibration(bench, files)}
        >
          Choose pictures
        </FileButton>
        <FileButton
          many="folder"
          testId="calibration-folder"
          onFiles={(files) => takeCalibration(bench, files)}
        >
          Choose a folder
        </FileButton>
        {id !== 0 && (
          <button type="button" onClick={() => (bench.calibration.value = pageCalibration)}>
            The page’s photos
          </button>
        )}
      </div>
    </fieldset>
  );
}

export function LabelsField() {
  const bench = useBench();
  const labels = bench.labels.value;
  const choose = (kind: 'imagenet' | 'none', text: string) => (
    <label class="choice">
      <input
        type="radio"
        name="labels"
        value={kind}
        checked={labels.kind === kind}
        onChange={() => (bench.labels.value = { kind })}
      />
      {text}
    </label>
  );
  return (
    <fieldset>
      <legend>Names of classes</legend>
      {choose('imagenet', 'ImageNet’s thousand')}
      {choose('none', 'none: numbers')}
      {labels.kind === 'file' && (
        <p data-testid="labels">
          {labels.name}, {labels.lines.length} names
        </p>
      )}
      <div class="controls">
        <FileButton
          accept=".txt,.json"
          testId="labels-file"
          onFiles={([chosen]) => chosen && void takeLabels(bench, chosen.file)}
        >
          Choose a file of names
        </FileButton>
      </div>
    </fieldset>
  );
}
