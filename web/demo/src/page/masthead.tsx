import markUrl from '../mark.svg';

export const Masthead = ({ lead }: { lead: string }) => (
  <header class="masthead">
    <h1>
      <img class="mark" src={markUrl} alt="" width="48" height="36" /> Octavo
    </h1>
    <p>{lead}</p>
  </header>
);
