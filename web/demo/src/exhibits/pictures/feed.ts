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

/** What has to be asked before a network can be fed. */
export interface Question {
  /** Of which network. */
  name: string;
  why: string;
  choices: FeedChoice[];
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

/**
 * What the file says of its pictures, or the question that it leaves open.
 * @throws Problem where its input is no picture
 */
export function findFeed({ model, name }: Network): Preprocessing | Question {
  const { known, candidates, why } = findPreprocessing(model);
  if (known) return known;
  const [input] = model.inputs;
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
