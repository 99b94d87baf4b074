import { appNameOf } from './app-name.js';

const tokens = { audience: 'parcels', issuer: { url: 'https://api.example' } };

it.each([
  ['what it says', { name: 'Parcels', tokens }, 'Parcels'],
  ['the URL of its issuer', { tokens }, 'https://api.example'],
  ['its audience', { tokens: { audience: 'parcels' } }, 'parcels'],
  ['nothing', {}, undefined],
  ['nothing that is empty', { name: '', tokens: { audience: '' } }, undefined],
  ['no number', { name: 7, tokens: { audience: 7 } } as never, undefined],
  ['nothing of a section that is none', { tokens: null } as never, undefined],
])('an app is called by %s', (_, options, name) => {
  expect(appNameOf(options)).toBe(name);
});
