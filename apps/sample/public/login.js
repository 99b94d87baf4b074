// Logs in, and shows devices and factors. Tokens are in this page's memory: a reload logs nobody in again.

const $ = (id) => document.getElementById(id);
/** What the server has said besides yes. */
class Refusal extends Error {
  constructor({ code, detail, message }) {
    super(detail ?? message);
    this.code = code;
  }
}

const KINDS = { totp: 'Authenticator app', 'recovery-codes': 'Recovery codes', passkey: 'Passkey' };
const labelOf = ({ kind, name }) => name ?? KINDS[kind] ?? kind;

let tokens;

async function api(method, path, body) {
  const headers = {
    ...(body && { 'Content-Type': 'application/json' }),
    ...(tokens && { Authorization: `Bearer ${tokens.access_token}` }),
  };
  const response = await fetch(`/auth/${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === '' ? {} : JSON.parse(text);
  if (!response.ok) throw new Refusal(answer);
  return answer;
}

const post = (path, body = {}) => api('POST', path, body);

/** Does it, and once more after a step-up where only that was missing. */
async function freshly(action) {
  try {
    return await action();
  } catch (error) {
    if (error.code !== 'insufficient_user_authentication') throw error;
    tokens = { ...tokens, ...(await prove((answer) => post('step-up', answer))) };
    return action();
  }
}

async function passkeyFor(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}

/**
 * Asks for one of the factors until it is proven.
 *
 * @param send sends an answer; without one it gets what may be proven, with new prompts
 */
async function prove(send) {
  const { factors } = await send({});
  if (factors.length === 0) throw new Error('Log in again: this needs a login of the last five minutes');
  const others = factors.filter(({ kind }) => kind !== 'passkey');
  $('code-form').factor.replaceChildren(...others.map((factor) => new Option(labelOf(factor), factor.id)));
  $('code-form').hidden = others.length === 0;
  $('prove-passkey').hidden = others.length === factors.length;
  show('prove');
  return new Promise((resolve, reject) => {
    const attempt = (answer) => attempting(async () => resolve(await send(await answer())));
    $('code-form').onsubmit = attempt(() => {
      const { factor, code } = $('code-form');
      const answer = { factor: factor.value, code: code.value };
      code.value = '';
      return answer;
    });
    // A challenge is for one answer.
    $('prove-passkey').onclick = attempt(async () => {
      const { factors: asked } = await send({});
      const { id, prompt } = asked.find(({ kind }) => kind === 'passkey');
      return { factor: id, passkey: await passkeyFor(prompt.options) };
    });
    $('give-up').onclick = () => {
      show(tokens ? 'account' : 'log-in');
      reject(new Error('Not proven'));
    };
  });
}

async function finishLogin(login) {
  if (login.next === 'mfa') {
    const { ticket } = login;
    tokens = await prove((answer) => post('mfa', { ticket, ...answer }));
  } else tokens = login;
  if (tokens.enrol_again) say(`Add a factor again: ${tokens.recovery_codes_left} recovery codes are left`);
  await refresh();
}

async function refresh() {
  const { sub, amr = [] } = JSON.parse(
    atob(tokens.access_token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')),
  );
  $('subject').textContent = sub;
  $('methods').textContent = amr.join(', ');
  const [{ factors }, { sessions }] = await Promise.all([api('GET', 'factors'), api('GET', 'sessions')]);
  $('factors').replaceChildren(
    ...factors.map((factor) =>
      item(`${labelOf(factor)}${factor.left === undefined ? '' : `: ${factor.left} left`}`, 'Remove', () =>
        freshly(() => api('DELETE', `factors/${factor.id}`)),
      ),
    ),
  );
  $('sessions').replaceChildren(
    ...sessions.map(({ id, device, lastUsedFrom, current }) =>
      item(`${device ?? 'A device'} at ${lastUsedFrom}${current ? ' (this one)' : ''}`, 'End', () =>
        current ? logOut() : api('DELETE', `sessions/${id}`),
      ),
    ),
  );
  show('account');
}

function item(text, verb, act) {
  const button = Object.assign(document.createElement('button'), { textContent: verb });
  button.onclick = attempting(async () => {
    await act();
    if (tokens) await refresh();
  });
  const entry = document.createElement('li');
  entry.append(`${text} `, button);
  return entry;
}

async function addPasskey() {
  const options = await freshly(() => post('passkeys/options'));
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const passkey = (await navigator.credentials.create({ publicKey })).toJSON();
  showCodes(await post('passkeys', { passkey, name: 'Passkey' }));
  await refresh();
}

async function addTotp() {
  const { id, secret, qr } = await freshly(() => post('factors/totp', { name: 'Authenticator app' }));
  $('totp-secret').textContent = secret;
  $('totp-qr').src = `data:image/svg+xml,${encodeURIComponent(qr)}`;
  $('totp-form').hidden = false;
  $('totp-form').onsubmit = attempting(async () => {
    const { code } = $('totp-form');
    const answer = await post(`factors/${id}/confirm`, { code: code.value });
    $('totp-form').reset();
    $('totp-form').hidden = true;
    showCodes(answer);
    await refresh();
  });
}

function showCodes({ recovery_codes: codes }) {
  $('recovery').hidden = codes === undefined;
  $('recovery-codes').textContent = codes?.join('\n') ?? '';
}

async function logOut() {
  await post('logout');
  tokens = undefined;
  showCodes({});
  show('log-in');
}

function show(section) {
  for (const id of ['log-in', 'prove', 'account']) $(id).hidden = id !== section;
}

function say(text) {
  $('message').textContent = text;
}

/** What a button or a form does, with its failure shown. */
function attempting(action) {
  return async (event) => {
    event?.preventDefault();
    say('');
    await action().catch((error) => say(error.message));
  };
}

$('password-form').onsubmit = attempting(async () => {
  const { username, password } = $('password-form');
  const login = await post('login', { username: username.value, password: password.value });
  password.value = '';
  await finishLogin(login);
});
$('passkey-login').onclick = attempting(async () => {
  const passkey = await passkeyFor(await post('passkey-login/options'));
  await finishLogin(await post('passkey-login', { passkey }));
});
$('add-passkey').onclick = attempting(addPasskey);
$('add-totp').onclick = attempting(addTotp);
$('renew-codes').onclick = attempting(async () => {
  showCodes(await freshly(() => post('recovery-codes')));
  await refresh();
});
$('end-others').onclick = attempting(async () => {
  await api('DELETE', 'sessions?others=true');
  await refresh();
});
$('log-out').onclick = attempting(logOut);
