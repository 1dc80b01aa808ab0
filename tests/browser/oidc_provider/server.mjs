// The authorization server under Logto, as a tenant of its own with one person and one application.
//
//   node server.mjs <port> <redirect URI> <post-logout redirect URI>
//
// It says "listens" on its standard output once it does.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import Provider from 'oidc-provider';

const [port, redirectUri, postLogoutRedirectUri] = process.argv.slice(2);
const endpoint = `http://127.0.0.1:${port}`;
const SIGN_IN = '/sign-in/';
const PERSON = { sub: 'grace', name: 'Grace' };
const RESOURCES = {
  'https://api.example.com': 'read:products',
  // Logto has it besides; no access token is asked for it.
  'urn:logto:resource:organizations': '',
};

const page = (title, content) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${content}</html>`;

const signingKey = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' }),
  alg: 'ES384',
  use: 'sig',
  kid: 'second-issuer',
};

const provider = new Provider(`${endpoint}/oidc`, {
  jwks: { keys: [signingKey] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  enabledJWA: { idTokenSigningAlgValues: ['ES384'] },
  clients: [
    {
      client_id: 'browsable-api',
      client_secret: 'browsable-api-secret',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [postLogoutRedirectUri],
      id_token_signed_response_alg: 'ES384',
    },
  ],
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', 'profile'],
  claims: { openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: false,
  findAccount: (_, sub) => ({ accountId: sub, claims: () => PERSON }),
  interactions: { url: (_, { uid }) => SIGN_IN + uid },
  // Stricter than Logto: every refresh token is good for once.
  rotateRefreshToken: true,
  ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        scope: RESOURCES[resource],
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES384' } },
      }),
    },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        const button = '<button form="op.logoutForm" name="logout" value="yes">Sign out</button>';
        ctx.body = page('Sign out', form + button);
      },
    },
  },
});

async function signIn(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    const button = `<button name="person" value="${PERSON.sub}">${PERSON.name}</button>`;
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page('Second issuer', `<form method="post">${button}</form>`));
    return;
  }
  const accountId = new URLSearchParams(await text(request)).get('person');
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  for (const resource of [params.resource ?? []].flat()) {
    grant.addResourceScope(resource, RESOURCES[resource]);
  }
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId }, consent });
}

const answer = provider.callback();

createServer((request, response) => {
  if (request.url.startsWith(SIGN_IN)) {
    signIn(request, response);
  } else {
    request.originalUrl = request.url;
    request.url = request.url.replace(/^\/oidc/, '');
    answer(request, response);
  }
}).listen(Number(port), '127.0.0.1', () => console.log('listens'));
