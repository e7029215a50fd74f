// What a method quantizes of a network, and what it leaves.
import type { DynamicOptions, Layer } from '../native.js';
import type { Method } from '../quantization_options.js';

interface Part {
  nodes: number;
  parameters: number;
  /** For people: `49 Conv, 1 Gemm`. */
  text: string;
}

/** The nodes that have weights. */
export interface Coverage {
  integer: Part;
  float: Part;
  /** Those that stay float under this method and would not under static. */
  staticOnly: Part;
}

/** By default a node is quantized where `Layer.quantizes` says so; else the options name operators and excluded nodes. */
export function coverageOf(
  layers: readonly Layer[],
  method: Method,
  { opTypesToQuantize, nodesToExclude = [] }: DynamicOptions,
): Coverage {
  const isInteger = ({ op, name, quantizes }: Layer) => {
    if (nodesToExclude.includes(name)) return false;
    if (opTypesToQuantize) return opTypesToQuantize.includes(op);
    if (method === 'weights' && op === 'Gather') return true;
    return quantizes === 'dynamic' || quantizes === (method === 'static' ? 'static' : 'dynamic only');
  };
  const weighted = layers.filter(({ parameters }) => parameters > 0);
  const float = weighted.filter((layer) => !isInteger(layer) && layer.quantizes !== '');
  return {
    integer: partOf(weighted.filter(isInteger)),
    float: partOf(float),
    staticOnly: partOf(method === 'dynamic' ? float.filter(({ quantizes }) => quantizes === 'static') : []),
  };
}

function partOf(layers: readonly Layer[]): Part {
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return { nodes: layers.length, parameters, text: countText(layers.map(({ op }) => op)) };
}

/** `49 Conv, 1 Gemm`, the most first. */
export function countText(operators: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const op of operators) counts.set(op, (counts.get(op) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([op, count]) => `${count} ${op}`).join(', ');
}
