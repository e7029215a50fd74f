// Keeps the address as the word that was typed, and the word as the address.
import { effect } from '@preact/signals';
import { sampleWords } from './assets';
import type { SpellingBench } from './bench';

/** Begins with what the address says, and follows it from then on. Returns what ends that. */
export function share(bench: SpellingBench): () => void {
  const follow = () => {
    const word = new URLSearchParams(location.hash.slice(1)).get('word') ?? sampleWords[0];
    if (word !== undefined && word !== bench.text.value) void bench.type(word);
  };
  follow();
  addEventListener('hashchange', follow);
  const end = effect(() => {
    // Once it was said and timed: browsers count how often an address is changed.
    const spoken = bench.spoken.value;
    if (!spoken?.ms) return;
    const hash = spoken.text === sampleWords[0] ? '' : `#${new URLSearchParams({ word: spoken.text })}`;
    history.replaceState(history.state, '', `${location.pathname}${location.search}${hash}`);
  });
  return () => {
    removeEventListener('hashchange', follow);
    end();
  };
}
