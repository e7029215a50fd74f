// How pictures become the network's input: shown, and changed field by field.
import { describePreprocessing, type Preprocessing } from 'octavo';
import { Term } from '../../../page/term';
import { choiceOf, feedChoices, leavesFormOpen } from '../feed';
import { useBench } from '../workbench';
import { ChoiceField, TextField, listText, numberOf, numbersOf, scaleText } from './feed-fields';

export function FeedForm() {
  const bench = useBench();
  const { value: feed } = bench.feed;
  const { input } = bench;
  const network = bench.float.value ?? bench.int8.value;
  if (!feed || !input) {
    const when = bench.question.value ? 'as is answered above' : 'as the network wants it, once it is open';
    return (
      <p class="feed">
        How pictures are fed: <span class="summary-value">{when}</span>
      </p>
    );
  }
  const choices = feedChoices(input);
  const chosen = choiceOf(feed, choices);
  const change = (fields: Partial<Preprocessing>) => bench.changeFeed(fields);
  const whole = (field: 'width' | 'height' | 'side') => ({
    value: String(feed[field] ?? ''),
    change: (text: string) => change({ [field]: numberOf(text) }),
  });
  return (
    <details class="feed" data-testid="feed">
      <summary>
        How pictures are fed: <span class="summary-value">{describePreprocessing(feed)}</span>
      </summary>
      <form onSubmit={(event) => event.preventDefault()}>
        <ChoiceField
          label="Preset"
          value={chosen?.name ?? 'own numbers'}
          options={[...choices.map(({ name }) => name), ...(chosen ? [] : ['own numbers'])]}
          change={(name) => {
            const choice = choices.find((each) => each.name === name);
            if (choice) bench.setFeed(choice.feed);
          }}
        />
        <ChoiceField
          label="Resize"
          value={feed.resize}
          options={['cover', 'fit', 'stretch']}
          change={(resize) => void change({ resize })}
        />
        <TextField label="Width" {...whole('width')} />
        <TextField label="Height" {...whole('height')} />
        {feed.resize === 'cover' && <TextField label="Shorter side becomes" {...whole('side')} />}
        <ChoiceField
          label="Channels"
          value={feed.channels}
          options={feed.channels === 'grey' ? ['grey'] : ['RGB', 'BGR']}
          change={(channels) => void change({ channels })}
        />
        <TextField
          label="Scale"
          value={scaleText(feed.scale)}
          change={(text) => change({ scale: numberOf(text) })}
        />
        <TextField
          label="Mean, to take away"
          value={listText(feed.mean)}
          change={(text) => change({ mean: numbersOf(text) })}
        />
        <TextField
          label="Deviation, to divide by"
          value={listText(feed.std)}
          change={(text) => change({ std: numbersOf(text) })}
        />
        <ChoiceField
          label="Interpolation"
          value={feed.interpolation}
          options={['bilinear', 'bicubic', 'nearest']}
          change={(interpolation) => void change({ interpolation })}
        />
        <p class="field">
          <Term of="NCHW">Layout</Term> <span class="given">{`${feed.layout}, ${feed.dtype}`}</span>
        </p>
        {network && leavesFormOpen(network) && (
          <button type="button" onClick={() => bench.ask('form')}>
            Another layout
          </button>
        )}
      </form>
    </details>
  );
}
