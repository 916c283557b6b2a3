import { askCedar, type FieldAnswer, type FieldQuestion } from './ask.ts';
import { loadCedar } from './cedar.ts';
import { formsOf } from './schema.ts';

/** Asks policies outside of the gateway's work: for tests, tables and findings. */
export interface Asker {
  /** As the engine would decide, without what it keeps; `by` are names of rules. */
  ask(question: FieldQuestion): FieldAnswer;
}

/** Policies as Cedar takes them: text, or JSON by name. */
export type AskedPolicies = string | Readonly<Record<string, object>>;

const setName = 'asked';

/** An asker with an instance of Cedar of its own. Throws RangeError for policies that `readPolicies` would not take. */
export function createAsker(policies: AskedPolicies, nameOf: (id: string) => string = (id) => id): Asker {
  const cedar = loadCedar();
  const staticPolicies = policies as string;
  if (cedar.preparsePolicySet(setName, { staticPolicies }).type === 'failure')
    throw new RangeError('policies that were not read cannot be asked');
  return {
    ask(question) {
      if (!formsOf(question.field, question.act).includes(question.form))
        return { isAllowed: false, isError: false, by: [] };
      const answer = askCedar(cedar, setName, question);
      return { ...answer, by: answer.by.map(nameOf) };
    },
  };
}
