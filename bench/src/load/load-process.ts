import type { KeyTexts } from '../credentials/issuer-keys.js';
import { TokenMint } from '../credentials/tokens.js';
import { KeptConnections } from './kept-connections.js';
import type { LoadPlan } from './load-plan.js';
import { loadWindow } from './load-window.js';
import { SentHeaders } from './sent-headers.js';

process.once('message', (privateKeys: KeyTexts) => {
  const sent = new SentHeaders(new TokenMint(privateKeys));
  const kept = new KeptConnections();
  process.on('message', async (plan: LoadPlan) => {
    // Signing takes no CPU of the server's, whose time alone counts.
    process.send?.(await loadWindow(plan, await sent.of(plan), kept));
  });
  process.send?.({});
});
process.on('disconnect', () => process.exit());
