// Serves and builds the page. OCTAVO_ISOLATED=0 serves it without the headers of cross-origin isolation.
import { readFileSync, statSync } from 'node:fs';
import { defineConfig, type HtmlTagDescriptor, type Plugin } from 'vite';

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const headers: Record<string, string> = process.env['OCTAVO_ISOLATED'] === '0' ? {} : isolation;

/** The page's Content-Security-Policy. Vite's own client, in development only, adds styles to the page and a socket. */
function contentSecurityPolicy(): Plugin {
  const policy = (development: boolean) =>
    [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "worker-src 'self'",
      `style-src 'self'${development ? " 'unsafe-inline'" : ''}`,
      "font-src 'self'",
      "img-src 'self' blob:",
      `connect-src 'self'${development ? ' ws:' : ''}`,
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; ');
  return {
    name: 'content-security-policy',
    transformIndexHtml: (_html, { server }): HtmlTagDescriptor[] => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy(server !== undefined) },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** Has the fonts fetched beside the styles that name them, to be there when the page is first painted. */
function preloadFonts(): Plugin {
  return {
    name: 'preload-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle = {} }): HtmlTagDescriptor[] =>
        Object.keys(bundle)
          .filter((file) => file.endsWith('.woff2'))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', href: `./${file}`, as: 'font', type: 'font/woff2', crossorigin: true },
            injectTo: 'head',
          })),
    },
  };
}

/**
 * Sends the headers with every response. Vite's preview leaves them out of "304 Not Modified", and WebKitGTK then starts no
 * worker from its cache.
 */
function previewHeaders(): Plugin {
  return {
    name: 'preview-headers',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((_request, response, next) => {
        Object.entries(headers).forEach(([name, value]) => response.setHeader(name, value));
        next();
      });
    },
  };
}

/** Has models sent as they are: Vite's preview gzips what it has no type for, and then cannot tell the size. */
function plainModels(): Plugin {
  return {
    name: 'plain-models',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request, _response, next) => {
        if (request.url?.endsWith('.onnx')) delete request.headers['accept-encoding'];
        next();
      });
    },
  };
}

/** The addresses that the package's package.json names; on npm it is once it names its repository. */
function links(): Record<string, string> {
  const text = readFileSync(new URL('../package/package.json', import.meta.url), 'utf8');
  const { name, homepage, repository } = JSON.parse(text) as {
    name: string;
    homepage?: string;
    repository?: string | { url: string };
  };
  const url = typeof repository === 'string' ? repository : repository?.url;
  const code = url?.replace(/^git\+|\.git$/g, '');
  return {
    ...(code ? { code, npm: `https://www.npmjs.com/package/${name}` } : {}),
    ...(homepage ? { documentation: homepage } : {}),
  };
}

/** Bytes of files of the models folder, which the page announces before it fetches them. */
const bytesOf = (...files: string[]) =>
  files.reduce((sum, file) => sum + statSync(new URL(`../../models/${file}`, import.meta.url)).size, 0);

export default defineConfig({
  base: './',
  define: {
    __NETWORK_BYTES__: bytesOf('efficientnet-lite0.onnx'),
    __SPELLING_BYTES__: bytesOf('g2p/encoder.onnx', 'g2p/decoder.onnx'),
    __DIGITS_BYTES__: { network: bytesOf('digits.onnx'), sheet: bytesOf('digits.png') },
    __LINKS__: links(),
  },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  server: { headers },
  plugins: [contentSecurityPolicy(), preloadFonts(), previewHeaders(), plainModels()],
});
