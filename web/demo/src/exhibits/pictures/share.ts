// Keeps the address as what is chosen, and what is chosen as the address.
import { effect } from '@preact/signals';
import { readAddress, writeAddress } from './address';
import { networkPreprocessing, samplePhotos, type Photo } from './assets';
import { choiceOf, feedChoices } from './feed';
import { takePhoto } from './take';
import type { PictureBench } from './workbench';

const usualCaption = 'Koala';
const photoOf = (caption: string | undefined): Photo | undefined =>
  samplePhotos.find((photo) => photo.caption === (caption ?? usualCaption)) ?? samplePhotos[0];

/** Begins with what the address says, and follows it from then on. Returns what ends that. */
export function share(bench: PictureBench): () => void {
  const follow = () => {
    const { settings, photo, preprocessing } = readAddress(location.hash);
    bench.shareFeed(preprocessing);
    // Where the address says what is chosen already, a method that stands in for it stays.
    if (JSON.stringify(settings) !== JSON.stringify(bench.settings.value)) bench.choose(settings);
    const subject = photoOf(photo);
    if (subject && bench.picture.value?.caption !== subject.caption) void takePhoto(bench, subject);
  };
  follow();
  addEventListener('hashchange', follow);
  const end = effect(() => {
    const caption = bench.picture.value?.caption;
    // Until there is a picture, the address says what is to come.
    if (caption === undefined) return;
    const photo = samplePhotos.find((each) => each.caption === caption && caption !== usualCaption)?.caption;
    const preprocessing = bench.float.value ? unusualFeed(bench) : bench.sharedFeed;
    const { pathname, search } = location;
    const hash = writeAddress({ settings: bench.settings.value, photo, preprocessing });
    history.replaceState(history.state, '', `${pathname}${search}${hash}`);
  });
  return () => {
    removeEventListener('hashchange', follow);
    end();
  };
}

/** How the page's network is fed, where that is not as usual. */
function unusualFeed(bench: PictureBench) {
  const [feed, input] = [bench.feed.value, bench.input];
  if (!feed || !input || bench.own.value) return undefined;
  const choice = choiceOf(feed, feedChoices(input));
  if (choice?.name === networkPreprocessing) return undefined;
  return choice && choice.name !== 'as they are' ? choice.name : feed;
}
