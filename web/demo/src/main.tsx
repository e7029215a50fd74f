import { render } from 'preact';
import { App } from './app';
import { pictures } from './exhibits/pictures';
import { spelling } from './exhibits/spelling';
import { OpenExhibit } from './page/open-exhibit';

const root = document.getElementById('app');
if (root) render(<App place={new OpenExhibit([pictures(), spelling()])} />, root);
