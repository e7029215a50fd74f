// Stands for all tests in a browser that is not there.
import { test } from '@playwright/test';

test('this browser', ({ browserName }, { project }) => {
  test.skip(true, `${browserName}: ${String(project.metadata['missing'])}`);
});
