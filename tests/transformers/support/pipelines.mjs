// The pipelines that are compared: folder of tests/fixtures/transformers, task, dtypes, and what is asked of them.
const sentence = 'Anna lives in Berlin and loves the old river.';

/** A picture of soft colours, larger than what the networks see. */
function picture({ RawImage }, [red, green, blue]) {
  const [width, height] = [48, 40];
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const wave = (period) => 128 + 127 * Math.sin((x + 2 * y) / period + (x * y) / 300);
      data.set([wave(red), wave(green), wave(blue)], 3 * (y * width + x));
    }
  }
  return new RawImage(data, width, height, 3);
}

/** One second of a tone that rises, at 16 kHz. */
const tone = () => Float32Array.from({ length: 16000 }, (_, i) => 0.5 * Math.sin(0.05 * i + 1.5e-5 * i * i));

/** A streamer that keeps the tokens of the answer; the first call brings the prompt. */
function tokenRecorder({ BaseStreamer }) {
  const tokens = [];
  let prompt = true;
  class Recorder extends BaseStreamer {
    put([ids]) {
      if (!prompt) tokens.push(...ids.map(Number));
      prompt = false;
    }
    end() {}
  }
  return { tokens, streamer: new Recorder() };
}

/** What a text is answered greedily: all tokens, and the text. */
async function answer(pipe, library, input, options = {}) {
  const { tokens, streamer } = tokenRecorder(library);
  const made = await pipe(input, { do_sample: false, streamer, ...options });
  return { tokens, made };
}

const features = (pipe) => pipe([sentence, 'What a film!'], { pooling: 'mean', normalize: true });

/** Of a network that is fetched (tools/fixtures/transformers_minilm.py), to be timed: its q8 has floats behind weights of 8 bits. */
export const fetched = [
  {
    folder: 'minilm',
    task: 'feature-extraction',
    title: 'feature-extraction of MiniLM',
    dtypes: ['fp32', 'q8'],
    ask: features,
  },
];

export const pipelines = [
  {
    folder: 'bert-features',
    task: 'feature-extraction',
    dtypes: ['fp32', 'q8'],
    ask: features,
  },
  {
    // The same with its weights in a second file, which onnxruntime-web does not find when it is given a path.
    folder: 'bert-apart',
    expected: 'bert-features',
    task: 'feature-extraction',
    dtypes: ['fp32'],
    ask: features,
  },
  {
    folder: 'bert-classifier',
    task: 'text-classification',
    dtypes: ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'],
    ask: (pipe) => pipe([sentence, 'The soup was cold.', 'two wonderful sisters'], { top_k: 3 }),
  },
  {
    folder: 'bert-masked',
    task: 'fill-mask',
    dtypes: ['fp32', 'q8'],
    ask: (pipe) => pipe('Anna lives in [MASK] and loves tea.', { top_k: 4 }),
  },
  {
    folder: 'bert-tokens',
    task: 'token-classification',
    dtypes: ['fp32', 'q8'],
    ask: (pipe) => pipe(sentence),
  },
  {
    folder: 'llama',
    task: 'text-generation',
    dtypes: ['fp32', 'fp16', 'q8', 'q4', 'q4f16'],
    tokens: 50,
    ask: (pipe, library) => answer(pipe, library, 'The river runs', { max_new_tokens: 50 }),
  },
  {
    folder: 'marian',
    task: 'translation',
    dtypes: ['fp32', 'q8'],
    tokens: 40,
    ask: (pipe, library) => answer(pipe, library, sentence, { max_new_tokens: 40 }),
  },
  {
    folder: 't5',
    task: 'summarization',
    dtypes: ['fp32', 'q8'],
    tokens: 40,
    ask: (pipe, library) => answer(pipe, library, sentence, { max_new_tokens: 40 }),
  },
  {
    folder: 'whisper',
    task: 'automatic-speech-recognition',
    dtypes: ['fp32', 'q8'],
    tokens: 40,
    ask: (pipe, library) => answer(pipe, library, tone(), { max_new_tokens: 40 }),
  },
  {
    folder: 'vit',
    task: 'image-classification',
    dtypes: ['fp32', 'q8'],
    ask: (pipe, library) => pipe([picture(library, [5, 9, 7]), picture(library, [3, 20, 11])], { top_k: 4 }),
  },
  {
    folder: 'yolos',
    task: 'object-detection',
    dtypes: ['fp32', 'q8'],
    ask: (pipe, library) => pipe(picture(library, [5, 9, 7]), { threshold: 0.05 }),
  },
  {
    folder: 'clip',
    task: 'zero-shot-image-classification',
    dtypes: ['fp32', 'q8'],
    ask: (pipe, library) => pipe(picture(library, [5, 9, 7]), ['a duck', 'the old bridge', 'bread']),
  },
  {
    folder: 'modnet',
    task: 'background-removal',
    dtypes: ['fp32', 'q8'],
    tolerance: 1 / 255,
    ask: (pipe, library) => pipe(picture(library, [5, 9, 7])),
  },
];
