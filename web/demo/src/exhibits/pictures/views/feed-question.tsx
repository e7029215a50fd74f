// How the network wants its pictures, where its file does not say: asked, never guessed.
import { describePreprocessing } from 'octavo';
import { useEffect, useRef } from 'preact/hooks';
import type { Question } from '../feed';
import { useBench } from '../workbench';

export function FeedQuestion() {
  const { value: question } = useBench().question;
  return question ? <Asked question={question} /> : null;
}

function Asked({ question }: { question: Question }) {
  const bench = useBench();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), [question]);
  return (
    <section class="question" aria-labelledby="question-title" data-testid="question">
      <h2 id="question-title">How does {question.name} want its pictures?</h2>
      <p>
        Its file does not say, and answers are worth nothing where pictures are fed in another way than they
        were in training. Whoever trained it knows; what is chosen here can be changed below.
      </p>
      <ul>
        {question.choices.map(({ name, about, feed }, index) => (
          <li key={name}>
            <button type="button" ref={index === 0 ? first : null} onClick={() => void bench.answer(feed)}>
              {name}
            </button>
            <p>
              {about} <span class="numbers">{describePreprocessing(feed)}</span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
