import type { KernelChoice } from 'octavo';

/** The kernel of each family of operators, and why that one. */
export const Kernels = ({ kernels }: { kernels: readonly KernelChoice[] }) => (
  <details class="kernels">
    <summary>Kernels, and why these</summary>
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Kernels">
      <table>
        <thead>
          <tr>
            <th scope="col">Family</th>
            <th scope="col">Activations</th>
            <th scope="col">Kernel</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {kernels.map(({ family, activations, kernel, why }) => (
            <tr key={`${family} ${activations}`}>
              <th scope="row">{family}</th>
              <td>{activations}</td>
              <td>{kernel}</td>
              <td>{why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </details>
);
