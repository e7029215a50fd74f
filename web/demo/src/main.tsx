import { render } from 'preact';
import { App } from './app';
import { digits } from './exhibits/digits';
import { pictures } from './exhibits/pictures';
import { spelling } from './exhibits/spelling';
import { OpenExhibit } from './page/open-exhibit';

const root = document.getElementById('app');
if (root) render(<App place={new OpenExhibit([pictures(), spelling(), digits()])} />, root);
