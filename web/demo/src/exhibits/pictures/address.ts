// What is chosen stands in the address, so that it can be shared: settings, sample photo, and the preprocessing of the
// page's network where it is not the usual one. Whatever an address says that cannot be is passed over.
import type { Preprocessing } from 'octavo';
import { defaultSettings, settingValues, type Settings } from './settings';

export interface Shared {
  settings: Settings;
  /** The caption of a sample photo. */
  photo: string | undefined;
  /** A preset's name, or fields. */
  preprocessing: string | Partial<Preprocessing> | undefined;
}

export function readAddress(hash: string): Shared {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const settings = { ...defaultSettings };
  const read = <Name extends keyof Settings>(name: Name) => {
    const word = words.get(name);
    settings[name] = settingValues[name].find((value) => String(value) === word) ?? defaultSettings[name];
  };
  for (const name of Object.keys(settingValues)) read(name as keyof Settings);
  return {
    settings,
    photo: words.get('photo') ?? undefined,
    preprocessing: parseFields(words.get('preprocessing')),
  };
}

/** Without what is usual, so that the address of the page as it begins stays bare. */
export function writeAddress({ settings, photo, preprocessing }: Shared): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(settings))
    if (value !== defaultSettings[name as keyof Settings]) words.set(name, String(value));
  if (photo !== undefined) words.set('photo', photo);
  if (preprocessing !== undefined)
    words.set(
      'preprocessing',
      typeof preprocessing === 'string' ? preprocessing : JSON.stringify(preprocessing),
    );
  return words.size > 0 ? `#${words}` : '';
}

function parseFields(text: string | null): Shared['preprocessing'] {
  if (!text?.startsWith('{')) return text ?? undefined;
  try {
    return JSON.parse(text) as Partial<Preprocessing>;
  } catch {
    return undefined;
  }
}
