// Where the code, the documentation and the package are, as the package's own package.json says.

declare const __LINKS__: Partial<Record<'code' | 'documentation' | 'npm', string>>;

const entries = [
  ['code', 'Code', 'in the project’s repository, which has no public address yet'],
  ['documentation', 'Documentation', 'README.md and docs/ of the repository'],
  ['npm', 'npm', 'octavo, not published yet: npm install octavo-0.1.0.tgz, the file that npm pack makes'],
] as const;

export const Links = () => (
  <dl class="facts links">
    {entries.map(([key, title, otherwise]) => (
      <div key={key}>
        <dt>{title}</dt>
        <dd>{__LINKS__[key] ? <a href={__LINKS__[key]}>{__LINKS__[key]}</a> : otherwise}</dd>
      </div>
    ))}
  </dl>
);
