// npm run bench: EfficientNet-Lite0 in Node and in Chromium, one thread; -- --rounds N.
// Wants a quiet machine: close what else runs.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { imageToTensor, loadModel } from 'octavo';
import { enableRelaxedSimd, listFiles, readImage } from 'octavo/node';
import { createServer } from 'vite';
import { measure } from './measure.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '40' } } });
const rounds = Number(values.rounds);
const root = fileURLToPath(new URL('../..', import.meta.url));
const picture = async (path) => imageToTensor(await readImage(path), 'efficientnet-lite');

async function prepare() {
  const float = new Uint8Array(await readFile(join(root, 'models/efficientnet-lite0.onnx')));
  const model = await loadModel(float);
  const calibration = await Promise.all(
    (await listFiles([join(root, 'models/photos/calibration')])).map(picture),
  );
  const quantize = async (options) => (await model.quantizeStatic({ calibration, ...options })).toOnnx();
  const models = { float, u8: await quantize({}), u7: await quantize({ reduceRange: true }) };
  const input = (await picture(join(root, 'models/photos/macaw.jpg'))).data;
  return { models, input };
}

async function measureInChromium({ models, input }) {
  const folder = await mkdtemp(join(tmpdir(), 'octavo-bench-'));
  for (const [name, bytes] of Object.entries(models)) await writeFile(join(folder, `${name}.onnx`), bytes);
  await writeFile(
    join(folder, 'input.f32'),
    new Uint8Array(input.buffer, input.byteOffset, input.byteLength),
  );
  const server = await createServer({
    root: join(root, 'bench/networks'),
    publicDir: folder,
    configFile: false,
    logLevel: 'error',
    optimizeDeps: { exclude: ['onnxruntime-web'] },
    server: { host: '127.0.0.1', port: 0, hmr: false, fs: { allow: [root] } },
  });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: process.env.OCTAVO_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls.local[0]);
    await page.waitForFunction(() => 'measureInPage' in globalThis);
    return await page.evaluate((count) => globalThis.measureInPage(count), rounds);
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

function report(where, { info, times }) {
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const base = times['octavo float'];
  console.log(`${where}: ${info.build} build, relaxed dot ${info.dot}; ${rounds} rounds`);
  for (const [name, list] of Object.entries(times)) {
    const ratios = [median(base) / median(list), Math.min(...base) / Math.min(...list)];
    console.log(
      `  ${name.padEnd(22)} median ${median(list).toFixed(2)} ms, best ${Math.min(...list).toFixed(2)}, worst ` +
        `${Math.max(...list).toFixed(2)}; ${ratios.map((ratio) => ratio.toFixed(2)).join(' / ')} x as fast as octavo float (median / best)`,
    );
  }
}

enableRelaxedSimd();
const material = await prepare();
report(`Node ${process.version}`, await measure({ ...material, rounds }));
report('Chromium', await measureInChromium(material));
