// As much of Playwright's Locator as the tests use, over WebDriver.
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Key } from 'selenium-webdriver';
import { find, isStill, stateOf, steps } from './find.mjs';
import { fulfils } from './expect.mjs';

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
const patience = 15_000;

/** Files that are set, for as long as this process: a page reads them when it comes to that. */
const kept = mkdtempSync(join(tmpdir(), 'octavo-files-'));
process.once('exit', () => rmSync(kept, { recursive: true }));

const names = { ArrowLeft: 'ARROW_LEFT', ArrowRight: 'ARROW_RIGHT', ControlOrMeta: 'CONTROL' };

/**
 * The characters of a key, or of several held down with "+", by Playwright's names of them. The driver lets go of them at the
 * end of a command; it types the character that is meant to have that done.
 */
export const keysOf = (name) =>
  name
    .split('+')
    .map((part) => Key[names[part] ?? part.toUpperCase()] ?? part)
    .join('');

export class Locator {
  /** What Playwright's expect() knows a locator by. */
  _apiName = 'Locator';
  #driver;
  #path;

  constructor(driver, path) {
    this.#driver = driver;
    this.#path = path;
  }

  #then = (step) => new Locator(this.#driver, [...this.#path, step]);
  locator = (selector) => this.#then(steps.css(selector));
  getByTestId = (id) => this.#then(steps.testId(id));
  getByRole = (role, options) => this.#then(steps.role(role, options));
  getByLabel = (text, options) => this.#then(steps.label(text, options));
  getByText = (text, options) => this.#then(steps.text(text, options));
  toString = () => JSON.stringify(this.#path);

  /** Runs a function of the page on the elements that are there now. */
  #ofAll = (use, argument) =>
    this.#driver.executeScript(
      `const found = (${find})(arguments[0]); return (${use})(found, arguments[1]);`,
      this.#path,
      argument,
    );

  /** The one element, once it is there. */
  async #element() {
    for (const start = Date.now(); ; await pause()) {
      const found = await this.#ofAll((elements) => elements);
      if (found.length === 1) return found[0];
      if (Date.now() - start > patience) throw new Error(`${found.length} elements for ${this}`);
    }
  }

  /** Does it to the element, again while it is not to be reached. */
  async #act(action) {
    for (const start = Date.now(); ; await pause()) {
      try {
        return await action(await this.#element());
      } catch (error) {
        if (Date.now() - start > patience) throw new Error(`${this}: ${error.message}`, { cause: error });
      }
    }
  }

  async evaluate(use, argument) {
    return this.#driver.executeScript(
      `return (${use})(arguments[0], arguments[1])`,
      await this.#element(),
      argument,
    );
  }

  innerText = () => this.evaluate((element) => element.innerText);
  textContent = () => this.evaluate((element) => element.textContent);
  allInnerTexts = () => this.#ofAll((elements) => elements.map((element) => element.innerText));
  focus = () => this.evaluate((element) => element.focus());

  click = () =>
    this.#act(async (element) => {
      if (!(await this.#driver.executeScript(`return (${isStill})(arguments[0])`, element)))
        throw new Error('moves');
      await element.click();
    });

  async check() {
    if (!(await this.evaluate((element) => element.checked))) await this.click();
  }

  /** As Playwright does it: what was there goes, and the page hears of it once. */
  fill = (text) =>
    this.evaluate((element, value) => {
      element.focus();
      element.value = value;
      element.dispatchEvent(new Event('input', { bubbles: true }));
    }, text);

  press = (name) => this.#act((element) => element.sendKeys(keysOf(name)));
  pressSequentially = (text) => this.#act((element) => element.sendKeys(text));

  async selectOption(value) {
    const choose = (select, wanted) => [...select.options].find((option) => option.value === wanted);
    await this.#act(async () => (await this.evaluate(choose, value)).click());
  }

  async setInputFiles(files) {
    const folder = await mkdtemp(join(kept, 'of-a-test-'));
    const pathOf = async (file) => {
      if (typeof file === 'string') return file;
      await writeFile(join(folder, file.name), file.buffer);
      return join(folder, file.name);
    };
    const paths = await Promise.all([files].flat().map(pathOf));
    await (await this.#element()).sendKeys(paths.join('\n'));
  }

  /** What the matchers of Playwright's expect() call. */
  async _expect(expression, options) {
    for (const start = Date.now(); ; await pause()) {
      const states = await this.#ofAll(`(elements) => elements.map(${stateOf})`);
      const { matches, received } = fulfils(expression, states, options);
      const timedOut = Date.now() - start > options.timeout;
      if (matches !== options.isNot || timedOut)
        return { matches, received: { value: received }, log: [], timedOut };
    }
  }
}
