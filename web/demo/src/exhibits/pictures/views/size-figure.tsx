// The float file as a sheet and the int8 file as what is left of it when folded: areas as the bytes are.
import type { CompareReport } from 'octavo';
import { fileSize, percent } from '../../../page/format';

const [width, height] = [168, 119];

export function SizeFigure({ report }: { report: CompareReport | undefined }) {
  const side = report ? Math.sqrt(report.sizeRatio) : 0;
  return (
    <figure class="finding">
      <h2>Size</h2>
      <svg class="sheet-chart" viewBox={`-1 -1 ${width + 2} ${height + 2}`} aria-hidden="true">
        <rect class="sheet-float" width={width} height={height} />
        <rect class="sheet-int8" y={height * (1 - side)} width={width * side} height={height * side} />
        <path class="sheet-folds" d={`M${width / 2} 0v${height}M0 ${height / 2}h${width}`} />
      </svg>
      <figcaption>
        {report ? (
          <>
            Of {fileSize(report.float.bytes)}, the int8 file keeps{' '}
            <strong>{fileSize(report.quantized.bytes)}</strong>:{' '}
            <span data-testid="size-share">{percent(report.sizeRatio)}</span>. The areas are to scale; a sheet
            folded twice is a quarter.
          </>
        ) : (
          'A sheet folded twice is a quarter: eight bits of thirty-two.'
        )}
      </figcaption>
    </figure>
  );
}
