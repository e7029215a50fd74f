// Runs in the page: each function stands alone, as drivers send the text of one.

const selectors = {
  alert: '[role=alert]',
  button: 'button',
  heading: 'h1, h2, h3',
  img: 'img',
  link: 'a[href]',
  listitem: 'li',
  progressbar: 'progress',
  radio: 'input[type=radio]',
  region: 'section',
};

/** What a locator of Playwright's is made of, as a step of `find`. A name or text is a part unless it is exact. */
export const steps = {
  css: (selector) => ({ selector }),
  testId: (id) => ({ selector: `[data-testid="${id}"]` }),
  role: (role, { name, exact = false } = {}) => ({
    selector: selectors[role],
    by: 'name',
    wanted: name,
    exact,
    seen: true,
  }),
  label: (wanted, { exact = false } = {}) => ({ selector: 'input, select', by: 'label', wanted, exact }),
  text: (wanted, { exact = false } = {}) => ({ selector: 'body *', by: 'text', wanted, exact }),
};

/** The elements that steps lead to, each from those of the step before. */
export function find(path) {
  const plain = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  const labelOf = (element) =>
    [...(element.labels ?? [])]
      .map((label) => label.textContent.replace(element.textContent || label, ''))
      .join(' ');
  const referredTo = (element) =>
    document.getElementById(element.getAttribute('aria-labelledby'))?.textContent;
  const pictured = (element) => element.closest('label')?.querySelector('img')?.alt;
  const words = {
    name: (element) =>
      element.getAttribute('aria-label') ??
      (referredTo(element) ||
        plain(labelOf(element)) ||
        pictured(element) ||
        element.alt ||
        element.textContent),
    label: labelOf,
    text: (element) => element.textContent,
  };
  const fits = (element, { by, wanted, exact, seen }) => {
    if (seen && !element.checkVisibility()) return false;
    if (wanted === undefined) return true;
    const text = plain(words[by](element));
    return exact ? text === wanted : text.toLowerCase().includes(wanted.toLowerCase());
  };
  let found = [document];
  for (const step of path) {
    found = found
      .flatMap((root) => [...root.querySelectorAll(step.selector)])
      .filter((element) => fits(element, step));
    // Of those that hold a text within one another, the innermost.
    if (step.by === 'text')
      found = found.filter((outer) => !found.some((each) => each !== outer && outer.contains(each)));
  }
  return found;
}

/** What can be expected of an element. */
export function stateOf(element) {
  const { top, bottom, width, height } = element.getBoundingClientRect();
  return {
    text: element.textContent,
    innerText: element.innerText,
    value: element.value,
    attributes: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
    checked: element.checked,
    focused: element === document.activeElement,
    visible: width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true }),
    inViewport: bottom > 0 && top < innerHeight,
  };
}

/** Whether an element stays where it is for two frames: a click goes to where it was. */
export async function isStill(element) {
  const place = () => JSON.stringify(element.getBoundingClientRect());
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  const before = place();
  await frame();
  return place() === before;
}
