// As much of Playwright's Browser, BrowserContext and Page as the tests use: WebKitGTK over WebDriver, a browser a context.
import { writeFile } from 'node:fs/promises';
import { startWebkitDriver } from '../../tools/lib/webkit_driver.mjs';
import { Locator, keysOf } from './locator.mjs';

/** A busy machine writes a network of tens of megabytes for a while. */
const writingMs = 60_000;

export async function startWebkit({ baseURL, viewport }) {
  const { open, close } = await startWebkitDriver();
  const newContext = async () => {
    const driver = await open();
    await driver.manage().window().setRect(viewport);
    return { newPage: () => new Page(driver, baseURL, viewport), close: () => driver.quit() };
  };
  return { _connection: {}, newContext, close };
}

class Page {
  #driver;
  #baseUrl;
  #viewport;
  #root;
  #downloads = 0;

  constructor(driver, baseUrl, viewport) {
    this.#driver = driver;
    this.#baseUrl = baseUrl;
    this.#viewport = viewport;
    this.#root = new Locator(driver, []);
  }

  locator = (selector) => this.#root.locator(selector);
  getByTestId = (id) => this.#root.getByTestId(id);
  getByRole = (role, options) => this.#root.getByRole(role, options);
  getByLabel = (text, options) => this.#root.getByLabel(text, options);
  getByText = (text, options) => this.#root.getByText(text, options);

  async goto(path) {
    await this.#driver.get(new URL(path, this.#baseUrl).href);
    await this.#catchDownloads();
  }
  async reload() {
    await this.#driver.navigate().refresh();
    await this.#catchDownloads();
  }
  goBack = () => this.#driver.navigate().back();
  evaluate = (use, argument) => this.#driver.executeScript(`return (${use})(arguments[0])`, argument);
  keyboard = {
    press: (name) => this.#sendKeys(keysOf(name)),
    type: (text) => this.#sendKeys(text),
  };
  mouse = {
    move: (x, y) => this.#act((actions) => actions.move({ x: Math.round(x), y: Math.round(y), duration: 0 })),
    down: () => this.#act((actions) => actions.press()),
    up: () => this.#act((actions) => actions.release()),
  };
  #act = (add) => add(this.#driver.actions()).perform();
  #sendKeys = async (keys) => (await this.#driver.switchTo().activeElement()).sendKeys(keys);

  /** The driver tells nothing of consoles. */
  on() {}

  viewportSize = () => this.#viewport;

  /** The driver tells nothing of downloads: they are taken from what the page clicks to have a file written. */
  async #catchDownloads() {
    this.#downloads = 0;
    await this.evaluate(() => {
      const { createObjectURL } = URL;
      let made;
      URL.createObjectURL = (blob) => {
        made = blob;
        return createObjectURL(blob);
      };
      globalThis.writtenFiles = [];
      HTMLAnchorElement.prototype.click = function () {
        globalThis.writtenFiles.push({ name: this.download, blob: made });
      };
    });
  }

  /** The next download. */
  async waitForEvent() {
    const index = this.#downloads++;
    const name = await this.#driver.wait(
      () => this.evaluate((at) => globalThis.writtenFiles[at]?.name, index),
      writingMs,
    );
    return {
      suggestedFilename: () => name,
      saveAs: async (path) => writeFile(path, await this.#writtenBytes(index)),
    };
  }

  async #writtenBytes(index) {
    const address = await this.evaluate(
      (at) =>
        new Promise((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve(reader.result);
          reader.readAsDataURL(globalThis.writtenFiles[at].blob);
        }),
      index,
    );
    return Buffer.from(address.split(',')[1], 'base64');
  }
}
