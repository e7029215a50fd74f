// What Playwright's matchers ask of a locator, decided on the states of its elements.

const plain = (text) =>
  text
    .replace(/\u200b/g, '')
    .replace(/\s+/g, ' ')
    .trim();

function fitsText(text, { string, regexSource, regexFlags, matchSubstring, ignoreCase }) {
  if (regexSource !== undefined) return new RegExp(regexSource, regexFlags).test(plain(text));
  const [given, wanted] = [text, string].map(plain).map((each) => (ignoreCase ? each.toLowerCase() : each));
  return matchSubstring ? given.includes(wanted) : given === wanted;
}

const textsOf = (states, { useInnerText }) =>
  states.map(({ text, innerText }) => (useInnerText ? innerText : text));

/** Of one element: [what was received, whether it is as expected]. */
const one = {
  'to.have.text': (state, options) => {
    const [text] = textsOf([state], options);
    return [text, fitsText(text, options.expectedText[0])];
  },
  'to.have.value': ({ value }, { expectedText }) => [value, fitsText(value, expectedText[0])],
  'to.have.attribute.value': ({ attributes }, { expressionArg, expectedText }) => {
    const value = attributes[expressionArg];
    return [value, value !== undefined && fitsText(value, expectedText[0])];
  },
  'to.be.empty': ({ text }) => [text, text === ''],
  'to.be.focused': ({ focused }) => [focused, focused],
  'to.be.checked': ({ checked }) => [checked, checked],
  'to.be.visible': ({ visible }) => [visible, visible],
  'to.be.in.viewport': ({ inViewport }) => [inViewport, inViewport],
};

/** Of all of them. */
const many = {
  'to.have.count': (states, { expectedNumber }) => [states.length, states.length === expectedNumber],
  'to.be.hidden': (states) => [states.length, !states.some(({ visible }) => visible)],
  'to.have.text.array': (states, options) => {
    const texts = textsOf(states, options);
    const { expectedText } = options;
    return [
      texts,
      texts.length === expectedText.length && texts.every((text, i) => fitsText(text, expectedText[i])),
    ];
  },
};

export function fulfils(expression, states, options) {
  const decide = many[expression];
  if (!decide && !one[expression]) throw new Error(`"${expression}" is not known here`);
  // What is not there, or not alone, is neither as expected nor not.
  if (!decide && states.length !== 1)
    return { matches: options.isNot, received: `${states.length} elements` };
  const [received, matches] = decide ? decide(states, options) : one[expression](states[0], options);
  return { matches, received };
}
