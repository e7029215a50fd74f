// The demo page as a visitor meets it.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Download, type Locator, type Page, type TestInfo } from '@playwright/test';

export interface Guess {
  label: string;
  percent: number;
}

type Side = 'float' | 'quantized';

export class DemoPage {
  readonly page: Page;
  readonly #testInfo: TestInfo;
  readonly #browser: string;
  readonly proceed: Locator;
  readonly cancel: Locator;
  readonly download: Locator;
  readonly failure: Locator;
  readonly status: Locator;
  readonly caption: Locator;
  readonly settings: Locator;

  constructor(page: Page, testInfo: TestInfo) {
    this.page = page;
    this.#testInfo = testInfo;
    this.#browser = testInfo.project.use.browserName ?? 'chromium';
    this.proceed = page.getByTestId('proceed');
    this.cancel = page.getByRole('button', { name: 'Cancel' });
    this.download = page.getByTestId('download');
    this.failure = page.getByRole('alert');
    this.status = page.getByTestId('status');
    this.caption = page.getByTestId('caption');
    this.settings = page.locator('details.settings summary');
  }

  /** From now on: gives how many requests for networks the page has made. */
  countNetworksAskedFor(): () => number {
    let asked = 0;
    this.page.on('request', (request) => {
      if (request.url().endsWith('.onnx')) ++asked;
    });
    return () => asked;
  }

  async open(path = '/'): Promise<void> {
    if (this.#browser === 'chromium') await this.#recordLayoutShifts();
    await this.page.goto(path);
    await expect(this.caption).not.toHaveText('\u00a0');
  }

  /** Only Chromium tells of them. */
  #recordLayoutShifts(): Promise<unknown> {
    return this.page.addInitScript(() => {
      const shifts = { total: 0 };
      Object.assign(globalThis, { layoutShifts: shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & {
          value: number;
          hadRecentInput: boolean;
        })[]) {
          if (!entry.hadRecentInput) shifts.total += entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
  }

  photo(caption: string): Locator {
    return this.page.getByRole('radio', { name: caption });
  }

  figure(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Opens the settings and sets one of them, by the label of the choice. */
  async set(...choices: string[]): Promise<void> {
    await this.settings.click();
    for (const choice of choices) await this.page.getByRole('radio', { name: choice, exact: true }).check();
    await this.settings.click();
  }

  /** Opens networks of the visitor's, by their files. */
  openNetworks(...files: (string | { name: string; buffer: Buffer })[]): Promise<void> {
    const payloads = files.map((file) => {
      const named = typeof file === 'string' ? { name: basename(file), buffer: readFileSync(file) } : file;
      return { ...named, mimeType: 'application/octet-stream' };
    });
    return this.page.getByTestId('network-file').setInputFiles(payloads);
  }

  /** Answers how the network wants its pictures. */
  async feedAs(preset: string): Promise<void> {
    await this.page.getByTestId('question').getByRole('button', { name: preset, exact: true }).click();
  }

  /** Writes in a field of the form of preprocessing, key by key, and has it taken. */
  async type(label: string, text: string): Promise<void> {
    const field = this.page.getByLabel(label);
    await field.press('ControlOrMeta+a');
    await field.pressSequentially(text);
    await field.press('Enter');
  }

  /** Drops files anywhere on the page. */
  async drop(...files: { name: string; type: string; bytes: Buffer }[]): Promise<void> {
    await this.page.locator('footer').evaluate(
      (footer, dropped) => {
        const dataTransfer = new DataTransfer();
        for (const { name, type, bytes } of dropped)
          dataTransfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
        footer.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
      },
      files.map((file) => ({ ...file, bytes: [...file.bytes] })),
    );
  }

  /** Drags a folder of this machine onto the page, as Chromium's own drag and drop. */
  async dropFolder(path: string): Promise<void> {
    const devtools = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data });
    await devtools.detach();
  }

  /** Pastes a file anywhere on the page. */
  async paste(file: { name: string; type: string; bytes: Buffer }): Promise<void> {
    await this.page.locator('body').evaluate(
      (body, { name, type, bytes }) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([new Uint8Array(bytes)], name, { type }));
        body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
      },
      { ...file, bytes: [...file.bytes] },
    );
  }

  /** Waits until both networks were measured. */
  async finished(): Promise<void> {
    await expect(this.status).toContainText(/^(Quantized|Looked|.* was written)/, {
      timeout: 240_000,
    });
    await expect(this.failure).toBeEmpty();
  }

  /** The five guesses of a page of the book, from the best on. */
  async guesses(side: Side): Promise<Guess[]> {
    const lines = this.page.getByTestId(`page-${side}`).getByRole('listitem');
    await expect(lines).toHaveCount(5);
    const texts = await lines.allInnerTexts();
    return texts.map((text) => {
      const [, label, percent] = /^(.+?)\s+([\d.]+)\s%$/s.exec(text.trim()) ?? [];
      if (label === undefined) throw new Error(`no guess: "${text}"`);
      return { label, percent: Number(percent) };
    });
  }

  /** The page's address. */
  async address(): Promise<URL> {
    return new URL(await this.page.evaluate(() => location.href));
  }

  /** The code that the page shows, by way of the clipboard. */
  async copiedCode(): Promise<string> {
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.page.getByRole('button', { name: 'Copy the code' }).click();
    await expect(this.page.getByText('Copied.')).toBeVisible();
    const code = await this.page.evaluate(() => navigator.clipboard.readText());
    expect(code).toBe(await this.figure('code').textContent());
    return code;
  }

  /** The number that a text begins with or holds. */
  async number(testId: string): Promise<number> {
    return Number(/[\d.]+/.exec(await this.figure(testId).innerText())?.[0] ?? NaN);
  }

  async downloadWith(action: () => Promise<void>): Promise<Download> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), action()]);
    return download;
  }

  /** No serious or critical fault by axe's rules, which Chromium is asked for, and nothing wider than the window. */
  async expectAccessible(): Promise<void> {
    if (this.#browser === 'chromium') await this.#expectNoGraveFaults();
    const width = this.page.viewportSize()?.width ?? 0;
    const overflow = (await this.page.evaluate(() => document.documentElement.scrollWidth)) - width;
    expect(overflow, 'pixels beyond the right edge').toBeLessThanOrEqual(0);
  }

  async #expectNoGraveFaults(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const told = grave.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
    expect(told, 'grave accessibility faults').toEqual([]);
  }

  /** Hardly any content has moved without the visitor's doing, says Chromium: https://web.dev/articles/cls */
  async expectStill(): Promise<void> {
    if (this.#browser !== 'chromium') return;
    const shift = await this.page.evaluate(
      () => (globalThis as unknown as { layoutShifts: { total: number } }).layoutShifts.total,
    );
    expect(shift, 'cumulative layout shift').toBeLessThan(0.1);
  }

  /** A picture of Chromium's for people to look at, in test-results/screenshots. */
  async screenshot(state: string): Promise<void> {
    if (this.#browser !== 'chromium') return;
    const path = `test-results/screenshots/${this.#testInfo.project.name}-${state}.png`;
    await this.page.screenshot({ path, fullPage: true });
  }
}
