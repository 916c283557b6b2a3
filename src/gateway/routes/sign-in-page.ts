import { hash } from 'node:crypto';

/*
 * The one page of the gateway: it turns a link into a session, signs in with a passkey, adds one, and signs out. It loads nothing, and runs this script alone.
 */

const script = `
const say = (text) => { document.getElementById('said').textContent = text; };
let csrf = null;
async function send(method, path, more) {
  const headers = { ...more.headers, ...(csrf === null ? {} : { 'x-boltseal-csrf': csrf }) };
  const answer = await fetch(path, { ...more, method, headers });
  const value = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(value.title + ': ' + value.detail);
  return value;
}
const ask = (path, body) => send('POST', path, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
function show(isSignedIn) {
  document.getElementById('ways').hidden = isSignedIn;
  document.getElementById('add').hidden = !isSignedIn;
  document.getElementById('docs').hidden = !isSignedIn;
}
function signedIn(session) {
  csrf = session.csrf;
  say('Signed in as ' + session.principal + ' (' + session.role + ').');
  show(true);
}
async function attempt(work) { try { await work(); } catch (error) { say(error.message); } }
document.getElementById('passkey').onclick = () => attempt(async () => {
  const options = await ask('/v1/session/passkey/options', {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  signedIn(await ask('/v1/session/passkey', credential.toJSON()));
});
document.getElementById('add').onclick = () => attempt(async () => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ask('/v1/passkeys/options', {}));
  const credential = await navigator.credentials.create({ publicKey });
  await ask('/v1/passkeys', credential.toJSON());
  say('The passkey is added: use it the next time.');
});
document.getElementById('out').onclick = () => attempt(async () => {
  csrf = (await send('GET', '/v1/session', {})).csrf;
  await send('DELETE', '/v1/session', {});
  csrf = null;
  show(false);
  say('Signed out.');
});
const token = location.hash.slice(1);
if (token !== '') attempt(async () => {
  history.replaceState(null, '', location.pathname);
  signedIn(await ask('/v1/session/link', { token }));
});
`;

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 12vh auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
button, a.button { font: inherit; padding: .5rem 1rem; border: 1px solid; border-radius: .4rem; background: none; color: inherit; cursor: pointer; text-decoration: none; }
[hidden] { display: none !important; }
`;

/** Content-Security-Policy of the page. */
export const signInPolicy = [
  "default-src 'none'",
  `script-src 'sha256-${hash('sha256', script, 'base64')}'`,
  `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** The page; with a way to the identity provider where there is one. */
export function signInPage(hasProvider: boolean): string {
  const provider = hasProvider ? '<p><a class="button" href="/v1/session/oidc">Sign in with your company</a></p>' : '';
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Boltseal: sign in</title>
<style>${style}</style>
<main>
<h1>Boltseal gateway</h1>
<p id="said" role="status"></p>
<div id="ways">
${provider}
<p><button id="passkey">Sign in with a passkey</button></p>
</div>
<p><button id="add" hidden>Add a passkey on this device</button></p>
<p><a id="docs" href="/docs" hidden>What the gateway can do</a></p>
<p><button id="out">Sign out</button></p>
</main>
<script>${script}</script>
</html>
`;
}
