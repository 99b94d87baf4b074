import type { OAuthArtifactStore } from '@portcullis/auth';
import { oauthArtifactEndingContract } from './oauth-artifact-ending-contract.js';
import { oauthArtifactKeepingContract } from './oauth-artifact-keeping-contract.js';
import type { StoreContract } from './store-contract.js';

/** What every {@link OAuthArtifactStore} promises. */
export const oauthArtifactStoreContract: StoreContract<OAuthArtifactStore> = [
  ...oauthArtifactKeepingContract,
  ...oauthArtifactEndingContract,
];
