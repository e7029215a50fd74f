import markUrl from '../mark.svg';

export const Masthead = () => (
  <header class="masthead">
    <h1>
      <img class="mark" src={markUrl} alt="" width="48" height="36" /> Octavo
    </h1>
    <p>
      One network looks at a picture twice: as it was trained, in 32-bit floats, and folded to 8-bit integers,
      here on your device.
    </p>
  </header>
);
