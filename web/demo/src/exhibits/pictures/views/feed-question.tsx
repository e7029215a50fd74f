// How the network wants its pictures, where its file does not say: asked, never guessed.
import { describePreprocessing } from 'octavo';
import { useEffect, useRef } from 'preact/hooks';
import type { Question } from '../feed';
import { useBench } from '../workbench';

/** `onAnswered` has the focus go on, as the buttons vanish. */
export function FeedQuestion({ onAnswered }: { onAnswered: () => void }) {
  const { value: question } = useBench().question;
  return question ? <Asked question={question} onAnswered={onAnswered} /> : null;
}

function Asked({ question, onAnswered }: { question: Question; onAnswered: () => void }) {
  const bench = useBench();
  const first = useRef<HTMLButtonElement>(null);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    first.current?.focus({ preventScroll: true });
    section.current?.scrollIntoView({ block: 'nearest' });
  }, [question]);
  const answer = (choice: Question['choices'][number]) => {
    void bench.answer(choice);
    if (!bench.question.value) onAnswered();
  };
  return (
    <section class="question" aria-labelledby="question-title" data-testid="question" ref={section}>
      <h2 id="question-title">How does {question.name} want its pictures?</h2>
      <p>
        Its file does not say, and answers are worth nothing where pictures are fed in another way than they
        were in training. Whoever trained it knows; what is chosen here can be changed below.
      </p>
      <ul>
        {question.choices.map((choice, index) => (
          <li key={choice.name}>
            <button type="button" ref={index === 0 ? first : null} onClick={() => answer(choice)}>
              {choice.name}
            </button>
            <p>
              {choice.about}
              {'feed' in choice && <span class="numbers">{describePreprocessing(choice.feed)}</span>}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
