// Words of the trade, which explain themselves when they are pressed: as footnotes, at the foot of the window.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

const meanings = {
  u8: 'Activations, the numbers between layers, are kept as whole numbers from 0 to 255: eight bits, unsigned.',
  u7: 'Activations are kept as whole numbers from 0 to 127: seven bits. A little coarser, and faster on PCs whose processors multiply bytes in pairs.',
  static:
    'The range of each activation is learnt beforehand, from a few typical pictures. Then the network runs on whole numbers from end to end.',
  dynamic:
    'The range of each activation is found anew in every run. No pictures are needed beforehand, but finding it takes time in each run.',
  observer:
    'How the range of an activation is chosen from what the pictures showed: all of it (min–max), an average over the pictures (moving average), the part that loses least when rounded (histogram, least squared error), all but a few outliers (percentile), or what keeps most of how values are distributed (entropy).',
  cosine:
    'The cosine of the angle between the two outputs, taken as arrows: 1 when they point the same way, 0 when they have nothing in common.',
  SQNR: 'Signal to quantization noise ratio: how large the output is against the difference, in decibels. Each 20 dB is a factor of ten.',
  calibration: 'Running the float network on typical pictures, to learn how large its activations become.',
  ARPAbet:
    'Sounds in letters of the keyboard, as the CMU Pronouncing Dictionary has them: AA as in odd, DH as in thee. The number after a vowel is its stress: 1 the main one, 2 a lesser one, 0 none.',
  GRU: 'Gated recurrent unit: a layer that goes through a sequence step by step and keeps a state, of which gates decide what is forgotten.',
  training:
    'Quantization-aware training: the network answers with rounded weights, and learns from its errors which way to move the float ones behind them, until rounding hardly hurts.',
  distillation:
    'A network learns to answer as another one does: here as the float network, whose answers to unlabelled digits are the lesson.',
  isolated:
    'Browsers let threads share memory only on pages served with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
  NCHW: 'The order of the numbers of a picture. NCHW: one whole plane a channel, as PyTorch has it. NHWC: the channels of each pixel together, as TensorFlow has it.',
} as const;

/** A word that explains itself. Text and state are for screen readers too; Escape or a press elsewhere closes it. */
export function Term({ of, children }: { of: keyof typeof meanings; children?: ComponentChildren }) {
  const id = useId();
  return (
    <>
      <button type="button" class="term" popovertarget={id}>
        {children ?? of}
      </button>
      <span class="footnote" id={id} popover="auto">
        <strong>{of}</strong> {meanings[of]}
      </span>
    </>
  );
}
