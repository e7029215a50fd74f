import { render } from 'preact';
import { App } from './app';
import { pictures } from './exhibits/pictures';

const root = document.getElementById('app');
if (root) render(<App exhibit={pictures()} />, root);
