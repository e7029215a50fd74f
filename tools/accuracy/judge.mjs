// Is Octavo's default of static int8 as good as the best of its peers, and close enough to float?

/** As much worse than float a score may be. */
const allowedLoss = 0.003;

const peers = ['onnxruntime', 'pytorch'];

/**
 * Of one network's rows; undefined where Octavo's default is not among them. `best` has of each peer the best value in
 * each measure, over all its rows of static int8. A verdict is
 * - 'ahead': no peer's value is better;
 * - 'level', of scores: a peer's is, by no more than two networks differ by chance that are equally often right where
 *   they differ from float (one standard deviation);
 * - 'behind';
 * - 'far under float': the score is 0.3 points worse than float's.
 * @returns {{ ours: object, float: object, best: Record<string, {score?: number, sqnrDb?: number}>,
 *   verdicts: {score?: string, sqnrDb: string} } | undefined}
 */
export function judge({ rows, samples }) {
  const known = rows.filter(({ kind, error }) => kind === 'static' && error === undefined);
  const ours = known.find(({ tool, isDefault }) => tool === 'octavo' && isDefault);
  if (!ours) return undefined;
  const float = rows.find(({ kind }) => kind === 'float');
  const leading = (tool, measure) =>
    known
      .filter((row) => row.tool === tool && row[measure] !== undefined)
      .sort((a, b) => b[measure] - a[measure])[0];

  const verdict = (measure) => {
    if (ours[measure] === undefined) return undefined;
    if (measure === 'score' && ours.score < float.score - allowedLoss) return 'far under float';
    const better = peers
      .map((tool) => leading(tool, measure))
      .filter((row) => row?.[measure] > ours[measure]);
    if (better.length === 0) return 'ahead';
    const isChance = (row) =>
      (row.score - ours.score) * samples <= Math.sqrt(samples * (2 - ours.agreement - row.agreement));
    return measure === 'score' && better.every(isChance) ? 'level' : 'behind';
  };
  const bestOf = (tool) => ({
    score: leading(tool, 'score')?.score,
    sqnrDb: leading(tool, 'sqnrDb')?.sqnrDb,
  });
  return {
    ours,
    float,
    best: Object.fromEntries(peers.map((tool) => [tool, bestOf(tool)])),
    verdicts: { score: verdict('score'), sqnrDb: verdict('sqnrDb') },
  };
}
