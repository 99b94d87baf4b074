import type { PortcullisExtension } from '../extension.js';
import { TOKEN_MISUSED } from './misuse-events.js';
import { MisuseReactions } from './misuse-reactions.js';

export const REACTIONS: PortcullisExtension = {
  name: 'reactions',
  events: [TOKEN_MISUSED],
  providers: [MisuseReactions],
};
