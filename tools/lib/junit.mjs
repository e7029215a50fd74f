// JUnit reports, which Catch2, node:test and Playwright all write.
import { readFileSync } from 'node:fs';

/** Sums of counts of the form {passed, failed, skipped}. */
export const addCounts = (...all) => ({
  passed: all.reduce((sum, { passed }) => sum + passed, 0),
  failed: all.reduce((sum, { failed }) => sum + failed, 0),
  skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
});

function testCases(element) {
  return Object.entries(element).flatMap(([name, content]) =>
    [content].flat().flatMap((each) => {
      if (name === 'testcase') return [each];
      return typeof each === 'object' ? testCases(each) : [];
    }),
  );
}

/** What a report says; that of a program which crashed before it was complete counts as one failure. */
export async function countReport(file) {
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  const text = readFileSync(file, 'utf8');
  if (XMLValidator.validate(text) !== true) return { passed: 0, failed: 1, skipped: 0 };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { failure, error, skipped } of testCases(new XMLParser().parse(text))) {
    if (failure !== undefined || error !== undefined) ++counts.failed;
    else if (skipped !== undefined) ++counts.skipped;
    else ++counts.passed;
  }
  return counts;
}
