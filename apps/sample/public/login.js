// Logs in, and shows devices and factors. Tokens are in this page's memory: a reload logs nobody in again.

const $ = (id) => document.getElementById(id);
const { texts: words, upstream } = document.body.dataset;
const texts = JSON.parse(words);

/** What the server has said besides yes. */
class Refusal extends Error {
  constructor({ code, detail, message }) {
    super(texts.refusals[code] ?? detail ?? message ?? texts.failed);
    this.code = code;
  }
}

const labelOf = ({ kind, name }) => name ?? texts.kinds[kind] ?? kind;

let tokens;

async function api(method, path, body, root = '/auth/') {
  const headers = {
    ...(body && { 'Content-Type': 'application/json' }),
    ...(tokens && { Authorization: `Bearer ${tokens.access_token}` }),
  };
  const response = await fetch(`${root}${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text.startsWith('{') ? JSON.parse(text) : {};
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
  if (factors.length === 0) throw new Error(texts.logInAgain);
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
      reject(new Error(texts.notProven));
    };
  });
}

async function finishLogin(login) {
  if (login.next === 'mfa') {
    const { ticket } = login;
    tokens = await prove((answer) => post('mfa', { ticket, ...answer }));
  } else tokens = login;
  if (tokens.enrol_again) say(`${texts.addAgain} ${tokens.recovery_codes_left}`);
  const authorization = await authorizing;
  await (authorization ? authorization.goOn() : refresh());
}

/** What the access token says. */
function claims() {
  const [, payload] = tokens.access_token.split('.');
  return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
}

async function refresh() {
  const { sub, amr = [] } = claims();
  $('subject').textContent = sub;
  $('methods').textContent = amr.join(', ');
  const [{ factors }, { sessions }] = await Promise.all([api('GET', 'factors'), api('GET', 'sessions')]);
  $('factors').replaceChildren(
    ...factors.map((factor) =>
      item(
        `${labelOf(factor)}${factor.left === undefined ? '' : `: ${factor.left} ${texts.left}`}`,
        texts.remove,
        () => freshly(() => api('DELETE', `factors/${factor.id}`)),
      ),
    ),
  );
  $('sessions').replaceChildren(
    ...sessions.map(({ id, device, lastUsedFrom, current }) =>
      item(
        `${device ?? texts.device} ${texts.at} ${lastUsedFrom}${current ? ` ${texts.thisOne}` : ''}`,
        texts.end,
        () => (current ? logOut() : api('DELETE', `sessions/${id}`)),
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
  showCodes(await post('passkeys', { passkey, name: texts.kinds.passkey }));
  await refresh();
}

async function addTotp() {
  const { id, secret, qr } = await freshly(() => post('factors/totp', { name: texts.kinds.totp }));
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

/** By section, what was begun last. */
const begun = new Map();

/** What a button or a form does, with its failure shown, once its section is done with what was pressed before: that shows its own end. */
function attempting(action) {
  return (event) => {
    event?.preventDefault();
    const section = event?.currentTarget.closest('section');
    const attempt = Promise.resolve(begun.get(section))
      .then(() => say(''))
      .then(action)
      .catch((error) => say(error.message));
    begun.set(section, attempt);
    return attempt;
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

/** What somebody logs in for, where a client has sent them: it goes on once they are logged in as it wants it. */
class Authorization {
  constructor(id, details) {
    this.path = `${id}/login`;
    this.levels = details.acr_values ?? [];
    $('client').textContent = details.client.name;
    $('for-client').hidden = false;
    if (details.login_hint) $('password-form').username.value = details.login_hint;
    $('go-on').onclick = attempting(() => this.goOn());
  }

  static async find(id) {
    // It becomes a part of a path, and whoever has made the link has chosen it.
    if (!/^[\w-]+$/.test(id)) throw new Refusal({ code: 'interaction_over' });
    const details = await api('GET', `${id}/details`, undefined, '/oauth/interaction/');
    return new Authorization(id, details);
  }

  async goOn() {
    if (this.levels.length > 0 && !this.levels.includes(claims().acr) && !(await this.raise())) return;
    const { redirect_to: next } = await api('POST', this.path, {}, '/oauth/interaction/');
    const place = new URL(next, location.href);
    if (place.origin !== location.origin) throw new Error(texts.failed);
    location.replace(place);
  }

  /** @returns whether there was a second factor; whoever has none adds one first */
  async raise() {
    const { factors } = await api('GET', 'factors');
    if (factors.length > 0) {
      tokens = { ...tokens, ...(await prove((answer) => post('step-up', answer))) };
      return true;
    }
    await refresh();
    $('go-on').hidden = false;
    say(texts.secondFactorWanted);
    return false;
  }
}

/** What somebody logs in for. It is waited for, since people click, and programs type, before it is there. */
let authorizing = Promise.resolve();
const query = new URLSearchParams(location.search);
// Nobody who reloads the page takes the same up twice.
for (const name of ['signed-on', 'error', 'provider']) {
  const rest = new URLSearchParams(location.search);
  rest.delete(name);
  history.replaceState(null, '', rest.size > 0 ? `?${rest}` : location.pathname);
}
$('upstream-login').hidden = upstream === '';
$('upstream-login').onclick = async () => {
  const authorization = await authorizing;
  const back = new URLSearchParams({
    'signed-on': '',
    ...(authorization && { interaction: query.get('interaction') }),
  });
  location.assign(`/login/parcels?${new URLSearchParams({ return_to: `/login?${back}` })}`);
};
await attempting(async () => {
  if (query.has('interaction')) {
    const finding = Authorization.find(query.get('interaction'));
    authorizing = finding.catch(() => undefined);
    await finding;
  }
  if (upstream !== '' && query.has('signed-on'))
    await finishLogin(await api('POST', 'answer', {}, '/login/'));
  else if (query.has('error')) throw new Refusal({ code: query.get('error') });
})();
