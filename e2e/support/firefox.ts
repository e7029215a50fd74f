// The system's Firefox under Playwright, over WebDriver BiDi. Firefox 153 lacks a command that Playwright always sends, and
// tells of downloads in another form than it expects: both are mended in Playwright's session, by no public way.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Browser } from '@playwright/test';

const executablePath = process.env['OCTAVO_FIREFOX'] ?? '/usr/bin/firefox-esr';

export const firefoxOptions = { channel: 'moz-firefox', launchOptions: { executablePath } };

/** The oldest that Playwright's session is known to drive: 140 refuses what it begins with. */
const oldest = 153;

function findFault(): string | undefined {
  if (!existsSync(executablePath)) return `there is no ${executablePath}; OCTAVO_FIREFOX may name another`;
  const version = execFileSync(executablePath, ['--version'], { encoding: 'utf8' }).trim();
  const major = Number(/Firefox (\d+)/.exec(version)?.[1] ?? 0);
  return major < oldest ? `${version} is older than ${oldest}, and is driven in another way` : undefined;
}

export const whyNoFirefox = findFault();

interface Message {
  method?: string;
  params?: { download?: string; navigation?: string | null; url?: string };
}

/** Every page's session has the methods of the browser's. */
interface Session {
  send: (this: Session, method: string, params?: object) => Promise<unknown>;
  dispatchMessage: (this: Session, message: Message) => unknown;
}

interface Internals {
  _connection: { toImpl(browser: Browser): { _browserSession: object } };
}

export function mendSession(browser: Browser): void {
  const { _browserSession } = (browser as unknown as Internals)._connection.toImpl(browser);
  const session = Object.getPrototypeOf(_browserSession) as Session;
  const { send, dispatchMessage } = session;
  session.send = function (method, params) {
    if (method === 'emulation.setMediaFeaturesOverride') return Promise.resolve({});
    return send.call(this, method, params);
  };
  // A link with the attribute "download" starts no navigation, by whose name Playwright knows a download.
  session.dispatchMessage = function (message) {
    const { method, params } = message;
    if (method?.startsWith('browsingContext.download') && params?.url)
      params.download ??= params.navigation ?? params.url;
    return dispatchMessage.call(this, message);
  };
}
