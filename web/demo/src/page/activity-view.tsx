import { fileSize } from './format';
import type { Activity } from './work';

/** What is being done, and how far it has come. */
export function ActivityView({ title, unit, loaded, total }: Activity) {
  return (
    <>
      <p>
        {title}
        <span class="count">{countText(unit, loaded, total)}</span>
      </p>
      <progress aria-label={title} max={total ?? 1} {...(total === undefined ? {} : { value: loaded })} />
    </>
  );
}

function countText(unit: Activity['unit'], loaded: number, total: number | undefined): string {
  if (unit === 'none') return '…';
  if (unit === 'bytes')
    return total === undefined ? ` ${fileSize(loaded)}` : ` ${fileSize(loaded)} of ${fileSize(total)}`;
  return total === undefined ? ` ${loaded}` : ` ${loaded} of ${total} ${unit}`;
}
