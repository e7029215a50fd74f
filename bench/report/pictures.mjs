// Pictures of results as SVG: whole networks, operators, and how near kernels come to the peak.
import { writeFile } from 'node:fs/promises';
import { Error as ErrorLevel, View, Warn, logger, parse } from 'vega';
import { compile } from 'vega-lite';
import { contestantName } from './table.mjs';

const colours = { octavo: '#2a78d6', 'onnxruntime-web': '#eb6834', litert: '#1baf7a', tfjs: '#8a63d2' };
const text = {
  labelColor: '#3d3d3a',
  titleColor: '#3d3d3a',
  labelFont: 'sans-serif',
  titleFont: 'sans-serif',
};
const config = {
  background: 'white',
  view: { stroke: null },
  axis: { ...text, gridColor: '#e8e6df', domainColor: '#b8b6ae', tickColor: '#b8b6ae', labelLimit: 260 },
  legend: { ...text, titleLimit: 400 },
  header: { ...text, labelFontSize: 12, labelFontWeight: 'bold', labelAnchor: 'start', labelLimit: 300 },
  title: { color: '#1a1a18', font: 'sans-serif', fontSize: 14, anchor: 'start', offset: 12 },
};

async function writeSvg(spec, file) {
  // It warns of the size of facets with scales of their own, which comes out right.
  const { spec: compiled } = compile({ ...spec, config }, { logger: logger(ErrorLevel) });
  const view = new View(parse(compiled), { renderer: 'none', logLevel: Warn });
  await writeFile(file, `${await view.toSVG()}\n`);
  view.finalize();
}

const casesOf = (rows) => [...new Set(rows.map((row) => row.case))];

/** Bars to the best sample, a tick at the median; one panel a case, each with its own scale. */
function timesSpec(rows, title, columns) {
  const values = rows.map((row) => ({ ...row, ms: undefined, contestant: contestantName(row) }));
  const runtimes = Object.keys(colours).filter((name) => rows.some(({ runtime }) => runtime === name));
  const y = { field: 'contestant', type: 'nominal', title: null, sort: null };
  const x = (field) => ({ field, type: 'quantitative', title: 'ms', stack: null });
  return {
    title,
    data: { values },
    facet: { field: 'case', type: 'nominal', title: null, sort: casesOf(rows) },
    columns,
    spec: {
      width: 240,
      height: { step: 15 },
      encoding: { y },
      layer: [
        {
          mark: { type: 'bar', height: 9, cornerRadiusEnd: 2 },
          encoding: {
            x: x('best'),
            color: {
              ...{ field: 'runtime', type: 'nominal', title: 'bar: best, tick: median' },
              scale: { domain: runtimes, range: runtimes.map((name) => colours[name]) },
              legend: { orient: 'top' },
            },
          },
        },
        {
          mark: { type: 'tick', color: '#1a1a18', thickness: 1.5, height: 11 },
          encoding: { x: x('median') },
        },
      ],
    },
    resolve: { scale: { x: 'independent', y: 'independent' } },
  };
}

/** One mark a kernel row, by its share of the peak of its instruction. */
function sharesSpec(rows, title) {
  return {
    title,
    data: { values: rows.map((row) => ({ ...row, ms: undefined, percent: 100 * row.peakShare })) },
    facet: { field: 'build', type: 'nominal', title: null },
    columns: 2,
    spec: {
      width: 330,
      height: { step: 15 },
      layer: [
        {
          mark: { type: 'point', filled: true, size: 55, opacity: 0.9 },
          encoding: {
            y: { field: 'case', type: 'nominal', title: null, sort: casesOf(rows) },
            x: {
              ...{
                field: 'percent',
                type: 'quantitative',
                title: "% of the peak of the kernel's instruction",
              },
              scale: { domainMin: 0, domainMax: 105 },
            },
            color: {
              ...{ field: 'instruction', type: 'nominal', title: 'instruction' },
              scale: {
                domain: ['relaxed_dot', 'rd16', 'dot_i16x8', 'relaxed_madd', 'mul_add'],
                range: ['#8a63d2', '#2a78d6', '#1baf7a', '#eb6834', '#c99700'],
              },
              legend: { orient: 'top' },
            },
            shape: { field: 'precision', type: 'nominal', legend: null },
          },
        },
        { mark: { type: 'rule', color: '#8a8880', strokeDash: [3, 3] }, encoding: { x: { datum: 90 } } },
      ],
    },
    resolve: { scale: { y: 'independent' } },
  };
}

const drawings = {
  networks: { kind: 'network', spec: (rows, title) => timesSpec(rows, `Whole networks, ${title}`, 3) },
  operators: { kind: 'operator', spec: (rows, title) => timesSpec(rows, `Operators, ${title}`, 3) },
  kernels: { kind: 'kernel', spec: (rows, title) => sharesSpec(rows, `Kernels, ${title}`) },
};

/** The engine whose results are drawn: Chromium if it was measured. */
const drawnEngine = (rows) => rows.find(({ engine }) => engine === 'chromium')?.engine ?? rows[0]?.engine;

/** Writes `${prefix}-networks.svg` and so on, of what there is. Returns {networks: file, …}. */
export async function writePictures(rows, prefix) {
  const engine = drawnEngine(rows);
  const files = {};
  for (const [name, { kind, spec }] of Object.entries(drawings)) {
    const concerned = rows.filter((row) => row.engine === engine && row.kind === kind && !row.error);
    if (concerned.length === 0) continue;
    files[name] = `${prefix}-${name}.svg`;
    await writeSvg(spec(concerned, concerned[0].engineVersion), files[name]);
  }
  return files;
}
