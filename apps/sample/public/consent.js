// Asks whether a client may act for whoever is logged in. What clients call themselves is shown as text, never as HTML.

const $ = (id) => document.getElementById(id);
const texts = JSON.parse(document.body.dataset.texts);
const interaction = new URLSearchParams(location.search).get('interaction') ?? '';

/** Somebody who was made to double-click elsewhere is not asked in the place of the second click. */
const PAUSE_MILLISECONDS = 700;

async function ask(method, action) {
  // It becomes a part of a path, and whoever has made the link has chosen it.
  if (!/^[\w-]+$/.test(interaction)) throw new Error(texts.refusals.interaction_over);
  const response = await fetch(`/oauth/interaction/${interaction}/${action}`, {
    method,
    ...(method === 'POST' && { headers: { 'Content-Type': 'application/json' }, body: '{}' }),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(texts.refusals[answer.code] ?? answer.detail ?? texts.failed);
  return answer;
}

/** Goes on with the authorization, which is at this server. */
function goOn({ redirect_to: next }) {
  const place = new URL(next, location.href);
  if (place.origin !== location.origin) throw new Error(texts.failed);
  location.replace(place);
}

let pause;
function setEnabled(isEnabled) {
  clearTimeout(pause);
  for (const id of ['allow', 'deny']) $(id).disabled = !isEnabled;
}
function pauseButtons() {
  setEnabled(false);
  pause = setTimeout(() => setEnabled(true), PAUSE_MILLISECONDS);
}

function answering(action) {
  return async () => {
    setEnabled(false);
    try {
      goOn(await ask('POST', action));
    } catch (error) {
      refuse(error);
    }
  };
}

function refuse({ message }) {
  $('question').hidden = true;
  $('message').textContent = message;
}

try {
  const { client, scopes, subject, prompt } = await ask('GET', 'details');
  if (prompt !== 'consent') throw new Error(texts.failed);
  $('client').textContent = client.name;
  if (client.redirect_host !== undefined) {
    $('redirect-host').textContent = client.redirect_host;
    $('stranger').hidden = false;
  }
  $('subject').textContent = subject;
  for (const { description } of scopes)
    $('scopes').append(Object.assign(document.createElement('li'), { textContent: description }));
  $('allow').onclick = answering('consent');
  $('deny').onclick = answering('abort');
  $('question').hidden = false;
  pauseButtons();
  addEventListener('focus', pauseButtons);
  document.addEventListener('visibilitychange', pauseButtons);
} catch (error) {
  refuse(error);
}
