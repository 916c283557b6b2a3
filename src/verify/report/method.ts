import type { Verification } from '../../contract/verification.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { limits, rowKinds } from './words.ts';

const steps: readonly string[] = [
  'Every row of the dump is read; what cannot be read is counted with its reason. No plaintext of the dump is written anywhere.',
  'Columns are recognised by their content and header. Their values are brought to one form (a phone number to its international form, an e-mail address to lower case, names without spaces) and turned into keyed fingerprints.',
  'The fingerprints are looked up in the register of our customers, which holds no plaintext either, but every value that a customer has ever had and when.',
  'A row matches when a value that identifies a person (phone, e-mail, identity number, user name, tracking number, customer id) has ever belonged to one of our people. Names, addresses and passwords only confirm.',
  'A matched value is current when it still is that person’s, and outdated when it has been replaced in our records since.',
  'The verdict follows fixed rules; the first that applies decides, and every piece of evidence is listed as a reason.',
];

/** How the numbers were made and what they do not say, in plain words. */
export function methodSection({ controls }: Verification): Markup {
  return markup`<section><h2>Method</h2>
<ol>${steps.map((step) => markup`<li>${step}</li>`)}</ol>
<p>Kinds of row: ${rowKinds.map(({ label, meaning }, i) => markup`${i === 0 ? '' : '; '}<strong>${label}</strong>, ${meaning}`)}. Intervals are at ${controls.confidence * 100}% confidence (score intervals after Koopman).</p>
<h3>Limits</h3>
<ul>${limits.map((limit) => markup`<li>${limit}</li>`)}</ul></section>`;
}
