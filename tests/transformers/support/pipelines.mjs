// The pipelines that are compared: folder of tests/fixtures/transformers, task, dtypes, and what is asked of them.
const sentence = 'Anna lives in Berlin and loves the old river.';

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

export const pipelines = [
  {
    folder: 'bert-features',
    task: 'feature-extraction',
    dtypes: ['fp32', 'q8'],
    ask: (pipe) => pipe([sentence, 'What a film!'], { pooling: 'mean', normalize: true }),
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
    dtypes: ['fp32', 'q8'],
    tokens: 50,
    ask: (pipe, library) => answer(pipe, library, 'The river runs', { max_new_tokens: 50 }),
  },
];

/** Dtypes that onnxruntime-web runs and Octavo does not. */
export const unsupported = [{ folder: 'bert-classifier', dtype: 'bnb4', because: /MatMulBnb4/ }];
