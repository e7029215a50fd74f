// Serves the built page and everything that it loads, cross-origin isolated: threads and a fine clock.
import { createServer } from 'node:http';
import sirv from 'sirv';
import { folders, inBuild } from '../support/paths.mjs';

function setHeaders(response) {
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  // As hashed assets are served. Every browser context has a cache of its own.
  response.setHeader('Cache-Control', 'public, max-age=3600');
}

export async function startServer() {
  const options = { etag: true, dev: true, setHeaders };
  const mounts = Object.entries(folders).map(([name, folder]) => [`/${name}/`, sirv(folder, options)]);
  mounts.push(['/', sirv(inBuild('page'), options)]);
  const server = createServer((request, response) => {
    const [prefix, serve] = mounts.find(([start]) => request.url.startsWith(start));
    request.url = `/${request.url.slice(prefix.length)}`;
    serve(request, response, () => response.writeHead(404).end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}
