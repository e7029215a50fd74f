// What the page fetches when advice is asked for.
import './styles.css';

export { adviceOn } from './advise';
export { AdviceView } from './advice-view';
