// How the picture is fed to the network: what the file says, or what the visitor is asked for.
import {
  findPreprocessing,
  preprocessingFor,
  preprocessingPresets,
  type Preprocessing,
  type PreprocessingName,
  type ValueDescription,
} from 'octavo';
import { Problem } from '../../page/problem';
import type { Network } from './networks';

/** One way to feed an input. */
export interface FeedChoice {
  name: PreprocessingName | 'as they are';
  about: string;
  feed: Preprocessing;
}

/** One form that pictures may have where the input leaves that open; the ways to feed them are asked for next. */
export interface FormChoice {
  name: string;
  about: string;
  form: Form;
}

/** What an input may leave open. */
export type Form = Pick<Preprocessing, 'layout' | 'channels'>;

/** What has to be asked before a network can be fed. */
export interface Question {
  /** Of which network. */
  name: string;
  why: string;
  choices: (FeedChoice | FormChoice)[];
}

const names = Object.keys(preprocessingPresets) as PreprocessingName[];

/** Every preset that fits an input, and pixels as they are. */
export const feedChoices = (input: ValueDescription): FeedChoice[] => [
  ...names.flatMap((name) => choice(name, preprocessingPresets[name].about, input, name)),
  ...choice('as they are', 'pixels as they are, 0..255: the network scales them itself', input, {}),
];

function choice(
  name: FeedChoice['name'],
  about: string,
  input: ValueDescription,
  wanted: PreprocessingName | Partial<Preprocessing>,
): FeedChoice[] {
  try {
    return [{ name, about, feed: preprocessingFor(input, wanted) }];
  } catch {
    // It does not fit.
    return [];
  }
}

const formsOf = (layout: Preprocessing['layout']): FormChoice[] =>
  (['RGB', 'grey'] as const).map((channels) => {
    const count = channels === 'grey' ? 1 : 3;
    const nchw = layout === 'NCHW';
    const dims = nchw ? `${count} × height × width` : `height × width × ${count}`;
    return {
      name: dims,
      about: `${count === 3 ? 'in colour' : 'in grey'}, channels ${nchw ? 'first (NCHW), as from PyTorch' : 'last (NHWC), as from TensorFlow'}`,
      form: { layout, channels },
    };
  });

/** An input, with what it leaves open as it is where pictures have this form. */
export function inForm(input: ValueDescription, { layout, channels }: Form): ValueDescription {
  const axis = layout === 'NCHW' ? 1 : 3;
  const dims = input.dims ?? ['?', '?', '?', '?'];
  return { ...input, dims: dims.map((size, at) => (at === axis ? (channels === 'grey' ? 1 : 3) : size)) };
}

/** Of an input, whatever a file says of it. */
const unsaid = (inputs: readonly ValueDescription[]) =>
  findPreprocessing({ inputs, describe: () => ({ metadata: {} }) });

/** Whether an input leaves open where its channels are, or how many. */
export const leavesFormOpen = ({ model }: Network) => unsaid(model.inputs).layouts !== undefined;

/**
 * What the file says of its pictures, or the question that it leaves open: of their form, where that is open, or of the numbers.
 * `asked`: whatever the file says, the question of the form, or of the numbers of pictures of this form.
 * @throws Problem where its input is no picture
 */
export function findFeed({ model, name }: Network, asked?: 'form' | Form): Preprocessing | Question {
  const inputs = typeof asked === 'object' ? model.inputs.map((each) => inForm(each, asked)) : model.inputs;
  const { known, candidates, layouts, why } = asked ? unsaid(inputs) : findPreprocessing(model);
  if (known) return known;
  if (layouts) return { name, why, choices: layouts.flatMap(formsOf) };
  const [input] = inputs;
  const fitting = input ? feedChoices(input) : [];
  const place = ({ name: preset }: FeedChoice) => candidates.indexOf(preset as PreprocessingName);
  // The likeliest come first; where the package knows of none, whatever can be made is offered.
  const likely = fitting.filter((each) => place(each) >= 0).sort((a, b) => place(a) - place(b));
  const rest = fitting.filter((each) => each.name === 'as they are' || candidates.length === 0);
  const offered = [...likely, ...rest];
  if (offered.length === 0)
    throw new Problem(`This page feeds pictures to a network, and of ${name}, ${why}.`);
  return { name, why, choices: offered };
}

export const isQuestion = (found: Preprocessing | Question): found is Question => 'choices' in found;

/** The choice that is the same as `feed`, if any is. */
export const choiceOf = (feed: Preprocessing, choices: readonly FeedChoice[]): FeedChoice | undefined =>
  choices.find((each) => sameFeed(each.feed, feed));

export const sameFeed = (a: Preprocessing | undefined, b: Preprocessing | undefined) =>
  JSON.stringify(a) === JSON.stringify(b);
