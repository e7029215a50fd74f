// Where the page is served, with and without the headers of cross-origin isolation.
export const servers = { isolated: 'http://localhost:41731', plain: 'http://localhost:41732' };
