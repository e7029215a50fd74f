/** How to start the system's Chromium, with more flags if a test needs them. */
export const launchOptions = (...flags: string[]) => ({
  executablePath: process.env['OCTAVO_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...flags],
});
